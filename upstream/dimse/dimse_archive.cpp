#include "upstream/dimse/dimse_archive.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/dimse/association_pool.hpp"
#include "upstream/dimse/fetcher.hpp"
#include "upstream/dimse/finder.hpp"
#include "upstream/dimse/shipping.hpp"

namespace pons::upstream::dimse {

namespace {

class dimse_archive final : public archive {
public:
    dimse_archive(config::source const& source, std::shared_ptr<association_pool> pool,
                  std::shared_ptr<move_registry> moves)
        : source_(source),
          pool_(std::move(pool)),
          finder_(source_, pool_),
          fetcher_(source_, pool_, std::move(moves), *this)
    {
    }

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        return finder_.find(request, rows, deadline);
    }

    awaitable<result<retrieved>> retrieve(retrieve_request const& request, part_sink& parts,
                                          time_point deadline) override
    {
        return fetcher_.retrieve(request, parts, deadline);
    }

    awaitable<result<found>> retrieve_metadata(retrieve_request const& request, row_sink& rows,
                                               time_point deadline) override
    {
        return fetcher_.retrieve_metadata(request, rows, deadline);
    }

    awaitable<result<stored>> store(instance_source& instances, time_point deadline) override
    {
        co_return co_await cancelled_as_value(ship(instances, *pool_, source_, deadline));
    }

    awaitable<result<void>> verify(time_point deadline) override { return finder_.verify(deadline); }

private:
    config::source const source_;
    std::shared_ptr<association_pool> const pool_;
    finder finder_;
    fetcher fetcher_;
};

}  // namespace

std::shared_ptr<association_pool> make_pool(config::source const& source, std::function<bool()> wanted)
{
    return std::make_shared<association_pool>(source, std::move(wanted));
}

std::unique_ptr<archive> make_dimse_archive(config::source const& source, std::shared_ptr<association_pool> pool,
                                            std::shared_ptr<move_registry> moves)
{
    return std::make_unique<dimse_archive>(source, std::move(pool), std::move(moves));
}

}  // namespace pons::upstream::dimse
