#include "tests/support/federation_trial.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <sstream>
#include <string_view>
#include <utility>

namespace pons::test {

using namespace mapping;

namespace {

stored_study* find_study(combination& c, std::string_view uid)
{
    auto const at = std::ranges::find_if(
        c.archive.studies, [uid](stored_study const& s) { return s.attributes.text(tags::StudyInstanceUID) == uid; });
    return at != c.archive.studies.end() ? &*at : nullptr;
}

/// The second archive holds a study of the first as well: just the same, or the other series of it.
void share(dice& d, stored_study& own, combination& with)
{
    auto other = own;
    if (own.series.size() > 1 && d.one_in(3)) {
        auto const half = static_cast<std::ptrdiff_t>(1 + d.below(own.series.size() - 1));
        other.series.erase(other.series.begin(), other.series.begin() + half);
        own.series.erase(own.series.begin() + half, own.series.end());
        count_up(own);
        count_up(other);
    }
    if (auto* const there = find_study(with, own.attributes.text(tags::StudyInstanceUID)))
        *there = std::move(other);
    else
        with.archive.studies.push_back(std::move(other));
}

/// One hospital, whose archives number patients alike; or several.
void name(dice& d, std::vector<combination>& members)
{
    bool const one_hospital = !d.one_in(4);
    for (std::size_t i = 0; i < members.size(); ++i) {
        auto facts = std::make_shared<source_facts>(*members[i].archive.facts);
        if (one_hospital) {
            facts->patient_system = members[0].archive.facts->patient_system;
            facts->patient_namespace = members[0].archive.facts->patient_namespace;
            facts->accession_system = members[0].archive.facts->accession_system;
        }
        facts->name = std::string(1, static_cast<char>('a' + i));
        if (i > 0)  // queries ask for the Endpoint that all scripted archives have
            facts->endpoints.front().id = facts->name + "-wado-rs";
        members[i].archive.facts = std::move(facts);
    }
}

}  // namespace

federation_trial make_federation(dice& d)
{
    federation_trial t;
    auto const members = 2 + d.below(2);
    while (t.members.size() < members) {
        auto c = make_combination(d);
        // Their limits are tried by themselves; here they would only make every answer an incomplete one.
        if (!d.one_in(15))
            c.how.cap = 0;
        c.how.sparse = c.how.refuses_above = 0;
        c.how.fails_after.reset();
        t.members.push_back(std::move(c));
    }
    for (std::size_t i = 0; i + 1 < members; ++i)
        for (auto& study : t.members[i].archive.studies)
            if (d.one_in(3))
                share(d, study, t.members[i + 1]);
    name(d, t.members);
    if (d.one_in(6)) {
        auto& how = t.members[d.below(members)].how;
        how.fails_after = static_cast<std::uint32_t>(d.below(6));
        how.min_chars = 0;  // nothing can be known of both
    }
    auto& first = t.members.front();
    auto const criteria = d.one_in(8) ? 0 : 1 + d.below(d.one_in(3) ? 3 : 1);
    t.criteria = make_query(d, d.pick(t.members).archive, "http://pons.example/fhir", criteria);
    t.text_seed = d.seed();
    t.sort = first.sort;
    t.count = first.count;
    t.everything = first.everything;
    t.depth = first.depth;
    return t;
}

federation_trial shrink(federation_trial t)
{
    auto const attempt = [&](std::function<void(federation_trial&)> const& change) {
        auto smaller = t;
        change(smaller);
        if (!try_out(smaller).violation.empty())
            t = std::move(smaller);
    };
    for (std::size_t i = t.criteria.size(); i-- > 0;)
        attempt([i](federation_trial& s) { s.criteria.erase(s.criteria.begin() + static_cast<std::ptrdiff_t>(i)); });
    for (std::size_t m = t.members.size(); m-- > 0;)
        for (std::size_t i = t.members[m].archive.studies.size(); i-- > 0;)
            attempt([m, i](federation_trial& s) {
                auto& studies = s.members[m].archive.studies;
                studies.erase(studies.begin() + static_cast<std::ptrdiff_t>(i));
            });
    for (std::size_t m = 0; m < t.members.size(); ++m) {
        attempt([m](federation_trial& s) { s.members[m].how.fails_after.reset(); });
        attempt([m](federation_trial& s) { s.members[m].how.ignored.clear(); });
        attempt([m](federation_trial& s) { s.members[m].how.dropped.clear(); });
        attempt([m](federation_trial& s) { s.members[m].how.cap = 0; });
        attempt([m](federation_trial& s) { s.members[m].how.repeats = 0; });
        attempt([m](federation_trial& s) { s.members[m].how.foreign_rows = false; });
    }
    attempt([](federation_trial& s) { s.sort.clear(); });
    attempt([](federation_trial& s) { s.depth = level::study; });
    attempt([](federation_trial& s) { s.everything = false; });
    attempt([](federation_trial& s) { s.count = 100; });
    return t;
}

std::string describe(federation_trial const& t)
{
    std::ostringstream out;
    dice d(t.text_seed);
    out << "query: " << to_text(d, t.criteria) << "\ncount: " << t.count << (t.everything ? " everything" : "")
        << " depth: " << to_query_level(t.depth) << " keys of order: " << t.sort.size() << '\n';
    for (auto const& member : t.members) {
        auto shown = member;
        shown.criteria.clear();
        shown.sort = t.sort;
        out << "--- source " << member.archive.facts->name << ", " << member.archive.studies.size() << " studies";
        if (member.how.fails_after)
            out << ", fails after " << *member.how.fails_after << " rows";
        out << '\n' << describe(shown);
    }
    return out.str();
}

}  // namespace pons::test
