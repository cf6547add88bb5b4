#include "upstream/dimse/dimse_worklist.hpp"

#include "mapping/charset.hpp"
#include "mapping/matching.hpp"
#include "upstream/dimse/association_pool.hpp"
#include "upstream/dimse/inquiry.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

using mapping::operator""_vr;

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

/// An identifier without the keys by which a worklist may find nothing though it has what they mean.
struct wider_question {
    mapping::data_set identifier;  ///< those are empty: universal
    bool has_letters = false;      ///< one of them was beyond ASCII
    bool has_signs = false;        ///< one of them was a list, or had a wild card

    explicit wider_question(mapping::data_set const& asked) { add(asked, identifier); }
    bool is_wider() const { return has_letters || has_signs; }

private:
    void add(mapping::data_set const& from, mapping::data_set& to)
    {
        from.for_each([&](mapping::tag t, mapping::vr as, bool is_sequence) {
            if (is_sequence) {
                auto* const items = to.add_sequence(t);
                for (auto const& item : from.items(t)) {
                    mapping::data_set inner;
                    add(item, inner);
                    items->push_back(std::move(inner));
                }
                return;
            }
            to.begin(t, as);
            if (!leaves_out(from, t, as))
                for (std::size_t i = 0; i < from.count(t); ++i)
                    to.value(from.text(t, i));
        });
    }

    /// What Table K.6-1 has matched otherwise than as a single value are names and times.
    bool leaves_out(mapping::data_set const& from, mapping::tag t, mapping::vr as)
    {
        bool const takes_signs = as != "PN"_vr && mapping::takes_wild_cards(as);
        bool letters = false;
        bool signs = as == "UI"_vr && from.count(t) > 1;
        for (std::size_t i = 0; i < from.count(t); ++i) {
            auto const text = from.text(t, i);
            letters = letters || !mapping::is_plain(text);
            signs = signs || (takes_signs && text.find_first_of("*?") != text.npos);
        }
        has_letters = has_letters || letters;
        has_signs = has_signs || signs;
        return letters || signs;
    }
};

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
        if (seen.any || !in_vain)
            co_return first;
        wider_question const wider(query.identifier);
        if (!wider.is_wider())
            co_return first;
        auto const& without = wider.identifier;
        result<found> second = co_await ask(without, query.max_rows, seen, deadline);
        bool const refused = !second && second.error().code == errc::refused;
        if (!first || !refused)
            co_return second;
        first->issues.push_back({issue::kind::incomplete,
                                 wider.has_letters
                                     ? "nothing was found for what is not ASCII, and the worklist may keep it in "
                                       "another character set than it was asked in"
                                     : "nothing was found by a wild card or a list, which the worklist may not know"});
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
