#include "upstream/dimse/wire/association_state.hpp"

#include "upstream/dimse/wire/connect.hpp"
#include "upstream/dimse/wire/rejection.hpp"
#include "upstream/dimse/wire/toolkit.hpp"
#include "upstream/errc.hpp"

#include <dcmtk/dcmnet/cond.h>
#include <dcmtk/dcmnet/dul.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace pons::upstream::dimse {

namespace {

using parameters =
    std::unique_ptr<T_ASC_Parameters, decltype([](T_ASC_Parameters* p) { ASC_destroyAssociationParameters(&p); })>;

/// DCMTK insists on opening the TCP connection itself, with a deadline in whole seconds, no way to cancel it, and
/// one address. So it is given a socket of ours to connect to, which lives for as long as that takes, and
/// transport_layer puts the connection that we have made in the place of the one it has made.
class doorstep {
public:
    doorstep() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        auto* const address = reinterpret_cast<sockaddr*>(&at);
        if (listener_ && ::bind(listener_.get(), address, size) == 0 && ::listen(listener_.get(), 1) == 0 &&
            ::getsockname(listener_.get(), address, &size) == 0)
            address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    }

    std::string const& address() const { return address_; }  ///< empty: could not be had

private:
    descriptor listener_;
    std::string address_;
};

parameters make_parameters(association_request const& what, std::string const& address)
{
    T_ASC_Parameters* raw = nullptr;
    if (ASC_createAssociationParameters(&raw, ASC_MAXIMUMPDUSIZE).bad())
        return {};
    parameters made(raw);
    ASC_setAPTitles(raw, what.calling_ae.c_str(), what.called_ae.c_str(), nullptr);
    ASC_setPresentationAddresses(raw, "localhost", address.c_str());
    auto const& who = what.identity;
    if (who && ASC_setIdentRQUserPassword(raw, who->user.c_str(), who->passcode.c_str(), OFFalse).bad())
        return {};
    unsigned id = 1;
    for (auto const& context : what.contexts) {
        std::vector<char const*> syntaxes;
        for (auto const& uid : context.transfer_syntaxes)
            syntaxes.push_back(uid.c_str());
        if (ASC_addPresentationContext(
                raw, static_cast<T_ASC_PresentationContextID>(id), context.abstract_syntax.c_str(), syntaxes.data(),
                static_cast<int>(syntaxes.size()), context.provider ? ASC_SC_ROLE_SCP : ASC_SC_ROLE_DEFAULT)
                .bad())
            return {};
        id += 2;
    }
    return made;
}

void read_contexts(T_ASC_Parameters* of, std::vector<presentation_context>& accepted,
                   std::vector<refused_context>& refused)
{
    for (int i = 0; i < ASC_countPresentationContexts(of); ++i) {
        T_ASC_PresentationContext c;
        if (ASC_getPresentationContext(of, i, &c).bad())
            continue;
        if (c.resultReason == ASC_P_ACCEPTANCE)
            accepted.push_back({c.presentationContextID, c.abstractSyntax, c.acceptedTransferSyntax});
        else
            refused.push_back({c.abstractSyntax, c.transferSyntaxCount > 0 ? c.proposedTransferSyntaxes[0] : "",
                               c.resultReason == ASC_P_TRANSFERSYNTAXESNOTSUPPORTED});
    }
}

/// How long a PDV may be, so that DCMTK does not cut it again: even, and a P-DATA-TF header fits before it.
std::size_t fragment_size(long max_pdu)
{
    constexpr long headers = 12;
    auto const pdu = max_pdu <= 0 ? ASC_MAXIMUMPDUSIZE : std::min<long>(max_pdu, ASC_MAXIMUMPDUSIZE);
    return static_cast<std::size_t>(std::max<long>(pdu - headers, 2)) & ~std::size_t{1};
}

errc code_of(unsigned short dcmtk_code)
{
    switch (dcmtk_code) {
        case DULC_NETWORKCLOSED:
        case DULC_PEERABORTEDASSOCIATION:
        case DULC_PEERREQUESTEDRELEASE:
        case DULC_TCPIOERROR:
        case DULC_NULLKEY:  // the connection went in an earlier call
            return errc::aborted;
        case DULC_READTIMEOUT:
            return errc::timed_out;
        default:
            return errc::malformed;
    }
}

}  // namespace

association::association(std::unique_ptr<state> s) : state_(std::move(s)) {}
association::association(association&&) noexcept = default;

association& association::operator=(association&& other) noexcept
{
    if (this != &other) {
        abort();
        state_ = std::move(other.state_);
    }
    return *this;
}

association::~association()
{
    abort();
}

