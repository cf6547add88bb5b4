#include "tests/support/federation_trial.hpp"

#include "mapping/errc.hpp"
#include "proxy/fhir/admit.hpp"
#include "proxy/fhir/federate.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/oracle_dates.hpp"
#include "tests/support/oracle_values.hpp"
#include "tests/support/run.hpp"
#include "tests/support/untold.hpp"
#include "upstream/capped/row_limit.hpp"
#include "upstream/search/order.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace pons::test {

using namespace mapping;
using upstream::position;

namespace {

constexpr std::int64_t now = 1'735'689'600'000'000;  // 2025-01-01T00:00:00Z

bool has_bad_uid(stored_study const& study)
{
    return !is_valid_uid(study.attributes.text(tags::StudyInstanceUID)) ||
           std::ranges::any_of(study.series, [](stored_series const& s) {
               return !is_valid_uid(s.attributes.text(tags::SeriesInstanceUID));
           });
}

/// A row of it might as well have been cut short.
bool tells_hardly_anything(data_set const& a)
{
    auto const all = {
        tags::StudyTime,  tags::AccessionNumber,       tags::StudyID, tags::PatientName, tags::PatientBirthDate,
        tags::PatientSex, tags::ReferringPhysicianName};
    return std::ranges::none_of(all, [&](tag t) { return a.contains(t); });
}

/// Whether a member may leave something out and say so, roughly: the trials of one source know it exactly.
bool may_fall_short(combination const& c)
{
    auto const& how = c.how;
    auto const& studies = c.archive.studies;
    std::size_t below = 0;
    for (auto const& study : studies)
        for (auto const& series : study.series)
            below += 1 + series.instances.size();
    // So many rows may be a limit that nobody knows.
    bool const suspicious = 2 * studies.size() >= upstream::row_limit::never_a_limit ||
                            (how.foreign_rows && below >= upstream::row_limit::never_a_limit);
    bool const loses_texts = how.min_chars != 0 || (how.matching.counts_spaces && !how.matching.wildcards);
    return how.cap != 0 || how.fails_after || suspicious || loses_texts ||
           std::ranges::any_of(studies, [&](stored_study const& s) {
               return has_bad_uid(s) ||
                      (how.omits_empty && tells_hardly_anything(visible_part(s, how.dropped).attributes));
           });
}

/// Whether a member does not tell what decides, or the patient's number, and so has to say that it is incomplete.
bool tells_too_little(federation_trial const& t, oracle_rules const& rules)
{
    return std::ranges::any_of(t.members, [&](combination one) {
        one.criteria = t.criteria;
        return leaves_out_untold(one, rules) || seems_to_know_patient_otherwise(one);
    });
}

/// What a study is by DESIGN section 6.
struct merged_study {
    position at;
    std::size_t shown_of = 0;            ///< the member whose record is shown
    std::vector<std::size_t> the_same;   ///< further members with just the same record
    std::vector<std::size_t> of_others;  ///< members that hold a study of another patient under its UID
};

using merged = std::vector<merged_study>;

merged merge(federation_trial const& t, oracle const& judge, upstream::order const& in)
{
    std::map<std::string, merged_study> all;
    auto const uid_of = [](stored_study const& s) { return std::string(s.attributes.text(tags::StudyInstanceUID)); };
    for (std::size_t m = 0; m < t.members.size(); ++m) {
        auto const& member = t.members[m];
        for (auto const& held : member.archive.studies) {
            auto const study = visible_part(held, member.how.dropped);
            auto const uid = uid_of(study);
            if (!is_valid_uid(uid) || !judge.matches(study, *member.archive.facts))
                continue;
            auto const& a = study.attributes;
            auto const started = read_started(a.text(tags::StudyDate), a.text(tags::StudyTime),
                                              a.text(tags::TimezoneOffsetFromUTC), member.archive.facts->zone);
            position const at{started ? std::optional(started->utc.begin) : std::nullopt, uid};
            auto const [known, added] = all.try_emplace(uid, merged_study{at, m, {}, {}});
            if (!added && in.before(at, known->second.at))
                known->second.at = at;
        }
    }
    merged found;
    for (auto& [uid, study] : all) {
        auto const record_of = [&](std::size_t m) -> stored_study const* {
            auto const& held = t.members[m].archive.studies;
            auto const at = std::ranges::find(held, uid, uid_of);
            return at != held.end() ? &*at : nullptr;
        };
        auto const& shown = record_of(study.shown_of)->attributes;
        for (std::size_t m = 0; m < t.members.size(); ++m) {
            auto const* const other = record_of(m);
            if (!other || m == study.shown_of)
                continue;
            auto const id = shown.text(tags::PatientID);
            auto const other_id = other->attributes.text(tags::PatientID);
            auto const known = !t.members[m].how.dropped.contains(tags::PatientID) &&
                               !t.members[study.shown_of].how.dropped.contains(tags::PatientID);
            if (known && !id.empty() && !other_id.empty() && id != other_id)
                study.of_others.push_back(m);
        }
        found.push_back(std::move(study));
    }
    std::ranges::sort(found, [&](auto const& a, auto const& b) { return in.before(a.at, b.at); });
    return found;
}

struct pages {
    std::vector<study_record> studies;
    bool incomplete = false;
    std::optional<failure> error;
    std::size_t asked = 0;  ///< pages
    std::optional<std::uint32_t> total;
    std::string violation;
};

class federation {
public:
    explicit federation(federation_trial const& t) : trial_(t), logs_(t.members.size())
    {
        settings_.fhir.allow_unbounded = true;
        for (std::size_t m = 0; m < t.members.size(); ++m) {
            auto const& member = t.members[m];
            auto source = make_source(member.archive.studies, member.how, member.archive.facts, logs_[m], nullptr,
                                      member.known.empty_value_matching);
            source.abilities = member.known;
            source.width = member.width;
            service_.sources.push_back(std::move(source));
        }
    }

