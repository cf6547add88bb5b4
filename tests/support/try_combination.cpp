#include "tests/support/combination.hpp"

#include "mapping/codecs/integer.hpp"
#include "mapping/errc.hpp"
#include "mapping/fhir/imaging_study.hpp"
#include "mapping/search/plan.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/oracle_values.hpp"
#include "tests/support/run.hpp"
#include "tests/support/untold.hpp"
#include "upstream/capped/known_studies.hpp"
#include "upstream/capped/row_limit.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace pons::test {

using namespace mapping;
using upstream::page_found;

namespace {

constexpr std::int64_t now = 1'735'689'600'000'000;  // 2025-01-01T00:00:00Z

/// When a search may refuse or say that it is incomplete, from the archive's data and limits alone.
class excuses {
public:
    explicit excuses(combination const& c) : c_(c)
    {
        // A row that is never told whole cannot be judged.
        unusable_ = c.how.sparse != 0 && c.how.sparse_by_uid && c.archive.studies.size() >= c.how.sparse;
        std::map<std::string, std::size_t> days;
        for (auto const& study : c.archive.studies) {
            auto const& a = study.attributes;
            if (!is_valid_uid(a.text(tags::StudyInstanceUID)))
                unusable_ = true;
            // Such a row might as well have been cut short.
            if (c.how.omits_empty && tells_hardly_anything(visible_part(study, c.how.dropped).attributes))
                unusable_ = true;
            // Several dates may be the same day in two spellings.
            if (auto const started = read_started(a.text(tags::StudyDate), {}, {}, nullptr))
                fullest_day_ = std::max(fullest_day_, ++days[std::to_string(started->local.begin)]);
            else
                ++undated_;
            std::size_t images = 0;
            for (auto const& series : study.series) {
                images += series.instances.size();
                most_in_series_ = std::max(most_in_series_, series.instances.size());
            }
            series_ += study.series.size();
            images_ += images;
            most_series_ = std::max(most_series_, study.series.size());
            most_in_study_ = std::max(most_in_study_, images);
        }
    }

    bool too_costly() const
    {
        auto const queries = 2 * (c_.archive.studies.size() + series_);
        return c_.archive.studies.size() > c_.max_candidates || queries > c_.fan_out;
    }

    /// Where an answer cannot be had in parts, the archive's refusal is the answer.
    bool too_broad() const { return c_.how.refuses_above != 0 && incomplete(); }

