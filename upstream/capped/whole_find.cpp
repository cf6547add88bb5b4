#include "upstream/capped/whole_find.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/capped/asker.hpp"
#include "upstream/capped/examine.hpp"
#include "upstream/capped/parts.hpp"
#include "upstream/capped/splitting.hpp"

#include <algorithm>
#include <array>

namespace pons::upstream {

namespace {

using mapping::key;
using mapping::level;
namespace tags = mapping::tags;

bool is_for_one(find_request const& request)
{
    static constexpr std::array own{tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::SOPInstanceUID};
    auto const* const k = key_of(request, own[static_cast<std::size_t>(request.at)]);
    return k && k->values.size() == 1 && !k->values.front().empty() &&
           k->values.front().find_first_of("*?") == std::string::npos;
}

std::uint32_t smaller_bound(std::uint32_t a, std::uint32_t b)  // 0 is none
{
    return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

class whole_finding_archive final : public archive {
public:
    whole_finding_archive(std::unique_ptr<archive> inner, std::shared_ptr<row_limit> limit,
                          config::source const& source)
        : inner_(std::move(inner)), limit_(std::move(limit)), source_(source)
    {
    }

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        if (is_for_one(request))
            return inner_->find(request, rows, deadline);
        return cancelled_as_value(find_all(request, rows, deadline));
    }

    awaitable<result<retrieved>> retrieve(retrieve_request const& request, part_sink& parts,
                                          time_point deadline) override
    {
        return inner_->retrieve(request, parts, deadline);
    }

    awaitable<result<found>> retrieve_metadata(retrieve_request const& request, row_sink& rows,
                                               time_point deadline) override
    {
        return inner_->retrieve_metadata(request, rows, deadline);
    }

    awaitable<result<void>> retrieve_bulk(retrieve_request const& request, std::string const& place, bulk_sink& to,
                                          time_point deadline) override
    {
        return inner_->retrieve_bulk(request, place, to, deadline);
    }

    awaitable<result<stored>> store(instance_source& instances, time_point deadline) override
    {
        return inner_->store(instances, deadline);
    }

    awaitable<result<void>> verify(time_point deadline) override { return inner_->verify(deadline); }

private:
    awaitable<result<found>> find_all(find_request const& request, row_sink& rows, time_point deadline)
    {
        auto const most = smaller_bound(request.max_rows, source_.limits.max_rows);
        bool const empty_values = source_.quirks.empty_value_matching;
        asker asks(*inner_, *limit_, request, most, rows, deadline);
        auto first = co_await asks.ask(request);
        if (!first)
            co_return tl::unexpected(first.error());
        result<void> const known = co_await resolve_doubt(asks, request, *first, empty_values);
        if (!known)
            co_return tl::unexpected(known.error());
        bool const in_parts = first->cut && asks.may_go_on();
        asks.keep_issues(*first, !in_parts);
        if (in_parts) {
            result<void> const done = co_await ask_in_parts(asks, request, *first, empty_values);
            if (!done)
                co_return tl::unexpected(done.error());
        }
        if (asks.refusal())
            co_return tl::unexpected(*asks.refusal());
        co_return std::move(asks).finish();
    }

    std::unique_ptr<archive> const inner_;
    std::shared_ptr<row_limit> const limit_;
    config::source const& source_;
};

}  // namespace

std::unique_ptr<archive> make_whole_finding(std::unique_ptr<archive> inner, std::shared_ptr<row_limit> limit,
                                            config::source const& source)
{
    return std::make_unique<whole_finding_archive>(std::move(inner), std::move(limit), source);
}

}  // namespace pons::upstream
