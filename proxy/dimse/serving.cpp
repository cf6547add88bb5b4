#include "proxy/dimse/serving.hpp"

#include "proxy/dimse/callers.hpp"
#include "upstream/federation/routing.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace pons::proxy::dimse {

namespace {

bool is_failure(std::uint16_t code)
{
    return code != status::success && code != status::cancelled && !status::is_warning(code);
}

}  // namespace

serving::serving(served_by of, wire::accepted_association& over, wire::interruption& stop)
    : of_(of),
      over_(over),
      stop_(stop),
      who_{.calling_ae = over.calling_ae(), .called_ae = over.called_ae(), .address = over.address()},
      sources_(upstream::behind_title(of.settings, over.called_ae())),
      worklists_(upstream::worklists_behind_title(of.settings, over.called_ae()))
{
    if (auto const admitted = of.callers.admit(who_.calling_ae, who_.address))
        who_.peer = *admitted;
}

void serving::run()
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

std::string_view serving::ending() const
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
bool serving::end(failure const& why)
{
    why_ = why.code;
    return false;
}

/// False: the association is of no more use.
bool serving::take_message()
{
    if (over_.usable()) {
        auto const begun = over_.await_input(sent_ ? -1 : outbox_->fd(),
                                             within(sent_ ? of_.times.silence : of_.times.idle), of_.times.silence);
        if (!begun)
            return end(begun.error());
        idle_ = *begun == wire::either::expired;
        if (*begun == wire::either::second)
            return send_notice();
        if (*begun != wire::either::first)
            return false;
    }
    auto const rq = over_.receive_command(within(of_.times.silence));
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
bool serving::send_notice()
{
    sent_ = outbox_->take();
    if (!sent_)
        return true;
    sent_->command.set(wire::command_element::message_id, ++last_id_);
    auto const sent = over_.send(sent_->context, sent_->command, sent_->data_set, within(of_.times.silence));
    return sent || end(sent.error());
}

bool serving::answers_notice(wire::message const& rsp)
{
    if (!sent_ || !rsp.command.is(wire::command::n_event_report_rsp) ||
        rsp.command.number(wire::command_element::message_id_being_responded_to) != last_id_)
        return false;
    if (rsp.command.has_data_set()) {  // an event reply, which storage commitment has none of
        std::vector<std::byte> ignored;
        static_cast<void>(over_.receive_data_set(ignored, 0, within(of_.times.silence)));
    }
    end_notice(rsp.command.number(wire::command_element::status) == status::success);
    return true;
}

void serving::end_notice(bool taken)
{
    auto const one = std::exchange(sent_, {});
    if (one->told)
        one->told(taken);
}

bool serving::dispatch(wire::message const& rq, wire::presentation_context const& context)
{
    operation what{.over = over_,
                   .rq = rq,
                   .context = context,
                   .who = who_,
                   .sources = sources_,
                   .worklists = worklists_,
                   .settings = of_.settings,
                   .bridge = of_.across,
                   .stop = stop_,
                   .times = of_.times,
                   .bounds = of_.bounds,
                   .outbox = outbox_,
                   .answered = [this](wire::message const& said) { return answers_notice(said); }};
    bool known = false;
    for (auto const& each : of_.services) {
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

bool serving::serve(counted_service& by, operation& what)
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

bool serving::refuse(operation& what, std::uint16_t code, std::string_view comment)
{
    if (what.rq.command.has_data_set())
        if (auto const read = what.receive_data_set(0); !read)
            return end(read.error());
    auto const told = what.respond(code, comment);
    return told || end(told.error());
}

}  // namespace pons::proxy::dimse
