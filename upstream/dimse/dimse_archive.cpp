#include "upstream/dimse/dimse_archive.hpp"

#include "upstream/dimse/association_pool.hpp"
#include "upstream/dimse/identifier.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

class dimse_archive final : public archive {
public:
    dimse_archive(config::source const& source, std::shared_ptr<association_pool> pool)
        : source_(source), pool_(std::move(pool))
    {
    }

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        find_command what{to_identifier(request), at_most(request.max_rows)};
        return ask(std::move(what), &rows, deadline);
    }

    awaitable<result<void>> verify(time_point deadline) override
    {
        auto const answer = co_await ask(std::nullopt, nullptr, deadline);
        if (!answer)
            co_return tl::unexpected(answer.error());
        co_return result<void>();
    }

private:
    std::uint32_t at_most(std::uint32_t asked) const
    {
        auto const ours = source_.limits.max_rows;
        return asked == 0 || ours == 0 ? std::max(asked, ours) : std::min(asked, ours);
    }

    awaitable<result<found>> ask(std::optional<find_command> what, row_sink* rows, time_point deadline);

    config::source const source_;
    std::shared_ptr<association_pool> const pool_;
};

/// Leaves the operation however the coroutine ends, also when its io_context is destroyed.
class attendance {
public:
    attendance(operation& at, steady_timer& bell) : at_(at) { at_.bell(&bell); }
    attendance(attendance const&) = delete;
    attendance& operator=(attendance const&) = delete;
    ~attendance() { at_.leave(); }

private:
    operation& at_;
};

awaitable<result<found>> dimse_archive::ask(std::optional<find_command> what, row_sink* rows, time_point deadline)
{
    if (source_.tls.enabled)
        co_return fail(errc::unsupported, "source " + source_.name + ", tls");

    auto const home = co_await asio::this_coro::executor;
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    auto const asked = std::make_shared<operation>(home, deadline, std::move(what));
    auto const queue_end = std::min(deadline, clock::now() + source_.limits.queue);
    steady_timer bell(home);
    attendance const here(*asked, bell);
    if (auto const accepted = pool_->submit(asked); !accepted)
        co_return tl::unexpected(accepted.error());

    bool queued = true;
    while (cancellation.cancelled() == asio::cancellation_type::none) {
        auto news = asked->take();
        for (auto& row : news.rows)
            rows->row(std::move(row));
        if (news.end)
            co_return std::move(*news.end);
        if (queued && clock::now() >= queue_end) {
            if (pool_->withdraw(*asked))
                co_return tl::unexpected(pool_->overloaded());
            queued = false;
        }
        if (clock::now() >= deadline)
            co_return fail(errc::timed_out, "source " + source_.name);
        bell.expires_at(queued ? queue_end : deadline);
        auto const rung = co_await bell.async_wait(as_tuple);
        static_cast<void>(rung);
    }
    pool_->withdraw(*asked);
    co_return fail(errc::cancelled, "source " + source_.name);
}

}  // namespace

std::shared_ptr<association_pool> make_pool(config::source const& source)
{
    return std::make_shared<association_pool>(source);
}

std::unique_ptr<archive> make_dimse_archive(config::source const& source, std::shared_ptr<association_pool> pool)
{
    return std::make_unique<dimse_archive>(source, std::move(pool));
}

}  // namespace pons::upstream::dimse
