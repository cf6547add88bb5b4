#include "upstream/capped/whole_find.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/capped/asker.hpp"
#include "upstream/capped/examine.hpp"
#include "upstream/capped/parts.hpp"
#include "upstream/capped/splitting.hpp"
#include "upstream/capped/uid_lists.hpp"
#include "upstream/passing_on.hpp"

#include <algorithm>

namespace pons::upstream {

namespace {

using mapping::level;

bool is_for_one(find_request const& request)
{
    auto const* const k = key_of(request, own_uid(request.at));
    return k && k->values.size() == 1 && !k->values.front().empty() &&
           k->values.front().find_first_of("*?") == std::string::npos;
}

std::uint32_t smaller_bound(std::uint32_t a, std::uint32_t b)  // 0 is none
{
    return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

class whole_finding_archive final : public passing_on {
public:
    whole_finding_archive(std::unique_ptr<archive> inner, std::shared_ptr<row_limit> limit,
                          std::shared_ptr<source_lore> lore, config::source const& source)
        : passing_on(std::move(inner)), limit_(std::move(limit)), lore_(std::move(lore)), source_(source)
    {
    }

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        if (is_for_one(request))
            return teaches(request) ? find_one(request, rows, deadline) : inner_->find(request, rows, deadline);
        return cancelled_as_value(find_all(request, rows, deadline));
    }

private:
    awaitable<result<found>> find_all(find_request const& request, row_sink& rows, time_point deadline)
    {
        auto const most = smaller_bound(request.max_rows, source_.limits.max_rows);
        asker asks(*inner_, *limit_, request, most, rows, deadline);
        auto const* const list = own_list_of(request);
        bool const as_each = list && lore_->lists.at(request.at) == list_lore::verdict::not_taken;
        result<void> done;
        if (as_each)
            done = co_await ask_for_each(asks, request, *list);
        else
            done = co_await ask_for_all(asks, request);
        if (done && list && !as_each)
            done = co_await ask_for_unseen(asks, request, *list, *lore_);
        if (!done)
            co_return tl::unexpected(done.error());
        if (asks.refusal())
            co_return tl::unexpected(*asks.refusal());
        if (teaches(request))
            remember(asks);
        co_return std::move(asks).finish();
    }

    awaitable<result<void>> ask_for_all(asker& asks, find_request const& request)
    {
        bool const empty_values = source_.quirks.empty_value_matching;
        auto first = co_await asks.ask(request);
        if (!first)
            co_return tl::unexpected(first.error());
        if (auto const* const list = own_list_of(request))
            learn_from_list(asks, *list, lore_->lists);
        result<void> const known = co_await resolve_doubt(asks, request, *first, empty_values);
        if (!known)
            co_return known;
        bool const in_parts = first->cut && asks.may_go_on();
        asks.keep_issues(*first, !in_parts);
        if (in_parts)
            co_return co_await ask_in_parts(asks, request, *first, empty_values);
        co_return result<void>();
    }

    awaitable<result<found>> find_one(find_request const& request, row_sink& rows, time_point deadline)
    {
        result<found> how = co_await inner_->find(request, rows, deadline);
        if (how && how->rows != 0)
            lore_->studies.holds(key_of(request, own_uid(request.at))->values.front());
        co_return how;
    }

    /// Whether what it brings is worth to be known.
    bool teaches(find_request const& request) const
    {
        return request.at == level::study && lore_->lists.at(level::study) == list_lore::verdict::unknown;
    }

    void remember(asker const& asks)
    {
        if (auto uid = asks.any_study(); !uid.empty())
            lore_->studies.holds(std::move(uid));
    }

    std::shared_ptr<row_limit> const limit_;
    std::shared_ptr<source_lore> const lore_;
    config::source const& source_;
};

}  // namespace

std::unique_ptr<archive> make_whole_finding(std::unique_ptr<archive> inner, std::shared_ptr<row_limit> limit,
                                            config::source const& source, std::shared_ptr<source_lore> lore)
{
    if (!lore)
        lore = std::make_shared<source_lore>(source.name);
    return std::make_unique<whole_finding_archive>(std::move(inner), std::move(limit), std::move(lore), source);
}

}  // namespace pons::upstream
