#include "upstream/dimse/dimse_worklist.hpp"

#include "upstream/dimse/association_pool.hpp"
#include "upstream/dimse/inquiry.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

class dimse_worklist final : public worklist {
public:
    dimse_worklist(config::source const& source, std::shared_ptr<association_pool> pool)
        : source_(source), pool_(std::move(pool))
    {
    }

    awaitable<result<found>> find(worklist_query const& query, row_sink& rows, time_point deadline) override
    {
        auto const ours = source_.limits.max_rows;
        find_command what{.identifier = query.identifier,
                          .max_rows = query.max_rows == 0 ? ours : std::min(query.max_rows, ours),
                          .of_worklist = true};
        result<found> how = co_await inquire(*pool_, source_, std::move(what), &rows, deadline);
        co_return how;
    }

private:
    config::source const source_;
    std::shared_ptr<association_pool> const pool_;
};

}  // namespace

std::shared_ptr<worklist> make_worklist(config::source const& source, std::shared_ptr<association_pool> pool)
{
    return std::make_shared<dimse_worklist>(source, std::move(pool));
}

}  // namespace pons::upstream::dimse