    result<void> admits(search::request const& asked)
    {
        return proxy::fhir::admit(service_, asked, proxy::fhir::sources_for(service_, asked));
    }

    pages ask(search::request const& asked)
    {
        pages out;
        asio::io_context context(1);
        std::size_t most = 2;
        for (auto const& member : trial_.members)
            most += member.archive.studies.size();
        proxy::fhir::search_wanted wanted{.order = upstream::order(trial_.sort),
                                          .after = {},
                                          .count = trial_.count,
                                          .everything = trial_.everything,
                                          .depth = trial_.depth,
                                          .now = now};
        for (;; ++out.asked) {
            auto found =
                run(context, proxy::fhir::search_all(service_, asked, wanted, clock::now() + std::chrono::hours(1)));
            if (!found) {
                out.error = found.error();
                return out;
            }
            if (found->studies.size() > trial_.count)
                out.violation = "a page with more studies than asked for";
            out.incomplete = out.incomplete || std::ranges::find(found->issues, issue::kind::incomplete,
                                                                 &issue::what) != found->issues.end();
            if (out.asked == 0)
                out.total = found->total;
            std::ranges::move(found->studies, std::back_inserter(out.studies));
            if (!found->more || !found->last || trial_.count == 0)
                return out;
            if (out.asked > most)
                out.violation = "pages without end";
            if (!out.violation.empty())
                return out;
            wanted.after = found->last;
            wanted.missed = found->missed;
        }
    }

