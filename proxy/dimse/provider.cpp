#include "proxy/dimse/provider.hpp"

#include "proxy/dimse/outbox.hpp"
#include "upstream/errc.hpp"
#include "upstream/federation/routing.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace pons::proxy::dimse {

namespace {

constexpr auto between_complaints = std::chrono::seconds(10);

bool is_failure(std::uint16_t code)
{
    bool const warning = (code >= 0xB000 && code <= 0xBFFF) || code == 0x0001 || code == 0x0107 || code == 0x0116;
    return code != status::success && code != status::cancelled && !warning;
}

}  // namespace

/// How many associations each calling AE title has. Shared by the acceptor's thread and those of associations.
class provider::tickets : public std::enable_shared_from_this<tickets> {
public:
    /// Null: it has `most` of them. What is given counts for as long as it is held.
    std::shared_ptr<void> take(std::string const& title, std::uint32_t most)
    {
        std::scoped_lock const lock(mutex_);
        auto& taken = taken_[title];
        if (taken >= most)
            return nullptr;
        ++taken;
        return {this, [self = shared_from_this(), title](void*) { self->give_back(title); }};
    }

private:
    void give_back(std::string const& title)
    {
        std::scoped_lock const lock(mutex_);
        if (auto const of = taken_.find(title); --of->second == 0)
            taken_.erase(of);
    }

    std::mutex mutex_;
    std::map<std::string, std::uint32_t> taken_;
};

provider::provider(config::settings const& settings, bridge& across, std::vector<service> services,
                   provider_bounds bounds, provider_times times, resolve_host const& resolve)
    : settings_(settings),
      across_(across),
      bounds_(bounds),
      times_(times),
      callers_(settings, bounds.any_caller, resolve),
      tickets_(std::make_shared<tickets>())
{
    for (auto& each : services) {
        auto one = std::make_unique<counted_service>();
        one->service = std::move(each);
        services_.push_back(std::move(one));
    }
}

provider::~provider() = default;

void provider::complain(std::string const& why)
{
    std::scoped_lock const lock(complaining_);
    if (clock::now() < silent_until_) {
        ++unsaid_;
        return;
    }
    auto const before = unsaid_ == 0 ? std::string() : fmt::format(" ({} such calls before were not told)", unsaid_);
    spdlog::warn("DICOM association rejected: {}{}", why, before);
    unsaid_ = 0;
    silent_until_ = clock::now() + between_complaints;
}

wire::context_answer provider::answer(wire::proposed_context const& asked, wire::associate_request const& of) const
{
    wire::context_answer answer;
    answer.id = asked.id;
    for (auto const& each : services_) {
        auto const& service = each->service;
        if (!service.offers(asked.abstract_syntax))
            continue;
        auto const chosen = service.choose ? service.choose(asked, of) : choose_uncompressed(asked, of);
        answer.result = wire::context_result::transfer_syntaxes_not_supported;
        if (chosen) {
            answer.result = wire::context_result::acceptance;
            answer.transfer_syntax = *chosen;
            break;
        }
    }
    return answer;
}

tl::expected<wire::associate_answer, wire::rejection> provider::negotiate(wire::associate_request const& asked)
{
    if (auto const admitted = callers_.admit(asked.calling_ae, asked.address); !admitted) {
        ++counts_.not_admitted;
        complain(admitted.error());
        return tl::unexpected(wire::calling_ae_not_recognized);
    }
    wire::associate_answer answer;
    answer.held = tickets_->take(asked.calling_ae, bounds_.per_peer);
    if (!answer.held) {
        ++counts_.too_many;
        complain(fmt::format("AE title {} has {} already, which are as many as one may have", asked.calling_ae,
                             bounds_.per_peer));
        return tl::unexpected(wire::local_limit_exceeded);
    }
    for (auto const& context : asked.contexts)
        answer.contexts.push_back(this->answer(context, asked));
    for (auto const& role : asked.roles) {
        wire::role_selection agreed{.sop_class_uid = role.sop_class_uid, .scu = false, .scp = false};
        bool known = false;
        for (auto const& each : services_) {
            auto const& of = each->service;
            auto const part = of.role ? of.role(role) : std::nullopt;
            if (!part && !of.offers(role.sop_class_uid))
                continue;
            known = true;
            agreed.scu = agreed.scu || (role.scu && (!part || part->scu));
            agreed.scp = agreed.scp || (role.scp && part && part->scp);
        }
        if (known)
            answer.roles.push_back(std::move(agreed));
    }
    for (auto const& extended : asked.extended)
        for (auto const& each : services_)
            if (each->service.extend)
                if (auto part = each->service.extend(extended)) {
                    answer.extended.push_back(std::move(*part));
                    break;
                }
    return answer;
}

/// One association, on its thread.
class provider::serving {
public:
    serving(provider& of, wire::accepted_association& over, wire::interruption& stop)
        : of_(of),
          over_(over),
          stop_(stop),
          who_{.calling_ae = over.calling_ae(), .called_ae = over.called_ae(), .address = usual_form(over.address())},
          sources_(upstream::behind_title(of.settings_, over.called_ae())),
          worklists_(upstream::worklists_behind_title(of.settings_, over.called_ae()))
    {
        if (auto const admitted = of.callers_.admit(who_.calling_ae, who_.address))
            who_.peer = *admitted;
    }

    void run()
    {
        while (take_message())
            ;
        outbox_->close();
        if (sent_)
            end_notice(false);
        std::string operations;
        for (auto const& [name, count] : done_)
            operations += fmt::format("{}{} {}", operations.empty() ? "" : ", ", count, name);
        spdlog::info("DICOM association of {} at {} with {}: {}; {}", who_.calling_ae, who_.address, who_.called_ae,
                     operations.empty() ? "nothing asked" : operations, ending());
    }

private:
    wire::patience within(std::chrono::milliseconds time) const { return {clock::now() + time, &stop_}; }