    bool incomplete() const
    {
        if (leaves_out_untold(c_, {.base = "http://pons.example/fhir", .now = now}) ||
            seems_to_know_patient_otherwise(c_))
            return true;
        // Those that are told in part are asked for once more, each.
        if (c_.how.sparse != 0 && c_.fan_out < c_.archive.studies.size())
            return true;
        if (unusable_ || (c_.how.relational && capped(20)) || cannot_be_examined())
            return true;
        // Short texts find nothing; or, without wild cards, none that is stored with a space before it.
        if (c_.how.min_chars != 0 || (c_.how.matching.counts_spaces && !c_.how.matching.wildcards))
            return true;
        if (tells_no_texts())
            return true;
        return studies_held_back() || deeper_held_back();
    }

private:
    static bool tells_hardly_anything(data_set const& a)
    {
        return !a.contains(tags::StudyTime) && !a.contains(tags::AccessionNumber) && !a.contains(tags::StudyID) &&
               !a.contains(tags::PatientName) && !a.contains(tags::PatientBirthDate) && !a.contains(tags::PatientSex) &&
               !a.contains(tags::ReferringPhysicianName);
    }
    /// Of the few studies that it is asked for when none is known: what it makes of short texts cannot be known.
    bool tells_no_texts() const
    {
        auto const tells = [&](stored_study const& study) {
            auto const told = visible_part(study, c_.how.dropped).attributes;
            bool const in_part = is_told_in_part(c_, static_cast<std::size_t>(&study - c_.archive.studies.data()));
            return std::ranges::any_of(upstream::known_studies::attributes(), [&](tag t) {
                auto const text = told.text(t);
                return (!in_part || t == tags::PatientID) && !text.empty() && std::ranges::all_of(text, [](char c) {
                           return c >= ' ' && c <= '~' &&
                                  std::string_view("*?\\\",=").find(c) == std::string_view::npos;
                       });
            });
        };
        constexpr std::ptrdiff_t a_few = 5;
        auto const all = static_cast<std::ptrdiff_t>(c_.archive.studies.size());
        auto const dated = all - static_cast<std::ptrdiff_t>(undated_);
        auto const silent = all - std::ranges::count_if(c_.archive.studies, tells);
        return silent != 0 && silent >= std::min(a_few, dated != 0 ? dated : all);
    }
    bool capped(std::size_t matches) const
    {
        auto const rows = matches + (c_.how.repeats != 0 ? matches / c_.how.repeats : 0);
        return (c_.how.cap != 0 && rows >= c_.how.cap) || (c_.how.refuses_above != 0 && rows > c_.how.refuses_above);
    }
    /// A limit that nobody knows can be found out by halves, where the archive matches what makes them. Which studies
    /// of one day have no time is not looked at here.
    bool cannot_be_examined() const
    {
        auto const rows = c_.archive.studies.size() + (c_.how.repeats != 0 ? c_.archive.studies.size() : 0);
        bool const known = c_.how.cap != 0 && c_.how.cap_is_known && !c_.how.cap_is_announced;
        auto const images = images_ + (c_.how.repeats != 0 ? images_ : 0);
        bool const others = c_.how.foreign_rows && images >= upstream::row_limit::never_a_limit;
        if (!known && others)
            return true;
        return !known && rows >= upstream::row_limit::never_a_limit &&
               (c_.how.ignored.contains(tags::StudyDate) || undated_ != 0 || 2 * fullest_day_ >= rows);
    }
    bool held_back(std::size_t matches) const
    {
        auto const rows = matches + (c_.how.repeats != 0 ? matches / c_.how.repeats : 0);
        return capped(matches) || rows > c_.max_candidates;
    }
    bool studies_held_back() const
    {
        if (!held_back(c_.archive.studies.size()))
            return false;
        bool const no_undated = std::ranges::any_of(c_.criteria, [](auto const& p) {
            return !p.second.empty() && (p.first == "started" || (p.first == "started:missing" && p.second == "false"));
        });
        // Asked by a key, or for what is found out only then, they are not left out of the question.
        bool const asked = !no_undated || !c_.how.cap_is_known || c_.how.cap_is_announced || c_.criteria.size() > 1;
        bool const undated = asked && (!c_.known.empty_value_matching || held_back(undated_));
        return c_.how.ignored.contains(tags::StudyDate) || held_back(fullest_day_) || undated;
    }
    bool deeper_held_back() const
    {
        return c_.how.foreign_rows ? capped(series_) || capped(images_)
                                   : capped(most_series_) || capped(most_in_series_);
    }