    std::string faults() const
    {
        for (std::size_t m = 0; m < logs_.size(); ++m) {
            if (!logs_[m].faults.empty())
                return "illegal query: " + logs_[m].faults.front();
            if (logs_[m].most_running > trial_.members[m].width)
                return "more queries at a time than allowed";
        }
        return {};
    }

private:
    federation_trial const& trial_;
    config::settings settings_;
    proxy::fhir::page_sealer sealer_{"a key for tests"};
    std::vector<record_of_queries> logs_;
    proxy::fhir::service service_{settings_, sealer_, {}, "2024-01-01T00:00:00Z"};
};

bool asks_for_a_bare_patient(query const& criteria)
{
    return std::ranges::any_of(criteria, [](auto const& p) {
        auto const name = p.first.substr(0, p.first.find(':'));
        return name == "patient" || name == "subject";
    });
}

/// Nothing missing, nothing extra, nothing twice, in order, each as its first matching holder says it. With `partly`
/// some may be missing, and another holder may stand for one that is.
std::string compare(federation_trial const& t, pages const& got, merged const& expected, bool partly)
{
    auto const rank_of = [&](source_facts const* facts) {
        return static_cast<std::size_t>(
            std::ranges::find_if(t.members, [&](combination const& c) { return c.archive.facts.get() == facts; }) -
            t.members.begin());
    };
    std::size_t at = 0;
    std::set<std::string_view> seen;
    for (auto const& study : got.studies) {
        std::string const uid(study.uid());
        auto const is_it = [&](merged_study const& m) { return m.at.uid == uid; };
        if (std::ranges::none_of(expected, is_it))
            return "study " + uid + " does not match";
        if (!seen.insert(study.uid()).second && !partly)
            return "study " + uid + " came twice";
        if (partly)
            continue;
        if (at >= expected.size() || !is_it(expected[at]))
            return "study " + uid + " came where another belongs, at " + std::to_string(at);
        auto const& wanted = expected[at++];
        if (rank_of(study.source) != wanted.shown_of)
            return "study " + uid + " is not shown as its first holder that matches says it";
        if (!study.known_to(t.depth))
            return "study " + uid + " is not known deep enough";
        for (auto const* const holder : study.other_holders)
            if (std::ranges::find(wanted.of_others, rank_of(holder)) != wanted.of_others.end())
                return "study " + uid + " leads to a study of another patient";
    }
    if (partly)
        return {};
    if (t.count != 0 && at != expected.size())
        return "study " + expected[at].at.uid + " is missing";
    if (got.total && *got.total != expected.size())
        return "total is " + std::to_string(*got.total) + " of " + std::to_string(expected.size());
    return {};
}

}  // namespace

verdict_of_trial try_out(federation_trial const& t)
{
    using kind = verdict_of_trial::kind;
    verdict_of_trial out;
    oracle_rules const rules{.base = "http://pons.example/fhir", .now = now};
    auto const judge = oracle::read(t.criteria, rules);
    dice d(t.text_seed);
    auto const text = to_text(d, t.criteria);
    auto const request =
        search::parse(search::split_query(text),
                      {.base = "http://pons.example/fhir", .strict = false, .max_count = 1000, .now = now});
    if (!judge || !request) {
        out.how = kind::rejected;
        return out;  // the trials of one source look at that
    }
    federation all(t);
    bool const bare = asks_for_a_bare_patient(t.criteria);
    if (auto const may = all.admits(*request); !may) {
        out.how = kind::rejected;
        if (!bare || may.error().code != errc::ambiguous_patient)
            out.violation = "not admitted: " + may.error().code.message();
        return out;
    }
    auto const got = all.ask(*request);
    out.violation = all.faults().empty() ? got.violation : all.faults();
    if (!out.violation.empty())
        return out;
    auto const expected = merge(t, *judge, upstream::order(t.sort));
    bool const fails = std::ranges::any_of(t.members, [](auto const& m) { return m.how.fails_after.has_value(); });
    bool const excused = std::ranges::any_of(t.members, may_fall_short);
    out.found = got.studies.size();
    if (got.error) {
        bool const ambiguous = got.error->code == errc::ambiguous_patient;
        out.how = ambiguous ? kind::rejected : kind::failed;
        if (ambiguous ? !bare : !fails)
            out.violation = "the search failed: " + got.error->code.message() + ", " + got.error->where;
        return out;
    }
    out.how = got.incomplete ? kind::incomplete : kind::complete;
    if (got.incomplete && !excused && !tells_too_little(t, rules))
        out.violation = "said to be incomplete without a reason";
    else
        out.violation = compare(t, got, expected, got.incomplete);
    return out;
}

}  // namespace pons::test
