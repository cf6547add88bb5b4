#include "proxy/dimse/retrieve.hpp"

#include "mapping/dicom_stream.hpp"
#include "proxy/dimse/bridge.hpp"
#include "proxy/dimse/crossing.hpp"
#include "proxy/dimse/fetching.hpp"
#include "proxy/dimse/get_carrier.hpp"
#include "proxy/dimse/move_carrier.hpp"
#include "proxy/dimse/sub_operations.hpp"
#include "upstream/dimse/store_provider_contexts.hpp"
#include "upstream/dimse/wire/encoding.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/errc.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pons::proxy::dimse {

namespace {

using element = wire::command_element;
using upstream::errc;

std::string in_words(failure const& f)
{
    return f.where.empty() ? f.code.message() : f.where + ": " + f.code.message();
}

/// One C-GET or C-MOVE, on the association's thread.
class retrieving {
public:
    retrieving(operation& of, retrieve_query const& query) : of_(of), query_(query) {}

    result<void> run(carrier& to)
    {
        to_ = &to;
        auto task = of_.bridge.begin<void>(news_, [this](bridge::archives& all) { return fetch(all); });
        auto const held = hold(task);
        forms_.close();
        stream_.close();
        if (!held)  // the task's end waits for what runs
            return held;
        if (!task.ended())
            task.cancel();
        return conclude(task.wait());
    }

    bool cancelled = false;  ///< by the peer

private:
    /// On the bridge.
    awaitable<result<void>> fetch(bridge::archives& all)
    {
        dicomweb::service service{of_.settings, nullptr, of_.bridge.renderer(), nullptr};
        dicomweb::target const whom{bridge::choose(all, of_.sources), {}};
        dicomweb::search_bounds const bounds{.federation = of_.settings.federation,
                                             .max_candidates = of_.bounds.max_candidates,
                                             .max_fan_out = of_.bounds.max_fan_out};
        auto const deadline = clock::now() + of_.times.operation;
        auto listing = expect(bounds, query_, whom.sources, deadline);
        result<expectation> const what = co_await std::move(listing);
        if (!what)
            co_return tl::unexpected(what.error());
        expectation told = *what;
        bool const taken = co_await expected_.put(std::move(told));
        if (!taken)
            co_return fail(errc::cancelled, "retrieve");
        fetching all_of(service, whom, forms_, stream_);
        auto const done = co_await all_of.run(*what, of_.times.operation);
        co_return done;
    }

    /// Until everything has come, or nothing more is wanted. Errors: of the association.
    result<void> hold(bridge::task<void> const& task)
    {
        while (!cancelled && to_->down().empty()) {
            bool const ended = task.ended();
            if (auto const what = expected_.take()) {
                known_ = true;
                done_.expect(*what);
                to_->expect(*what);
            } else if (auto const asked = forms_.question()) {
                forms_.answer(to_->form_for(*asked));
            } else if (auto const next = stream_.next()) {
                if (auto const sent = deliver(*next, task); !sent)
                    return sent;
                if (auto const told = tell_progress(); !told)
                    return told;
                news_.request();  // so that it only looks
                if (auto const heard = listen(); !heard)
                    return heard;
            } else if (ended) {
                return {};
            } else if (auto const heard = listen(); !heard) {
                return heard;
            }
        }
        return {};
    }

    result<void> listen()
    {
        auto const said = await_news(of_, news_);
        if (!said)
            return tl::unexpected(said.error());
        cancelled = cancelled || *said == interjection::cancelled;
        return {};
    }

    result<void> tell_progress()
    {
        auto pending = of_.response(status::pending);
        done_.put_counts(pending, true);
        return of_.send(pending);
    }

    /// One sub-operation. Errors: the association that asked is lost.
    result<void> deliver(instance_stream::item const& one, bridge::task<void> const& task)
    {
        if (one.refused || one.broken)
            return lose(one);
        if (auto const begun = to_->begin(one.head); !begun) {
            if (begun.error().code != errc::unsupported)
                to_->break_off();
            return lose(one, begun.error());
        }
        for (bool last = false; !last;) {
            bool const over = task.ended();  // before the look: all that it has brought is seen then
            auto const piece = stream_.read();
            if (piece.what == instance_stream::step::wait && !over) {
                if (auto const heard = listen(); !heard) {
                    to_->break_off();  // no end of it, and no release, where it goes
                    return heard;
                }
                continue;
            }
            if (piece.what != instance_stream::step::bytes) {
                to_->break_off();
                return lose(one, {make_error_code(errc::incomplete), "an instance broke off"});
            }
            if (auto const sent = to_->send(piece.bytes, piece.last); !sent) {
                to_->break_off();
                return lose(one, sent.error());
            }
            last = piece.last;
        }
        stream_.drop();
        auto const status = to_->response();
        if (status) {
            done_.answered(one.head.sop_instance_uid, *status);
            return {};
        }
        to_->break_off();
        return lost(one, status.error());
    }

    result<void> lose(instance_stream::item const& one, failure why = {})
    {
        stream_.drop();
        return lost(one, std::move(why));
    }

