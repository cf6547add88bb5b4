#include "upstream/dimse/wire/acceptor.hpp"

#include "upstream/dimse/wire/pdu.hpp"
#include "upstream/dimse/wire/toolkit.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/errc.hpp"
#include "upstream/tls/context.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/executor_work_guard.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <system_error>

namespace pons::upstream::dimse {

namespace {

using boost::system::error_code;

constexpr std::size_t growth = 4096;  // a request is believed to be that much longer than what has come

constexpr auto begins_association = static_cast<std::byte>(pdu::type::associate_rq);
constexpr std::byte begins_tls{0x16};  // a handshake record (RFC 8446 §5.1); no PDU has that type

/// Of what is said before an association (PS3.8 §9.3.8).
abort_reason reason_against(std::byte first)
{
    auto const known = static_cast<std::byte>(pdu::type::abort);
    return first >= begins_association && first <= known ? abort_reason::unexpected_pdu
                                                         : abort_reason::unrecognized_pdu;
}

}  // namespace

struct acceptor::session {
    explicit session(executor on) : work(on) {}

    asio::executor_work_guard<executor> work;
    interruption stop;
    std::shared_ptr<void> held;
    std::string places;  // apart, whose; empty: those of all
    std::unique_ptr<accepted_association> over;
    std::thread thread;
};

acceptor::acceptor(config::address listen, association_services services, acceptor_limits limits,
                   config::listener_tls tls)
    : listen_(std::move(listen)), services_(std::move(services)), limits_(limits), tls_(std::move(tls))
{
}

acceptor::~acceptor()
{
    stop();
}

result<void> acceptor::start()
{
    if (tls_.enabled) {
        set_up_dcmtk();  // OpenSSL writes without MSG_NOSIGNAL; DCMTK has SIGPIPE ignored
        if (auto const usable = tls::shared_context(tls_); !usable)
            return fail(errc::unsupported, "dicom." + usable.error().where);
    }
    if (auto const opened = open(); !opened) {
        acceptors_.clear();
        return opened;
    }
    for (auto& each : acceptors_)
        asio::co_spawn(context_, accept(each), [](std::exception_ptr error) {
            if (error)
                spdlog::critical("the DICOM acceptor ended by an exception");
        });
    thread_ = std::thread([this] { context_.run(); });
    return {};
}

result<void> acceptor::open()
{
    auto bound = listen_on(context_.get_executor(), listen_, "dicom.listen");
    if (!bound)
        return tl::unexpected(bound.error());
    acceptors_ = std::move(*bound);
    endpoint_ = acceptors_.front().local_endpoint();
    return {};
}

void acceptor::stop()
{
    if (!thread_.joinable())
        return;
    asio::post(context_, [this] {
        closed_ = true;
        error_code ignored;
        for (auto& each : acceptors_)
            each.close(ignored);
        pause_.stop();
        for (auto const& each : callers_)
            each->close();
        for (auto& each : sessions_)
            each.stop.request();
    });
    thread_.join();  // the context runs out of work with the last session
    acceptors_.clear();
}

awaitable<void> acceptor::accept(tcp_acceptor& on)
{
    while (!closed_) {
        auto [ec, socket] = co_await on.async_accept(as_tuple);
        if (closed_)
            co_return;
        if (ec == asio::error::connection_aborted)
            continue;
        if (ec) {
            drop_oldest();  // descriptors may be what is wanting
            co_await pause_.wait(ec);
            continue;
        }
        pause_.went_well();
        ++counts_.connections;
        if (callers_.size() >= limits_.half_open)
            drop_oldest();
        auto const who = std::make_shared<caller>(std::move(socket), limits_.request_time);
        auto const at = callers_.insert(callers_.end(), who);
        ++counts_.half_open;
        asio::co_spawn(context_, greet(who), [this, at](std::exception_ptr error) {
            auto const gone = *at;
            callers_.erase(at);
            --counts_.half_open;
            gone->stop_clock();
            gone->close();
            if (error)
                spdlog::critical("greeting a DICOM peer ended by an exception");
        });
    }
}

/// The one that has been silent longest, so that a flood of silent ones does not keep others out.
void acceptor::drop_oldest()
{
    auto const open = [](auto const& each) { return each->is_open(); };
    if (auto const at = std::ranges::find_if(callers_, open); at != callers_.end())
        (*at)->push_out();
}

awaitable<void> acceptor::greet(std::shared_ptr<caller> who)
{
    caller::start_clock(who);
    bool const secured = co_await secure(*who);
    if (secured) {
        auto asked = co_await receive_request(*who);
        if (asked)
            asked->address = who->address();
        auto refused = asked ? answer(*who, *asked) : std::nullopt;
        if (!asked)
            ++counts_.dropped;
        if (refused)
            co_await reject(*who, *refused);
    }
}

/// What every association begins with here: TLS, or nothing. False: it did not go well, which has been told.
awaitable<bool> acceptor::secure(caller& who)
{
    auto const first = co_await who.first_byte();
    bool const none = !first || (tls_.enabled && *first != begins_tls);
    bool const unwanted = !tls_.enabled && first == begins_tls;
    if (none || unwanted) {
        if (unwanted)
            complain_of_tls(who, "it begins with TLS, and there is none here (dicom.tls)");
        else if (first == begins_association)
            complain_of_tls(who, "it asks for an association in the clear, and only TLS is taken here (dicom.tls)");
        else if (first)
            complain_of_tls(who, "what it says is neither TLS nor DICOM, and only TLS is taken here (dicom.tls)");
        ++counts_.dropped;
        co_return false;
    }
    if (!tls_.enabled)
        co_return true;
    auto const context = tls::shared_context(tls_);
    std::optional<tls::trouble> trouble{tls::trouble{tls::problem::settings}};
    if (context)
        trouble = co_await who.shake_hands((*context)->native_handle());
    if (!trouble)
        co_return true;
    complain_of_tls(who,
                    who.was_pushed_out()
                        ? "it was dropped in the TLS handshake, the oldest of too many that had asked for nothing yet"
                        : "TLS: " + tls::sentence_about_caller(*trouble));
    ++counts_.dropped;
    who.end_sending();
    co_await who.await_close();  // it may not have read our alert yet
    co_return false;
}

/// Where from and why there is no association.
void acceptor::complain(caller const& who, std::string_view why, std::string_view about)
{
    if (!closed_)
        complaints_.tell(who.address(), why, about);
}

void acceptor::complain_of_tls(caller const& who, std::string_view why)
{
    ++counts_.without_tls;
    complain(who, why);
}

/// Nothing when it is served.
std::optional<rejection> acceptor::answer(caller& who, associate_request const& asked)
{
    if ((asked.protocol_version & 1) == 0) {
        complain(who, "it asks for a protocol version that is not DICOM's");
        return protocol_version_not_supported;
    }
    if (asked.application_context != uids::application_context) {
        complain(who, "it asks for an application context that is not DICOM's");
        return application_context_not_supported;
    }
    auto const service = services_.find(asked.called_ae);
    if (service == services_.end()) {
        complain(who, "it calls an AE title that is not ours (dicom.ae_title, dicom.ae_titles, a source's store_ae): ",
                 asked.called_ae);
        return called_ae_not_recognized;
    }
    auto const answer = service->second->negotiate(asked);  // which tells why not itself
    if (!answer)
        return answer.error();
    auto const why_not = serve(who, asked, *answer, service->second);
    if (why_not.empty())
        return {};
    complain(who, why_not);
    return local_limit_exceeded;
}

/// The whole PDU, which grows as it comes: its own word for its length is only a limit.
awaitable<result<associate_request>> acceptor::receive_request(caller& who)
{
    constexpr std::string_view cut = "its association request did not come whole";
    std::array<std::byte, pdu::header_size> head{};
    bool const begun = co_await who.read(head);
    if (!begun) {
        complain(who, cut);
        co_return fail(errc::aborted, "A-ASSOCIATE-RQ");
    }
    std::size_t const length = pdu::big_endian(std::span(head).subspan(2));
    if (head[0] != begins_association || length > largest_associate_request) {
        bool const other = head[0] != begins_association;
        complain(who, other ? "what it says is no association request" : "its association request is too large");
        auto const reason = other ? reason_against(head[0]) : abort_reason::invalid_value;
        co_await abort(who, reason);
        co_return fail(errc::malformed, "A-ASSOCIATE-RQ");
    }
    std::vector<std::byte> body;
    while (body.size() < length) {
        auto const have = body.size();
        body.resize(std::min(length, have + std::max(growth, have)));
        auto const rest = std::span(body).subspan(have);
        bool const there = co_await who.read(rest);
        if (!there) {
            complain(who, cut);
            co_return fail(errc::aborted, "A-ASSOCIATE-RQ");
        }
    }
    auto asked = parse_associate_request(body);
    if (asked)
        co_return asked;
    complain(who, (asked.error().code == errc::too_large ? "it asks for too much: " : "it breaks the protocol: ") +
                      asked.error().where);
    co_await abort(who, abort_reason::invalid_value);
    co_return asked;
}

/// The peer closes after A-ABORT (PS3.8 §9.2, Sta13); until then it may go on with what it was saying.
awaitable<void> acceptor::abort(caller& who, abort_reason why)
{
    auto const pdu = encode_abort(why);
    bool const told = co_await who.write(pdu);
    if (!told)
        co_return;
    who.end_sending();
    co_await who.await_close();
}

/// The peer closes after A-ASSOCIATE-RJ (PS3.8 §9.2, Sta13).
awaitable<void> acceptor::reject(caller& who, rejection why)
{
    ++counts_.rejected;
    auto const pdu = encode_reject(why);
    bool const told = co_await who.write(pdu);
    if (told)
        co_await who.await_close();
}

/// Why that cannot be had now; the caller then has its socket still. Empty: it is served.
std::string_view acceptor::serve(caller& who, associate_request const& asked, associate_answer const& answer,
                                 std::shared_ptr<association_service> by)
{
    auto const apart = by->places_for(asked);
    auto const places = apart ? apart->whose : std::string();
    auto const taken = std::ranges::count(sessions_, places, &session::places);
    if (taken >= (apart ? apart->most : limits_.associations))
        return apart ? "it has as many as it may have at a store_ae (of a source: twice limits.associations, or 16)"
                     : "there are dicom.max_associations";
    if (closed_ || !who.is_open())
        return "it has gone";
    std::list<session> made;
    try {
        made.emplace_back(context_.get_executor());
    } catch (std::system_error const&) {
        return "the system has no more descriptors";
    }
    auto const at = made.begin();
    at->held = answer.held;
    at->places = places;
    at->over = std::make_unique<accepted_association>(who.take(), asked, answer);
    auto const run = [this, at, by = std::move(by)] {
        try {
            by->serve(*at->over, at->stop);
        } catch (std::exception const&) {
            spdlog::critical("serving a DICOM association ended by an exception");
        }
        try {
            at->over->abort();
            at->over->await_close({clock::now() + limits_.close_time, &at->stop});
        } catch (std::exception const&) {  // no memory for the A-ABORT
        }
        at->over.reset();
        at->held.reset();
        asio::post(context_, [this, at] {
            at->thread.join();
            sessions_.erase(at);
            --counts_.serving;
        });
    };
    ++counts_.serving;
    try {
        at->thread = std::thread(run);
    } catch (std::system_error const&) {  // out of threads: too late for a rejection, it is an abort
        --counts_.serving;
        ++counts_.dropped;
        return {};
    }
    sessions_.splice(sessions_.end(), made);
    ++counts_.associations;
    return {};
}

}  // namespace pons::upstream::dimse