    combination const& c_;
    bool unusable_ = false;
    std::size_t undated_ = 0, fullest_day_ = 0, series_ = 0, images_ = 0;
    std::size_t most_series_ = 0, most_in_series_ = 0, most_in_study_ = 0;
};

/// By number, those without one last, then by UID.
template <class T, class Get>
void sort_by_number(std::vector<T>& all, tag number, tag uid, Get const& of)
{
    auto const key = [&](T const& one) {
        auto const n = codecs::to_unsigned(of(one).text(number));
        return std::pair(n ? *n : std::numeric_limits<std::uint32_t>::max(), std::string(of(one).text(uid)));
    };
    std::ranges::sort(all, [&](T const& a, T const& b) { return key(a) < key(b); });
}

study_record to_record(stored_study const& study, source_facts const& facts, level depth)
{
    study_record record;
    record.attributes = study.attributes;
    record.source = &facts;
    record.series_known = true;
    for (auto const& series : study.series) {
        series_record one{
            .attributes = series.attributes, .instances = {}, .instances_known = depth == level::instance};
        if (one.instances_known)
            one.instances = series.instances;
        sort_by_number(one.instances, tags::InstanceNumber, tags::SOPInstanceUID,
                       [](data_set const& d) -> data_set const& { return d; });
        record.series.push_back(std::move(one));
    }
    sort_by_number(record.series, tags::SeriesNumber, tags::SeriesInstanceUID,
                   [](series_record const& s) -> data_set const& { return s.attributes; });
    return record;
}

std::string to_json(study_record const& record, level depth)
{
    std::string out;
    fhir::writer w(out, fhir::format::json);
    fhir::write_imaging_study(w, {}, record, fhir::make_shape(fhir::view::all, {}, depth));
    return out;
}

/// All of `visible` that match, in the order asked for. `by_uid`: rows of studies that were asked for by their UIDs.
std::vector<stored_study const*> expect(combination const& c, std::vector<stored_study> const& visible,
                                        oracle const& judge, bool by_uid)
{
    struct entry {
        stored_study const* study;
        std::optional<std::int64_t> started;
        std::string uid;
    };
    std::vector<entry> all;
    for (auto const& study : visible) {
        auto const& a = study.attributes;
        std::string const uid(a.text(tags::StudyInstanceUID));
        if (!is_valid_uid(uid) || !judge.matches(study, *c.archive.facts))
            continue;
        // One that is told in part is shown, and has its place, by its date.
        auto const nth = static_cast<std::size_t>(&study - visible.data());
        bool const whole = by_uid || !is_told_in_part(c, nth);
        auto const started = read_started(a.text(tags::StudyDate), whole ? a.text(tags::StudyTime) : "",
                                          whole ? a.text(tags::TimezoneOffsetFromUTC) : "", c.archive.facts->zone);
        all.push_back({&study, started ? std::optional(started->utc.begin) : std::nullopt, uid});
    }
    auto keys = c.sort;
    if (keys.empty())
        keys.push_back({.what = search::sort_key::by::started, .descending = true});
    std::ranges::sort(all, [&](entry const& a, entry const& b) {
        for (auto const& key : keys) {
            if (key.what == search::sort_key::by::id && a.uid != b.uid)
                return (a.uid < b.uid) != key.descending;
            if (key.what == search::sort_key::by::started && a.started != b.started) {
                if (!a.started || !b.started)
                    return a.started.has_value();  // what is not there comes last
                return (*a.started < *b.started) != key.descending;
            }
        }
        return a.uid < b.uid;
    });
    std::vector<stored_study const*> studies;
    for (auto const& one : all)
        studies.push_back(one.study);
    return studies;
}

struct pages {
    std::vector<study_record> studies;
    bool incomplete = false;
    std::optional<failure> error;
    std::string violation;
    std::vector<std::optional<std::uint32_t>> totals;
    std::string why;  ///< it is incomplete
};

pages ask_for_pages(combination const& c, std::span<search::criterion const> criteria,
                    upstream::searched_source& source)
{
    pages out;
    asio::io_context context(1);
    auto const plan = search::make_plan(criteria, *source.facts, source.abilities);
    std::optional<upstream::position> after;
    for (std::size_t page = 0;; ++page) {
        upstream::page_wanted wanted{.order = upstream::order(c.sort),
                                     .after = after,
                                     .count = c.count,
                                     .everything = c.everything,
                                     .depth = c.depth,
                                     .max_candidates = c.max_candidates,
                                     .fan_out = {.left = c.fan_out},
                                     .now = now};
        auto found = run(context, upstream::find_page(source, criteria, plan, wanted, time_point::max()));
        if (!found) {
            out.error = found.error();
            return out;
        }
        if (found->studies.size() > c.count)
            out.violation = "a page with more studies than asked for";
        for (auto const& i : found->issues)
            if (i.what == issue::kind::incomplete)
                out.why += (out.why.empty() ? "" : "; ") + i.text;
        out.incomplete = !out.why.empty();
        out.totals.push_back(found->total);
        bool const more = found->more && c.count != 0;
        if (more && found->studies.empty())
            out.violation = "an empty page that promises more";
        if (page > c.archive.studies.size() + 1)
            out.violation = "pages without end";
        if (more && out.violation.empty())
            after = upstream::position_of(found->studies.back());
        std::ranges::move(found->studies, std::back_inserter(out.studies));
        if (!more || !out.violation.empty())
            return out;
    }
}

/// Nothing missing, nothing extra, nothing twice, in order. With `partly` some may be missing.
std::string compare(combination const& c, pages const& got, std::vector<stored_study const*> const& expected,
                    bool partly)
{
    std::size_t at = 0;
    std::set<std::string_view> seen;
    for (auto const& study : got.studies) {
        std::string const uid(study.uid());
        if (!seen.insert(study.uid()).second)
            return "study " + uid + " came twice";
        auto const is_it = [&](stored_study const* s) { return s->attributes.text(tags::StudyInstanceUID) == uid; };
        if (std::ranges::none_of(expected, is_it))
            return "study " + uid + " does not match";
        while (partly && at < expected.size() && !is_it(expected[at]))
            ++at;
        if (at >= expected.size() || !is_it(expected[at]))
            return "study " + uid + " came where another belongs, at " + std::to_string(at);
        if (!study.known_to(c.depth))
            return "study " + uid + " is not known deep enough";
        ++at;
    }
    if (!partly && c.count != 0 && at != expected.size())
        return "study " + std::string(expected[at]->attributes.text(tags::StudyInstanceUID)) + " is missing";
    for (auto const& total : got.totals) {
        if (partly ? total && *total < expected.size() : total && *total != expected.size())
            return "total is " + std::to_string(*total) + " of " + std::to_string(expected.size());
        if (c.everything && !partly && !total)
            return "no total, although everything was judged";
    }
    return {};
}

/// What the archive holds and does not tell is not left out in silence.
std::string find_silence(combination const& c, pages const& got, oracle const& judge)
{
    if (c.how.dropped.empty() || c.count == 0)
        return {};
    auto const all = studies_to_find(c);
    for (auto const* const study : expect(c, all, judge, false)) {
        auto const uid = study->attributes.text(tags::StudyInstanceUID);
        if (std::ranges::none_of(got.studies, [&](study_record const& s) { return s.uid() == uid; }))
            return "study " + std::string(uid) + " is left out in silence";
    }
    return {};
}

/// The resource says the same, whatever the query was.
std::string compare_content(combination const& c, pages const& got, std::vector<stored_study const*> const& expected)
{
    // Counts that only the instances tell are there or not as deep as was looked.
    bool const counted = !c.how.dropped.contains(tags::NumberOfStudyRelatedInstances) &&
                         !c.how.dropped.contains(tags::NumberOfSeriesRelatedInstances);
    if (!counted && c.depth != level::instance)
        return {};
    // Modalities in Study that is not echoed is gathered from the series, which may have another order.
    if (!c.how.echoes)
        return {};
    // A study that is told in part is shown so where the rest does not matter.
    if (c.how.sparse != 0)
        return {};
    for (std::size_t i = 0; i < got.studies.size(); ++i) {
        auto const is = to_json(got.studies[i], c.depth);
        auto const should = to_json(to_record(*expected[i], *c.archive.facts, c.depth), c.depth);
        if (is != should)
            return "study " + std::string(got.studies[i].uid()) + " says\n" + is + "\ninstead of\n" + should;
    }
    return {};
}

}  // namespace