tl::expected<association, refusal> association::request(transport over, association_request const& what,
                                                        patience const& how_long)
{
    auto made = std::make_unique<state>();
    made->peer_address = dimse::peer_address(over.socket);
    made->link.made = std::move(over);
    made->link.how_long = how_long;
    association opened(std::move(made));
    auto& s = *opened.state_;

    doorstep const step;
    auto proposed = make_parameters(what, step.address());
    if (step.address().empty() || !proposed)
        return tl::unexpected(refusal{{errc::unreachable, "association: no local socket"}});

    transport_layer::link_of_this_thread() = &s.link;
    auto const answer = ASC_requestAssociation(static_cast<T_ASC_Network*>(set_up_dcmtk()), proposed.get(), &s.dcmtk,
                                               nullptr, nullptr, DUL_BLOCK, 0);
    transport_layer::link_of_this_thread() = nullptr;
    if (s.dcmtk)
        (void)proposed.release();  // the association owns them now

    if (answer == DUL_ASSOCIATIONREJECTED) {
        T_ASC_RejectParameters rejected{};
        ASC_getRejectParameters(s.dcmtk ? s.dcmtk->params : proposed.get(), &rejected);
        auto const transient = rejected.result == ASC_RESULT_REJECTEDTRANSIENT;
        auto const words = rejection_in_words(transient, static_cast<std::uint16_t>(rejected.reason));
        return tl::unexpected(refusal{{errc::association_rejected, words}, transient});
    }
    if (answer.bad() && answer != ASC_NOPRESENTATIONCONTEXTPROPOSED) {
        auto const& tls = s.link.made.tls;
        return tl::unexpected(
            refusal{opened.failed(answer.code(), "association"), false, tls ? tls->trouble() : std::nullopt});
    }

    read_contexts(s.dcmtk->params, s.contexts, s.refused);
    s.fragment_size = fragment_size(s.dcmtk->params->theirMaxPDUReceiveSize);
    return opened;
}

failure association::failed(unsigned short dcmtk_code, char const* where)
{
    return failed(code_of(dcmtk_code), where);
}

/// Unless it was given up before.
failure association::failed(errc code, char const* where)
{
    state_->in_step = false;
    auto const& tls = state_->link.made.tls;
    if (tls && tls->trouble() && state_->link.last == readiness::ready)
        if (auto told = tls::failure_of(*tls->trouble()); told.code == errc::unauthorized)
            return told;
    if (state_->link.rubbish)
        code = errc::malformed;
    if (state_->link.last == readiness::expired)
        code = errc::timed_out;
    if (state_->link.last == readiness::interrupted)
        code = errc::cancelled;
    return {code, where};
}

presentation_context const* association::context(std::string_view abstract_syntax) const
{
    auto const at = std::ranges::find(state_->contexts, abstract_syntax, &presentation_context::abstract_syntax);
    return at != state_->contexts.end() ? &*at : nullptr;
}

std::string const& association::peer_address() const
{
    return state_->peer_address;
}

presentation_context const* association::context(std::uint8_t id) const
{
    auto const at = std::ranges::find(state_->contexts, id, &presentation_context::id);
    return at != state_->contexts.end() ? &*at : nullptr;
}

presentation_context const* association::context(std::string_view abstract_syntax,
                                                 std::string_view transfer_syntax) const
{
    auto const at = std::ranges::find_if(state_->contexts, [&](presentation_context const& c) {
        return c.abstract_syntax == abstract_syntax && c.transfer_syntax == transfer_syntax;
    });
    return at != state_->contexts.end() ? &*at : nullptr;
}

std::vector<refused_context> const& association::refused() const
{
    return state_->refused;
}

std::uint16_t association::next_message_id()
{
    if (++state_->message_id == 0)
        ++state_->message_id;
    return state_->message_id;
}

std::uint16_t association::operations() const
{
    return state_->message_id;
}

bool association::buffered() const
{
    return state_->link.over && state_->link.over->buffered();
}

bool association::usable() const
{
    return state_ && state_->dcmtk && state_->link.over && state_->in_step;
}

readiness association::await_input(patience const& how_long)
{
    if (!usable())
        return readiness::ready;
    state_->begin(how_long);
    return state_->link.over->await_input();
}

bool association::has_input()
{
    return !usable() || state_->link.over->has_input();
}

void association::release(patience const& how_long)
{
    if (usable() && state_->pdu_left == 0 && state_->pdv_left == 0) {
        state_->link.how_long = how_long;
        ASC_releaseAssociation(state_->dcmtk);
    }
    state_.reset();
}

void association::abort()
{
    if (state_ && state_->dcmtk && state_->link.over) {
        state_->link.how_long = {};  // written, not waited for
        ASC_abortAssociation(state_->dcmtk);
    }
    state_.reset();
}

}  // namespace pons::upstream::dimse