    result<void> lost(instance_stream::item const& one, failure why)
    {
        done_.failed(one.head.sop_instance_uid);
        if (!of_.over.usable())
            return tl::unexpected(std::move(why));
        return {};
    }

    result<void> conclude(result<void> const& how)
    {
        if (cancelled)
            return finish(status::cancelled, {});
        if (!known_ && !how)
            return finish(status::matches_not_calculated, in_words(how.error()));
        done_.fail_rest();
        auto code = done_.final_status();
        auto comment = to_->down();
        if (comment.empty() && !how)
            comment = in_words(how.error());
        if (code == status::success && !comment.empty())
            code = status::sub_operations_not_performed;
        return finish(code, comment);
    }

    result<void> finish(std::uint16_t code, std::string const& comment)
    {
        auto const list = done_.failed_list(of_.context.transfer_syntax);
        auto rsp = of_.response(code, comment, !list.empty());
        done_.put_counts(rsp, code == status::cancelled);
        of_.status = code;
        of_.results = static_cast<std::uint32_t>(done_.completed() + done_.warned());
        if (code != status::success && code != status::cancelled)
            spdlog::warn("retrieve of {} at {} from {}: {} sent, {} failed{}{}", of_.who.calling_ae, of_.who.address,
                         of_.who.called_ae, of_.results, done_.failures(), comment.empty() ? "" : "; ", comment);
        return of_.send(rsp, list);
    }

    operation& of_;
    retrieve_query const& query_;
    carrier* to_ = nullptr;
    wire::interruption news_;
    outward<expectation> expected_{1, news_};
    form_desk forms_{news_};
    instance_stream stream_{news_};
    sub_operations done_;
    bool known_ = false;  // what is expected
};

/// The identifier, all of it read. An error of the association; nothing: it has been answered.
result<std::optional<retrieve_query>> understand(operation& of, find_model model)
{
    auto const refuse = [&](std::string_view why) -> result<std::optional<retrieve_query>> {
        if (auto const said = of.respond(status::identifier_does_not_match, why); !said)
            return tl::unexpected(said.error());
        return std::nullopt;
    };
    if (!of.rq.command.has_data_set())
        return refuse("there is no identifier");
    auto const bytes = of.receive_data_set(mapping::read_limits{}.size);
    if (!bytes)
        return tl::unexpected(bytes.error());
    if (!*bytes)
        return refuse("the identifier is too large");
    auto const identifier = mapping::read_data_set(**bytes, wire::encoding_of(of.context.transfer_syntax), {});
    if (!identifier)
        return refuse("the identifier cannot be read");
    auto query = to_retrieve_query(*identifier, model, of.bounds.max_candidates);
    if (!query)
        return refuse(query.error().where);
    return std::optional<retrieve_query>(std::move(*query));
}

result<void> serve_get(operation& of)
{
    bool const by_patient = of.context.abstract_syntax == wire::uids::patient_root_get;
    auto const query = understand(of, by_patient ? find_model::patient_root : find_model::study_root);
    if (!query || !*query)
        return query ? result<void>() : tl::unexpected(query.error());
    retrieving work(of, **query);
    get_carrier to(of, work.cancelled);
    return work.run(to);
}

result<void> serve_move(operation& of)
{
    bool const by_patient = of.context.abstract_syntax == wire::uids::patient_root_move;
    auto const query = understand(of, by_patient ? find_model::patient_root : find_model::study_root);
    if (!query || !*query)
        return query ? result<void>() : tl::unexpected(query.error());
    auto const& peers = of.settings.peers;
    auto const to = std::ranges::find(peers, of.rq.command.text(element::move_destination), &config::peer::name);
    if (to == peers.end())
        return of.respond(status::move_destination_unknown, "the destination is none of the peers");
    retrieving work(of, **query);
    move_carrier carrier(of, *to);
    return work.run(carrier);
}

bool is_get(std::string_view abstract_syntax)
{
    return abstract_syntax == wire::uids::patient_root_get || abstract_syntax == wire::uids::study_root_get;
}

bool is_move(std::string_view abstract_syntax)
{
    return abstract_syntax == wire::uids::patient_root_move || abstract_syntax == wire::uids::study_root_move;
}

/// A peer may be SCP of what can be stored.
std::optional<wire::role_selection> storage_role(wire::role_selection const& asked)
{
    if (!asked.scp || !wire::is_storage(asked.sop_class_uid))
        return {};
    return asked;
}

}  // namespace

service make_get()
{
    return {.name = "C-GET",
            .metric = "c_get",
            .request = wire::command::c_get_rq,
            .offers = &is_get,
            .serve = &serve_get,
            .role = &storage_role,
            .needs_sources = true};
}

service make_move()
{
    return {.name = "C-MOVE",
            .metric = "c_move",
            .request = wire::command::c_move_rq,
            .offers = &is_move,
            .serve = &serve_move,
            .needs_sources = true};
}

}  // namespace pons::proxy::dimse