    std::string_view ending() const
    {
        if (over_.released())
            return "released";
        if (stop_.requested())
            return "aborted, since Pons stops";
        if (idle_)
            return "aborted, since it was idle";
        if (why_ == upstream::errc::timed_out)
            return "aborted, since it was silent within a message, or took nothing";
        if (over_.lost())
            return "its connection ended";
        if (why_ == upstream::errc::aborted)
            return "aborted by it";
        bool const its_fault = why_ == upstream::errc::malformed || why_ == upstream::errc::too_large;
        return its_fault ? "aborted, since it broke the protocol" : "aborted";
    }

    /// False, and it is remembered why.
    bool end(failure const& why)
    {
        why_ = why.code;
        return false;
    }

    /// False: the association is of no more use.
    bool take_message()
    {
        if (over_.usable()) {
            auto const begun =
                over_.await_input(sent_ ? -1 : outbox_->fd(), within(sent_ ? of_.times_.silence : of_.times_.idle));
            idle_ = begun == wire::either::expired;
            if (begun == wire::either::second)
                return send_notice();
            if (begun != wire::either::first)
                return false;
        }
        auto const rq = over_.receive_command(within(of_.times_.silence));
        if (!rq)
            return end(rq.error());
        if (answers_notice(*rq))
            return true;
        auto const* const context = over_.context(rq->context);
        auto const field = rq->command.number(wire::command_element::command_field).value_or(0);
        if (!context || (field & 0x8000) != 0) {  // a context that was not accepted, or the answer to nothing
            over_.abort(wire::abort_reason::unexpected_pdu);
            return end({make_error_code(upstream::errc::malformed), "association"});
        }
        if (rq->command.is(wire::command::c_cancel_rq))
            return true;
        return dispatch(*rq, *context);
    }

    /// What is to be said when the peer asks for nothing, one at a time.
    bool send_notice()
    {
        sent_ = outbox_->take();
        if (!sent_)
            return true;
        sent_->command.set(wire::command_element::message_id, ++last_id_);
        auto const sent = over_.send(sent_->context, sent_->command, sent_->data_set, within(of_.times_.silence));
        return sent || end(sent.error());
    }

    bool answers_notice(wire::message const& rsp)
    {
        if (!sent_ || !rsp.command.is(wire::command::n_event_report_rsp) ||
            rsp.command.number(wire::command_element::message_id_being_responded_to) != last_id_)
            return false;
        if (rsp.command.has_data_set()) {  // an event reply, which storage commitment has none of
            std::vector<std::byte> ignored;
            static_cast<void>(over_.receive_data_set(ignored, 0, within(of_.times_.silence)));
        }
        end_notice(rsp.command.number(wire::command_element::status) == status::success);
        return true;
    }

    void end_notice(bool taken)
    {
        auto const one = std::exchange(sent_, {});
        if (one->told)
            one->told(taken);
    }

    bool dispatch(wire::message const& rq, wire::presentation_context const& context)
    {
        operation what{.over = over_,
                       .rq = rq,
                       .context = context,
                       .who = who_,
                       .sources = sources_,
                       .worklists = worklists_,
                       .settings = of_.settings_,
                       .bridge = of_.across_,
                       .stop = stop_,
                       .times = of_.times_,
                       .bounds = of_.bounds_,
                       .outbox = outbox_,
                       .answered = [this](wire::message const& said) { return answers_notice(said); }};
        bool known = false;
        for (auto const& each : of_.services_) {
            if (!rq.command.is(each->service.request))
                continue;
            known = true;
            if (!each->service.offers(context.abstract_syntax))
                continue;
            if (each->service.needs_sources && sources_.empty())
                return refuse(what, status::unable_to_process, "this AE title leads to worklists only");
            return serve(*each, what);
        }
        return refuse(what, known ? status::sop_class_not_supported : status::unrecognized_operation);
    }

    bool serve(counted_service& by, operation& what)
    {
        auto const begun = clock::now();
        ++by.counts.all;
        ++done_[by.service.name];
        auto const served = by.service.serve(what);
        if (!what.status || is_failure(*what.status))
            ++by.counts.failed;
        else if (*what.status == status::cancelled)
            ++by.counts.cancelled;
        auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - begun).count();
        spdlog::log(by.service.each_is_logged ? spdlog::level::info : spdlog::level::debug,
                    "DICOM {} of {} at {} to {}: {}, {} results, {} ms", by.service.name, who_.calling_ae, who_.address,
                    who_.called_ae,
                    what.status ? fmt::format("status {:04X}", *what.status) : std::string("no final response"),
                    what.results, took);
        return served || end(served.error());
    }

    bool refuse(operation& what, std::uint16_t code, std::string_view comment = {})
    {
        if (what.rq.command.has_data_set())
            if (auto const read = what.receive_data_set(0); !read)
                return end(read.error());
        auto const told = what.respond(code, comment);
        return told || end(told.error());
    }

    provider& of_;
    wire::accepted_association& over_;
    wire::interruption& stop_;
    caller who_;
    std::vector<std::string_view> const sources_;
    std::vector<std::string_view> const worklists_;
    std::map<std::string_view, std::uint64_t> done_;
    std::shared_ptr<outbox> outbox_ = std::make_shared<outbox>();
    std::optional<notice> sent_;  // and not answered yet
    std::uint16_t last_id_ = 0;
    bool idle_ = false;
    std::error_code why_;  // it is of no more use
};

void provider::serve(wire::accepted_association& over, wire::interruption& stop)
{
    serving(*this, over, stop).run();
}

}  // namespace pons::proxy::dimse
