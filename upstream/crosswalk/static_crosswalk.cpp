#include "upstream/crosswalk/static_crosswalk.hpp"

#include "upstream/crosswalk/errc.hpp"

#include <utility>

namespace pons::upstream {

namespace {

class static_crosswalk final : public crosswalk {
public:
    static_crosswalk(std::shared_ptr<config::crosswalk_table const> table, std::shared_ptr<crosswalk_counts> counts)
        : table_(std::move(table)), counts_(std::move(counts))
    {
    }

    awaitable<result<known_patient>> resolve(std::string id, time_point) override
    {
        ++counts_->lookups;
        auto const at = table_->by_id.find(id);
        if (at == table_->by_id.end()) {
            ++counts_->unknown;
            co_return fail(crosswalk_errc::unknown_patient, "patient");
        }
        known_patient found;
        for (auto const& one : table_->patients[at->second])
            found.ids.push_back({one.system, one.value});
        co_return found;
    }

    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }

private:
    std::shared_ptr<config::crosswalk_table const> const table_;
    std::shared_ptr<crosswalk_counts> const counts_;
};

}  // namespace

std::shared_ptr<crosswalk> make_static_crosswalk(std::shared_ptr<config::crosswalk_table const> table,
                                                 std::shared_ptr<crosswalk_counts> counts)
{
    return std::make_shared<static_crosswalk>(std::move(table), std::move(counts));
}

}  // namespace pons::upstream
