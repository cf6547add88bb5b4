#include "tests/support/combination.hpp"

#include <functional>
#include <sstream>

namespace pons::test {

using namespace mapping;

namespace {

quirks make_quirks(dice& d)
{
    quirks how;
    how.matching.names_without_case = d.one_in(2);
    how.matching.empty_value_matching = d.one_in(2);
    how.matching.counts_spaces = d.one_in(4);
    how.matching.wildcards = !d.one_in(6);
    how.omits_empty = d.one_in(2);
    how.relational = d.one_in(3);
    how.uid_lists_at_series = d.one_in(3);
    how.refuses_uid_lists = !how.uid_lists_at_series && d.one_in(3);
    for (auto const t : {tags::ModalitiesInStudy, tags::StudyID, tags::ReferringPhysicianName, tags::PatientName,
                         tags::AccessionNumber, tags::PatientID})
        if (d.one_in(5))
            how.ignored.insert(t);
    if (d.one_in(15))
        how.ignored.insert(tags::StudyDate);
    bool const drops = d.one_in(2);
    for (auto const t :
         {tags::ModalitiesInStudy, tags::NumberOfStudyRelatedSeries, tags::NumberOfStudyRelatedInstances,
          tags::NumberOfSeriesRelatedInstances, tags::IssuerOfPatientID, tags::IssuerOfPatientIDQualifiersSequence,
          tags::IssuerOfAccessionNumberSequence, tags::TimezoneOffsetFromUTC, tags::InstanceAvailability, tags::StudyID,
          tags::StudyTime, tags::PatientBirthDate, tags::BodyPartExamined, tags::SOPClassUID,
          tags::ReasonForRequestedProcedureCodeSequence, tags::ReferringPhysicianName})
        if (drops && d.one_in(5))
            how.dropped.insert(t);
    how.echoes = !d.one_in(4);
    how.foreign_rows = how.echoes && d.one_in(12);  // rows of others without their UIDs cannot be told apart
    how.repeats = d.one_in(4) ? static_cast<std::uint32_t>(1 + d.below(3)) : 0;
    if (d.one_in(5)) {
        static constexpr std::uint32_t caps[] = {5, 8, 12, 20, 30};
        how.cap = d.pick(caps);
        how.cap_is_announced = d.one_in(2);
    }
    if (how.cap == 0 && d.one_in(10))
        how.refuses_above = static_cast<std::uint32_t>(4 + d.below(20));
    if (d.one_in(10)) {
        how.sparse = static_cast<std::uint32_t>(2 + d.below(4));
        how.sparse_by_uid = d.one_in(2);
    }
    if (d.one_in(25))
        how.fails_after = static_cast<std::uint32_t>(d.below(6));
    how.asynchronous = d.one_in(2);
    // Without wild cards nothing may be known of texts that are shorter than any that it tells; nor of an archive that
    // refuses to be asked for any study, or breaks off whatever brings something.
    bool const can_be_known = how.matching.wildcards && how.refuses_above == 0 && !how.fails_after;
    if (can_be_known && d.one_in(12))
        how.min_chars = static_cast<std::uint32_t>(2 + d.below(8));
    return how;
}

search::abilities make_known(dice& d, quirks const& how)
{
    // A configuration may know less than the archive can do, never more.
    auto const said = [&](bool can) { return can && !d.one_in(4); };
    search::abilities known{
        .relational = said(how.relational),
        .modalities_in_study = said(!how.ignored.contains(tags::ModalitiesInStudy)),
        .names_without_case = said(how.matching.names_without_case && !how.ignored.contains(tags::PatientName)),
        .empty_value_matching = said(how.matching.empty_value_matching && !how.ignored.contains(tags::StudyDate)),
        .leading_spaces = said(!how.matching.counts_spaces)};
    known.wildcards = how.matching.wildcards;
    // That there are no wild cards may be unknown; then names and spaces are, too.
    if (!how.matching.wildcards && !how.matching.counts_spaces && d.one_in(2)) {
        known.wildcards = true;
        known.names_without_case = false;
    }
    return known;
}

std::vector<search::sort_key> make_sort(dice& d)
{
    using by = search::sort_key::by;
    switch (d.below(8)) {
        case 0:
            return {{by::started, false}};
        case 1:
            return {{by::id, d.one_in(2)}};
        case 2:
            return {{by::started, true}, {by::id, d.one_in(2)}};
        case 3:
            return {{by::started, true}};
        default:
            return {};
    }
}

}  // namespace

combination make_combination(dice& d)
{
    combination c;
    c.unusable_uids = d.one_in(25);
    bool const surprises = d.one_in(15);  // a limit that nobody knows, and enough studies for it
    recipe const how{.studies = surprises      ? 20 + d.below(60)
                                : d.one_in(12) ? 0
                                               : 1 + d.below(d.one_in(5) ? 40 : 14),
                     .unusable_uids = c.unusable_uids,
                     .crowded_days = d.one_in(8),
                     .zone = !d.one_in(3)};
    c.archive = make_archive(d, how);
    c.how = make_quirks(d);
    if (surprises) {
        static constexpr std::uint32_t caps[] = {25, 32, 50};
        c.how.cap = d.pick(caps);
        c.how.cap_is_announced = c.how.cap_is_known = false;
    }
    c.known = make_known(d, c.how);
    auto const criteria = d.one_in(8) ? 0 : 1 + d.below(d.one_in(3) ? 3 : 1);
    c.criteria = make_query(d, c.archive, "http://pons.example/fhir", criteria);
    c.text_seed = d.seed();
    c.sort = make_sort(d);
    static constexpr std::size_t counts[] = {1, 2, 3, 5, 20, 20, 100};
    c.count = d.pick(counts);
    c.everything = d.one_in(4);
    if (c.everything && d.one_in(4))
        c.count = 0;
    c.depth = static_cast<level>(d.below(3));
    if (d.one_in(12))
        c.max_candidates = static_cast<std::uint32_t>(5 + d.below(30));
    if (d.one_in(12))
        c.fan_out = static_cast<std::uint32_t>(d.below(30));
    c.width = static_cast<std::uint32_t>(1 + d.below(4));
    return c;
}

combination shrink(combination c)
{
    auto const broken = [](combination const& smaller) { return !try_out(smaller).violation.empty(); };
    auto const attempt = [&](std::function<void(combination&)> const& change) {
        auto smaller = c;
        change(smaller);
        if (!broken(smaller))
            return false;
        c = std::move(smaller);
        return true;
    };
    for (std::size_t i = c.criteria.size(); i-- > 0;)
        attempt([&](combination& s) { s.criteria.erase(s.criteria.begin() + static_cast<std::ptrdiff_t>(i)); });
    for (std::size_t i = c.archive.studies.size(); i-- > 0;)
        attempt([&](combination& s) {
            s.archive.studies.erase(s.archive.studies.begin() + static_cast<std::ptrdiff_t>(i));
        });
    attempt([](combination& s) { s.how.ignored.clear(); });
    attempt([](combination& s) { s.how.dropped.clear(); });
    attempt([](combination& s) { s.how.repeats = 0; });
    attempt([](combination& s) { s.how.cap = 0; });
    attempt([](combination& s) { s.how.refuses_above = 0; });
    attempt([](combination& s) { s.how.sparse = 0; });
    attempt([](combination& s) { s.how.min_chars = 0; });
    attempt([](combination& s) { s.how.foreign_rows = false; });
    attempt([](combination& s) { s.how.echoes = true; });
    attempt([](combination& s) {
        auto const wildcards = s.known.wildcards;
        s.known = {};
        s.known.wildcards = wildcards;
    });
    attempt([](combination& s) { s.how.omits_empty = false; });
    attempt([](combination& s) { s.how.uid_lists_at_series = s.how.refuses_uid_lists = false; });
    attempt([](combination& s) { s.sort.clear(); });
    attempt([](combination& s) { s.depth = level::study; });
    attempt([](combination& s) { s.everything = false; });
    attempt([](combination& s) { s.count = 100; });
    attempt([](combination& s) { s.max_candidates = 5000; });
    attempt([](combination& s) { s.fan_out = 1000; });
    return c;
}

namespace {

void print(std::ostream& out, data_set const& d, std::string const& indent)
{
    d.for_each([&](tag t, vr, bool sequence) {
        out << indent << mapping::describe(t) << ' ';
        for (std::size_t i = 0; i < d.count(t); ++i)
            out << (i == 0 ? "" : "\\") << d.text(t, i);
        out << '\n';
        if (sequence)
            for (auto const& item : d.items(t))
                print(out, item, indent + "  > ");
    });
}

}  // namespace

std::string describe(combination const& c)
{
    std::ostringstream out;
    dice d(c.text_seed);
    out << "query: " << to_text(d, c.criteria) << "\nsort:";
    for (auto const& key : c.sort)
        out << (key.descending ? " -" : " ") << (key.what == search::sort_key::by::id ? "_id" : "started");
    out << "  count: " << c.count << (c.everything ? " everything" : "") << "  depth: " << to_query_level(c.depth)
        << "  max_candidates: " << c.max_candidates << "  fan_out: " << c.fan_out
        << "\nquirks:" << (c.how.relational ? " relational" : "") << (c.how.uid_lists_at_series ? " uid_lists" : "")
        << (c.how.refuses_uid_lists ? " refuses_uid_lists" : "") << (c.how.echoes ? "" : " no_echo")
        << (c.how.foreign_rows ? " foreign_rows" : "")
        << (c.how.matching.names_without_case ? " names_without_case" : "")
        << (c.how.matching.empty_value_matching ? " empty_value_matching" : "")
        << (c.how.matching.counts_spaces ? " counts_spaces" : "") << " cap=" << c.how.cap
        << (c.how.cap_is_announced ? " announced" : "") << (c.how.cap_is_known ? "" : " unknown")
        << " repeats=" << c.how.repeats << " refuses_above=" << c.how.refuses_above << " sparse=" << c.how.sparse
        << " min_chars=" << c.how.min_chars << (c.how.sparse_by_uid ? " by_uid" : "") << "\nignored:";
    for (auto const t : c.how.ignored)
        out << ' ' << mapping::describe(t);
    out << "\ndropped:";
    for (auto const t : c.how.dropped)
        out << ' ' << mapping::describe(t);
    out << "\nknown:" << (c.known.relational ? " relational" : "")
        << (c.known.modalities_in_study ? " modalities_in_study" : "")
        << (c.known.names_without_case ? " names_without_case" : "")
        << (c.known.empty_value_matching ? " empty_value_matching" : "")
        << (c.known.leading_spaces ? " leading_spaces" : "") << "\nsource: " << (c.archive.facts->zone ? "zone " : "")
        << "patient_system=" << c.archive.facts->patient_system
        << " patient_namespace=" << c.archive.facts->patient_namespace
        << " accession_system=" << c.archive.facts->accession_system << " pad=" << c.archive.facts->accession.pad
        << " prefix=" << c.archive.facts->accession.prefix << '\n';
    if (c.archive.studies.size() <= 4)
        for (auto const& study : c.archive.studies) {
            out << "study\n";
            print(out, study.attributes, "  ");
            for (auto const& series : study.series) {
                out << "  series\n";
                print(out, series.attributes, "    ");
                for (auto const& instance : series.instances)
                    print(out, instance, "      ");
            }
        }
    return out.str();
}

}  // namespace pons::test
