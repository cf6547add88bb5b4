#include "upstream/dimse/finder.hpp"

#include "upstream/dimse/association_pool.hpp"
#include "upstream/dimse/beyond_ascii.hpp"
#include "upstream/dimse/identifier.hpp"
#include "upstream/dimse/inquiry.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

/// Counts what it hands on.
struct counted final : row_sink {
    explicit counted(row_sink& where) : to(where) {}
    void row(mapping::data_set&& one) override
    {
        ++rows;
        to.row(std::move(one));
    }
    void exchanged(wire_exchange const& one) override { to.exchanged(one); }
    row_sink& to;
    std::uint32_t rows = 0;
};

constexpr std::string_view every_star = "* in keys that only ask";
constexpr std::string_view star_in_texts = "* in texts and UIDs that only ask";

}  // namespace

finder::finder(config::source const& source, std::shared_ptr<association_pool> pool)
    : source_(source), pool_(std::move(pool))
{
}

awaitable<result<found>> finder::find(find_request const& request, row_sink& rows, time_point deadline)
{
    if (is_beyond_ascii(request))
        return find_by_ladder(request, rows, deadline);
    return find_as_written(request, {}, rows, deadline);
}

awaitable<result<void>> finder::verify(time_point deadline)
{
    auto const answer = co_await inquire(*pool_, source_, std::nullopt, nullptr, deadline);
    if (!answer)
        co_return tl::unexpected(answer.error());
    co_return result<void>();
}

std::uint32_t finder::at_most(std::uint32_t asked) const
{
    auto const ours = source_.limits.max_rows;
    return asked == 0 || ours == 0 ? std::max(asked, ours) : std::min(asked, ours);
}

awaitable<result<found>> finder::find_as_written(find_request const& request, std::string_view charset, row_sink& rows,
                                                 time_point deadline)
{
    if (source_.quirks.universal == config::universal_matching::star || pool_->keys().wants_stars)
        return find_by_stars(request, charset, rows, deadline);
    if (source_.quirks.universal == config::universal_matching::unknown && !pool_->keys().takes_empty)
        return find_and_learn(request, charset, rows, deadline);
    find_command what{to_identifier(request, universal_keys::empty, charset), at_most(request.max_rows)};
    return ask_and_tell(std::move(what), rows, deadline, {});
}

/// What is beyond ASCII and found nothing is asked for once more in another form; the rows are judged by the one who
/// asks. Where that cannot settle it, the answer says so.
awaitable<result<found>> finder::find_by_ladder(find_request const& request, row_sink& rows, time_point deadline)
{
    result<found> first = co_await find_as_written(request, {}, rows, deadline);
    bool const in_vain = first ? first->rows == 0 && !first->truncated : first.error().code == errc::refused;
    if (!in_vain)
        co_return first;
    auto const next = next_rung(request, source_.quirks);
    if (next) {
        result<found> second = co_await find_as_written(next->request, next->charset, rows, deadline);
        bool const refused = !second && second.error().code == errc::refused;
        if (!refused && (!second || second->rows != 0 || next->certain))
            co_return second;
        if (!first && second)
            first = std::move(second);
    }
    if (first)
        first->issues.push_back({issue::kind::incomplete,
                                 "nothing was found for what is not ASCII, and the archive may keep it in another "
                                 "character set than it was asked in; see quirks.charset_query"});
    co_return first;
}

/// For archives that want "*" in every key that only asks. Others refuse it in dates and numbers, or find nothing by it
/// (pacs-quirks F6): what was asked in vain is asked once more with "*" only where the standard has it.
awaitable<result<found>> finder::find_by_stars(find_request const& request, std::string_view charset, row_sink& rows,
                                               time_point deadline)
{
    find_command everywhere{to_identifier(request, universal_keys::star, charset), at_most(request.max_rows)};
    result<found> first = co_await ask_and_tell(std::move(everywhere), rows, deadline, every_star);
    bool const in_vain = first ? first->rows == 0 : first.error().code == errc::refused;
    if (!in_vain)
        co_return first;
    find_command in_texts{to_identifier(request, universal_keys::star_in_texts, charset), at_most(request.max_rows)};
    co_return co_await ask_and_tell(std::move(in_texts), rows, deadline, star_in_texts);
}

/// Until the first row: an archive that takes empty keys as a search for empty values has nothing for any patient, and
/// says Success. What is not found is asked for once more with "*", and who answers that is believed from then on.
awaitable<result<found>> finder::find_and_learn(find_request const& request, std::string_view charset, row_sink& rows,
                                                time_point deadline)
{
    find_command plain{to_identifier(request, universal_keys::empty, charset), at_most(request.max_rows)};
    result<found> first = co_await ask_and_tell(std::move(plain), rows, deadline, {});
    if (!first)
        co_return first;  // the archive may be gone
    auto& lore = pool_->keys();
    if (first->rows != 0)
        lore.takes_empty = true;
    bool const narrows = std::ranges::any_of(request.keys, [](mapping::key const& k) { return !k.values.empty(); });
    if (first->rows != 0 || !narrows)
        co_return first;
    counted beyond(rows);
    find_command stars{to_identifier(request, universal_keys::star, charset), at_most(request.max_rows)};
    result<found> second = co_await ask_and_tell(std::move(stars), beyond, deadline, every_star);
    if (beyond.rows == 0)
        co_return first;  // many refuse it
    lore.wants_stars = true;
    if (second)
        second->issues.push_back(
            {issue::kind::informational, "the archive wants * in keys that only ask; set quirks.universal: star"});
    co_return second;
}

awaitable<result<found>> finder::ask_and_tell(find_command what, row_sink& rows, time_point deadline,
                                              std::string_view form)
{
    auto const began = clock::now();
    counted come(rows);
    result<found> how = co_await inquire(*pool_, source_, std::move(what), &come, deadline);
    rows.exchanged({.what = form, .status = 0, .rows = come.rows, .took = clock::now() - began});
    co_return how;
}

}  // namespace pons::upstream::dimse
