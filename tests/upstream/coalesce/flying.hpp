#pragma once

#include "tests/support/slow_answerer.hpp"
#include "upstream/coalesce/coalesce.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Who asks an archive that answers when it is let.
namespace pons::test::flying {

using namespace std::chrono_literals;
using upstream::errc;
namespace tags = mapping::tags;

/// Answers each find with a row of its number, when it is let.
struct slow_archive final : upstream::archive, slow_answerer<errc> {
    std::vector<mapping::find_request> asked;
    int finds = 2;
    int before = 0;  ///< of them, those that it gives before it is let

    awaitable<result<upstream::found>> find(mapping::find_request const& request, upstream::row_sink& rows,
                                            time_point deadline) override
    {
        asked.push_back(request);
        auto const number = asked.size();
        auto const give = [&](int how_many) {
            for (int i = 0; i < how_many; ++i) {
                mapping::data_set row;
                row.add(tags::StudyInstanceUID, "1." + std::to_string(number));
                rows.row(std::move(row));
            }
        };
        give(before);
        result<void> const let = co_await pass(deadline, "source pacs");
        if (!let)
            co_return tl::unexpected(let.error());
        give(finds - before);
        upstream::found how;
        how.rows = 2;
        how.truncated = true;
        co_return how;
    }
    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }
};

struct collected final : upstream::row_sink {
    std::string uids;
    void row(mapping::data_set&& one) override { uids.append(one.text(tags::StudyInstanceUID)).append(" "); }
};

inline mapping::find_request patient(std::string id)
{
    return {mapping::level::study, {{tags::PatientID, {std::move(id)}}}, {tags::StudyInstanceUID}, 0};
}

struct tried {
    /// One who asks.
    struct client {
        collected rows;
        std::optional<result<upstream::found>> how;
        std::exception_ptr thrown;
        asio::cancellation_signal cancel;
    };

    std::list<client> clients;  // outlive the coroutines
    asio::io_context on;
    config::source source;
    std::shared_ptr<slow_archive> inner = std::make_shared<slow_archive>();
    std::shared_ptr<upstream::flights> flights = std::make_shared<upstream::flights>();
    std::unique_ptr<upstream::archive> archive = upstream::make_coalescing(inner, flights, source);
    client& ask(mapping::find_request const& request, std::chrono::milliseconds time = 20s)
    {
        return ask(*archive, request, time);
    }
    client& ask(upstream::archive& whom, mapping::find_request const& request, std::chrono::milliseconds time = 20s)
    {
        auto& c = clients.emplace_back();
        auto const work = [](upstream::archive& a, mapping::find_request what, client& to,
                             time_point until) -> awaitable<result<upstream::found>> {
            result<upstream::found> how = co_await a.find(what, to.rows, until);
            co_return how;
        };
        asio::co_spawn(on, work(whom, request, c, clock::now() + time),
                       asio::bind_cancellation_slot(c.cancel.slot(), [&c](std::exception_ptr e, auto how) {
                           c.thrown = e;
                           if (!e)
                               c.how.emplace(std::move(how));
                       }));
        on.restart();
        on.poll();
        return c;
    }
    /// One who waits no longer than this takes.
    client& ask_in_vain(upstream::archive& whom, mapping::find_request const& request)
    {
        auto& c = ask(whom, request, 1ms);
        on.restart();
        while (!c.how)
            on.run_one();
        return c;
    }
    void poll()
    {
        on.restart();
        on.poll();
    }
};

/// One whose answers are kept, with a clock that the test sets.
struct keeping : tried {
    std::shared_ptr<time_point> now = std::make_shared<time_point>(clock::now());

    explicit keeping(std::uint64_t size = 1024 * 1024)
    {
        upstream::answer_bounds const most{.size = size, .time = 5s, .empty_time = 1s, .awaited_time = 10s};
        flights = std::make_shared<upstream::flights>(most, [now = now] { return *now; });
        archive = upstream::make_coalescing(inner, flights, source);
    }
    /// The archive as one search sees it.
    std::unique_ptr<upstream::archive> search(
        std::shared_ptr<upstream::used_answers> of = std::make_shared<upstream::used_answers>()) const
    {
        return upstream::make_coalescing(inner, flights, source, std::move(of));
    }
    client& answered(mapping::find_request const& request) { return answered(*archive, request); }
    client& answered(upstream::archive& whom, mapping::find_request const& request)
    {
        auto& c = ask(whom, request);
        inner->release();
        poll();
        return c;
    }
};

}  // namespace pons::test::flying