verdict_of_trial try_out(combination const& c)
{
    using kind = verdict_of_trial::kind;
    verdict_of_trial out;
    auto const judge = oracle::read(c.criteria, {.base = "http://pons.example/fhir", .now = now});
    dice d(c.text_seed);
    auto const text = to_text(d, c.criteria);
    auto const request =
        search::parse(search::split_query(text),
                      {.base = "http://pons.example/fhir", .strict = false, .max_count = 1000, .now = now});
    if (!judge || !request) {
        out.how = kind::rejected;
        if (judge.has_value() != request.has_value())
            out.violation =
                request ? "the request is not one, but was read" : "the request was rejected: " + request.error().where;
        return out;
    }
    record_of_queries log;
    auto source = make_source(c.archive.studies, c.how, c.archive.facts, log, nullptr, c.known.empty_value_matching);
    source.abilities = c.known;
    source.width = c.width;
    auto const got = ask_for_pages(c, request->criteria, source);
    if (!log.faults.empty())
        out.violation = "illegal query: " + log.faults.front();
    else if (log.most_running > c.width)
        out.violation = "more queries at a time than allowed";
    else
        out.violation = got.violation;
    if (!out.violation.empty())
        return out;

    excuses const allowed(c);
    if (got.error) {
        out.how = got.error->code == errc::too_costly ? kind::refused : kind::failed;
        if (out.how == kind::refused ? !allowed.too_costly()
                                     : !c.how.fails_after || got.error->code != upstream::errc::aborted)
            out.violation = "the search failed: " + got.error->code.message() + ", " + got.error->where;
        if (got.error->code == upstream::errc::too_broad && allowed.too_broad())
            out.violation.clear();
        return out;
    }
    // Whether it asks by UIDs, which some archives answer in full, is the search's affair; what is judged by, and the
    // order, follow.
    auto visible = studies_as_told(c, false);
    auto expected = expect(c, visible, *judge, false);
    if (!c.how.sparse_by_uid && !compare(c, got, expected, got.incomplete).empty()) {
        visible = studies_as_told(c, true);
        expected = expect(c, visible, *judge, true);
    }
    out.how = got.incomplete ? kind::incomplete : kind::complete;
    if (got.incomplete && leaves_out_untold(c, {.base = "http://pons.example/fhir", .now = now}))
        out.how = kind::untold;
    out.found = got.studies.size();
    if (got.incomplete && !allowed.incomplete())
        out.violation = "said to be incomplete without a reason: " + got.why;
    else
        out.violation = compare(c, got, expected, got.incomplete);
    if (out.violation.empty() && !got.incomplete)
        out.violation = find_silence(c, got, *judge);
    if (out.violation.empty() && !got.incomplete)
        out.violation = compare_content(c, got, expected);
    return out;
}

}  // namespace pons::test
