#include "upstream/dimse/dimse_worklist.hpp"

#include "mapping/charset.hpp"
#include "upstream/dimse/association_pool.hpp"
#include "upstream/dimse/inquiry.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

/// Knows whether anything came.
struct watched final : row_sink {
    explicit watched(row_sink& where) : to(where) {}
    void row(mapping::data_set&& one) override
    {
        any = true;
        to.row(std::move(one));
    }
    void exchanged(wire_exchange const& one) override { to.exchanged(one); }
    row_sink& to;
    bool any = false;
};

bool is_beyond_ascii(mapping::match_key const& key)
{
    return !std::ranges::all_of(key.values, &mapping::is_plain);
}

/// The same with keys that are not ASCII left empty: universal.
mapping::data_set in_ascii(mapping::data_set const& identifier)
{
    mapping::data_set plain;
    identifier.for_each([&](mapping::tag t, mapping::vr as, bool is_sequence) {
        if (is_sequence) {
            auto* const items = plain.add_sequence(t);
            for (auto const& item : identifier.items(t))
                items->push_back(in_ascii(item));
            return;
        }
        plain.begin(t, as);
        bool all = true;
        for (std::size_t i = 0; i < identifier.count(t); ++i)
            all = all && mapping::is_plain(identifier.text(t, i));
        for (std::size_t i = 0; all && i < identifier.count(t); ++i)
            plain.value(identifier.text(t, i));
    });
    return plain;
}

class dimse_worklist final : public worklist {
public:
    dimse_worklist(config::source const& source, std::shared_ptr<association_pool> pool)
        : source_(source), pool_(std::move(pool))
    {
    }

    awaitable<result<found>> find(worklist_query const& query, row_sink& rows, time_point deadline) override
    {
        watched seen(rows);
        auto const& as_asked = query.identifier;
        result<found> first = co_await ask(as_asked, query.max_rows, seen, deadline);
        bool const in_vain = first ? !first->truncated : first.error().code == errc::refused;
        if (seen.any || !in_vain || std::ranges::none_of(query.keys, is_beyond_ascii))
            co_return first;
        auto const wider = in_ascii(query.identifier);
        result<found> second = co_await ask(wider, query.max_rows, seen, deadline);
        bool const refused = !second && second.error().code == errc::refused;
        if (!first || !refused)
            co_return second;
        first->issues.push_back({issue::kind::incomplete,
                                 "nothing was found for what is not ASCII, and the worklist may keep it in another "
                                 "character set than it was asked in"});
        co_return first;
    }

private:
    awaitable<result<found>> ask(mapping::data_set const& identifier, std::uint32_t max_rows, row_sink& rows,
                                 time_point deadline)
    {
        auto const ours = source_.limits.max_rows;
        find_command what{
            .identifier = identifier, .max_rows = max_rows == 0 ? ours : std::min(max_rows, ours), .of_worklist = true};
        result<found> how = co_await inquire(*pool_, source_, std::move(what), &rows, deadline);
        if (how)
            doubt_at_limit(*how, source_.quirks.max_results);
        co_return how;
    }

    config::source const source_;
    std::shared_ptr<association_pool> const pool_;
};

}  // namespace

std::shared_ptr<worklist> make_worklist(config::source const& source, std::shared_ptr<association_pool> pool)
{
    return std::make_shared<dimse_worklist>(source, std::move(pool));
}

}  // namespace pons::upstream::dimse
