#include "upstream/search/beyond.hpp"

#include "mapping/codecs/integer.hpp"
#include "upstream/capped/row_limit.hpp"
#include "upstream/question.hpp"
#include "upstream/search/deepen.hpp"
#include "upstream/search/rows.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <unordered_set>

namespace pons::upstream {

namespace {

using mapping::data_set;
using mapping::level;
namespace tags = mapping::tags;

enum class brought { nothing, known, more, everything };

class probing {
public:
    probing(searched_source& source, mapping::find_request const& question, std::span<data_set const* const> rows,
            time_point deadline)
        : source_(source),
          question_(question),
          number_(question.at == level::series ? tags::SeriesNumber : tags::InstanceNumber),
          uid_(question.at == level::series ? tags::SeriesInstanceUID : tags::SOPInstanceUID),
          all_(rows.size()),
          deadline_(deadline)
    {
        for (auto const* const row : rows)
            seen_.emplace(row->text(uid_));
    }

    awaitable<result<brought>> ask(std::uint32_t number)
    {
        auto request = question_;
        request.keys.push_back({number_, {std::to_string(number)}});
        request.max_rows = static_cast<std::uint32_t>(all_ + 1);
        unique_rows rows(uid_, "the list may be cut: for a number that may be missing");
        auto const how = co_await source_.where->find(request, rows, deadline_);
        if (!how && (how.error().code == errc::refused || how.error().code == errc::too_broad))
            co_return brought::everything;
        if (!how)
            co_return tl::unexpected(how.error());
        if (rows.rows.size() >= all_)
            co_return brought::everything;
        bool const more = std::ranges::any_of(rows.rows, [&](data_set const& row) {
            return is_of_it(row) && !seen_.contains(std::string(row.text(uid_)));
        });
        co_return more ? brought::more : rows.rows.empty() ? brought::nothing : brought::known;
    }

    mapping::tag number() const { return number_; }

private:
    /// Archives that leave keys aside bring the rows of others.
    bool is_of_it(data_set const& row) const
    {
        return std::ranges::all_of(question_.keys, [&](mapping::key const& k) {
            auto const text = row.text(k.attribute);
            return text.empty() || k.values.empty() || text == k.values.front();
        });
    }

    searched_source& source_;
    mapping::find_request const& question_;
    mapping::tag const number_;
    mapping::tag const uid_;
    std::size_t const all_;
    time_point const deadline_;
    std::unordered_set<std::string> seen_;
};

}  // namespace

std::optional<numbers_to_try> numbers_of(std::span<data_set const* const> rows, mapping::tag number)
{
    std::map<std::uint32_t, std::size_t> often;
    for (auto const* const row : rows) {
        auto const n = mapping::codecs::to_unsigned(row->text(number));
        if (!n || *n >= static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max()))
            return {};
        ++often[*n];
    }
    if (often.empty())
        return {};
    numbers_to_try all;
    all.missing.push_back(often.rbegin()->first + 1);
    auto const first = often.begin()->first;
    auto expected = std::min(first, 1U);
    for (auto const& [n, times] : often) {
        if (n != expected) {
            ++all.gaps;
            all.left_out += n - expected;
            if (n != first && all.missing.size() == 1)
                all.missing.push_back(expected);
        }
        expected = n + 1;
    }
    if (all.missing.size() == 1 && first > 1)
        all.missing.push_back(first - 1);
    all.known = std::ranges::min_element(often, {}, [](auto const& one) { return one.second; })->first;
    return all;
}

namespace {

/// What comes behind a list may leave out numbers as it does: what was not tried may be there.
bool leaves_out_more(numbers_to_try const& numbers, level at)
{
    auto const tried = numbers.missing.size() - 1;
    return (at == level::series ? numbers.left_out : numbers.gaps) > tried;
}

awaitable<result<listing>> ask_all(probing& one, numbers_to_try const& numbers, level at)
{
    for (auto const missing : numbers.missing) {
        auto const there = co_await one.ask(missing);
        if (!there)
            co_return tl::unexpected(there.error());
        if (*there == brought::more)
            co_return listing::cut;
        if (*there != brought::nothing)
            co_return listing::open;
    }
    auto const there = co_await one.ask(numbers.known);
    if (!there)
        co_return tl::unexpected(there.error());
    if (*there == brought::more)
        co_return listing::cut;
    co_return *there == brought::known && !leaves_out_more(numbers, at) ? listing::whole : listing::open;
}

}  // namespace

awaitable<result<listing>> look_beyond(searched_source& source, mapping::find_request question,
                                       std::span<data_set const* const> rows, fan_out_budget& budget,
                                       time_point deadline)
{
    probing one(source, question, rows, deadline);
    auto const numbers = numbers_of(rows, one.number());
    if (!numbers || budget.beyond < numbers->missing.size() + 1)
        co_return listing::open;
    auto const print = hash_of(question) * 31 + rows.size();
    if (source.limit && source.limit->was_whole(print, clock::now()))
        co_return listing::whole;
    budget.beyond -= static_cast<std::uint32_t>(numbers->missing.size() + 1);
    auto const how = co_await ask_all(one, *numbers, question.at);
    auto const many = static_cast<std::uint32_t>(rows.size());
    if (how && *how == listing::whole && source.limit)
        source.limit->is_whole(question.at, many, print, clock::now());
    if (how && *how == listing::open && source.limit && !is_round(many))
        source.limit->stays_open(question.at, many, clock::now());
    co_return how;
}

}  // namespace pons::upstream
