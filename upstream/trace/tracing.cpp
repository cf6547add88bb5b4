#include "upstream/trace/tracing.hpp"

#include <utility>

namespace pons::upstream {

namespace {

void end(traced_end& to, time_point began, std::uint32_t rows, result<found> const& how)
{
    to.ended = true;
    to.took = clock::now() - began;
    to.rows = rows;
    to.truncated = how && how->truncated;
    if (!how)
        to.error = how.error();
}

class watched_archive final : public archive {
public:
    watched_archive(std::shared_ptr<archive> inner, std::shared_ptr<search_trace> of, std::shared_ptr<traced_find> to)
        : inner_(std::move(inner)), of_(std::move(of)), to_(std::move(to))
    {
    }

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        auto& one = to_->queries.emplace_back();
        one.request = request;
        one.why = rows.purpose();
        one.at = of_->now();
        auto const began = clock::now();
        sink watch(rows, one);
        result<found> how = co_await inner_->find(request, watch, deadline);
        end(one.end, began, watch.count, how);
        co_return how;
    }

    awaitable<result<void>> verify(time_point deadline) override { return inner_->verify(deadline); }

private:
    struct sink final : row_sink {
        sink(row_sink& where, traced_query& of) : to(where), query(of) {}
        void row(mapping::data_set&& one) override
        {
            ++count;
            to.row(std::move(one));
        }
        void exchanged(wire_exchange const& one) override
        {
            query.exchanges.push_back(
                {.what = std::string(one.what), .status = one.status, .rows = one.rows, .took = one.took});
        }
        row_sink& to;
        traced_query& query;
        std::uint32_t count = 0;
    };

    std::shared_ptr<archive> const inner_;
    std::shared_ptr<search_trace> const of_;
    std::shared_ptr<traced_find> const to_;
};

class tracing_archive final : public archive {
public:
    tracing_archive(std::shared_ptr<search_trace> to, std::shared_ptr<flights const> shared,
                    std::function<std::unique_ptr<archive>(std::shared_ptr<traced_find>)> make)
        : to_(std::move(to)), shared_(std::move(shared)), make_(std::move(make))
    {
    }

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        auto const one = to_->begin(request, rows.purpose());
        auto const before = shared_->state_of(request);
        auto const layers = make_(one);
        auto const began = clock::now();
        sink counted(rows);
        result<found> how = co_await layers->find(request, counted, deadline);
        end(one->end, began, counted.count, how);
        if (how)
            one->issues = how->issues;
        if (before == flights::state::on_its_way)
            one->from = traced_find::shared::on_its_way;
        else if (before == flights::state::kept)
            one->from = traced_find::shared::kept;
        co_return how;
    }

    awaitable<result<void>> verify(time_point /*deadline*/) override { co_return fail(errc::unsupported); }

private:
    struct sink final : row_sink {
        explicit sink(row_sink& where) : to(where) {}
        void row(mapping::data_set&& one) override
        {
            ++count;
            to.row(std::move(one));
        }
        row_sink& to;
        std::uint32_t count = 0;
    };

    std::shared_ptr<search_trace> const to_;
    std::shared_ptr<flights const> const shared_;
    std::function<std::unique_ptr<archive>(std::shared_ptr<traced_find>)> const make_;
};

}  // namespace

std::unique_ptr<archive> make_watched(std::shared_ptr<archive> inner, std::shared_ptr<search_trace> of,
                                      std::shared_ptr<traced_find> to)
{
    return std::make_unique<watched_archive>(std::move(inner), std::move(of), std::move(to));
}

std::unique_ptr<archive> make_tracing(std::shared_ptr<search_trace> to, std::shared_ptr<flights const> shared,
                                      std::function<std::unique_ptr<archive>(std::shared_ptr<traced_find>)> make)
{
    return std::make_unique<tracing_archive>(std::move(to), std::move(shared), std::move(make));
}

}  // namespace pons::upstream
