#include "proxy/fhir/explain/source_plan.hpp"

#include "mapping/search/judge.hpp"
#include "proxy/fhir/admit.hpp"
#include "proxy/fhir/patients.hpp"
#include "upstream/capped/asker.hpp"
#include "upstream/dicomweb/qido_target.hpp"
#include "upstream/dimse/beyond_ascii.hpp"
#include "upstream/guard/gate.hpp"
#include "upstream/guard/least_keys.hpp"
#include "upstream/search/window.hpp"

#include <algorithm>
#include <chrono>

namespace pons::proxy::fhir {

namespace {

using mapping::level;
using mapping::search::plan;
using mapping::search::reach;
namespace tags = mapping::tags;

bool is_dimse(config::source const& source)
{
    return source.kind == config::source_kind::dimse;
}

std::string_view name_of(reach r)
{
    return r == reach::keyed ? "keyed" : r == reach::dated ? "dated" : "unbounded";
}

/// One source's part of an explanation on its way.
class source_plan {
public:
    source_plan(service const& s, understood const& u, source_asked const& at, shown const& how)
        : service_(s), understood_(u), at_(at), source_(at.settings), how_(how), plan_(plan_for(s, u.asked, at.source))
    {
        out_.source = source_.name;
        out_.kind = is_dimse(source_) ? "dimse" : "dicomweb";
        out_.reach = "not asked";
    }

    source_explanation run() &&
    {
        if (!at_.why_not.empty())
            note(at_.why_not);
        else if (!at_.resolved)
            note("the crosswalk did not tell whom the search is about");
        else
            explain();
        return std::move(out_);
    }

private:
    void note(std::string text) { out_.notes.push_back(std::move(text)); }

    void explain()
    {
        if (plan_.loses_names)
            note("names with rarer accents may be missing: the answer says that it is incomplete");
        if (plan_.loses_study_ids)
            note(
                "studies may be missing by their Study ID, which is no key here: the answer says that it is "
                "incomplete");
        if (plan_.impossible) {
            out_.reach = "impossible";
            note(is_resolved(understood_.asked)
                     ? "the crosswalk gives the patient no id of this source, or no DICOM value can equal what is "
                       "asked for: nobody is asked"
                     : "no DICOM value can equal what is asked for: nobody is asked");
            return;
        }
        out_.reach = name_of(plan_.reach);
        explain_queries();
        if (at_.source.gate)
            if (auto const open = at_.source.gate->peek(std::chrono::system_clock::now()); !open)
                out_.closed = open.error().where;
        explain_forms();
        explain_splits();
        explain_depth();
        if (!at_.remark.empty())
            note(at_.remark);
        if (at_.sources > 1)
            note("asked then by UID which studies of the page it holds too");
        if (source_.answer_cache.size != 0)
            note("an equal query that is on its way, or was answered in the last " +
                 std::to_string(source_.answer_cache.time.count()) + " ms, is not asked again");
    }

    void add_query(std::vector<mapping::key> const& keys, mapping::codecs::da_range const* dates,
                   std::string const& before = {})
    {
        auto const request = mapping::search::to_find_request(plan_, keys, dates);
        out_.queries.push_back(before + to_query(source_, request));
        if (auto const other = to_other_query(request); before.empty() && !other.empty())
            out_.queries.push_back("where that finds nothing: " + other);
        if (auto const narrow = upstream::has_least_keys(source_, request); !narrow && out_.closed.empty())
            out_.closed = narrow.error().where;
        for (auto const& key : request.keys) {
            has_accession_ = has_accession_ || key.attribute == tags::AccessionNumber;
            has_uids_ = has_uids_ || key.values.size() > 1;
            for (auto const& value : key.values)
                beyond_ascii_ = beyond_ascii_ ||
                                std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) > 0x7E; });
        }
    }

    std::string to_query(config::source const& source, mapping::find_request const& request) const
    {
        if (is_dimse(source))
            return "C-FIND " + show_request(request, how_) +
                   (source.quirks.universal == config::universal_matching::star ? ", each by *" : "");
        auto const limit = source.quirks.page_limit != 0 ? source.quirks.page_limit : 1000;
        // The target begins with the path that the source's URL has.
        auto const authority = source.url.find('/', source.url.find("//") + 2);
        auto const target = upstream::dicomweb::qido_target(source, request, {.limit = limit, .offset = 0});
        return "GET " + (how_.addresses ? source.url.substr(0, authority) : std::string()) + show_target(target, how_);
    }

    /// The second try for an archive that keeps what is not ASCII in another way.
    std::string to_next_rung(mapping::find_request const& request) const
    {
        using namespace upstream::dimse;
        if (!is_beyond_ascii(request))
            return {};
        auto const next = next_rung(request, source_.quirks);
        if (!next)
            return {};
        return to_query(source_, next->request) + (next->charset.empty() ? "" : ", in " + next->charset);
    }

    /// The second try for a server that does not decode; empty when there is none.
    std::string to_other_query(mapping::find_request const& request) const
    {
        using namespace upstream::dicomweb;
        if (is_dimse(source_))
            return to_next_rung(request);
        if (source_.quirks.query_encoding == config::query_encoding::minimal ||
            find_other_form(request, source_.quirks.wildcards) != other_form::minimal)
            return {};
        auto other = source_;
        other.quirks.query_encoding = config::query_encoding::minimal;
        return to_query(other, request);
    }

    bool is_paged() const
    {
        auto const& asked = understood_.asked;
        bool const everything =
            asked.summary == mapping::search::summary::count || asked.total == mapping::search::total::accurate;
        return !everything && upstream::order(asked.sort).walks_back();
    }

    void explain_queries()
    {
        if (plan_.reach == reach::keyed || plan_.asked_at != level::study) {
            for (auto const& alternative : plan_.alternatives)
                add_query(alternative, nullptr);
            for (auto const& again : plan_.second_tries)
                add_query(again.keys, nullptr, "where that finds nothing: ");
            if (plan_.asked_at != level::study)
                note("the studies of the matches are then asked for by their UIDs, 100 in one query");
            return;
        }
        if (!is_paged()) {
            bool const bounded = plan_.dated_may_match && !plan_.undated_may_match && !plan_.dates.unbounded();
            for (auto const& alternative : plan_.alternatives)
                add_query(alternative, bounded ? &plan_.dates : nullptr);
            note("all matches are looked at, for their number or their order");
            return;
        }
        auto const today = std::chrono::floor<std::chrono::days>(
            std::chrono::local_time<std::chrono::microseconds>(std::chrono::microseconds(understood_.now)));
        auto const& after = understood_.after;
        upstream::window_walk const windows(plan_.dates, upstream::window_start(after ? after->started : std::nullopt),
                                            today, 50);
        if (bool const in_undated = after && !after->started; plan_.dated_may_match && !in_undated) {
            if (auto const first = windows.next())
                for (auto const& alternative : plan_.alternatives)
                    add_query(alternative, &*first);
            note("then earlier windows of study dates, growing and halving, until the page is full");
        }
        if (plan_.undated_may_match)
            note(source_.quirks.empty_value_matching
                     ? "studies without a date come last, asked for by an empty date"
                     : "studies without a date come last, asked for without a date key");
    }

    /// Ladders: what is sent first, and what next.
    void explain_forms()
    {
        auto const& quirks = source_.quirks;
        auto const say = [&](std::string text) { out_.forms.push_back(std::move(text)); };
        if (is_dimse(source_)) {
            if (beyond_ascii_)
                say("values beyond ASCII go in " + quirks.charset_query +
                    "; what is not found by them, is asked for once " +
                    (quirks.wildcards ? "more with wild cards for what is not ASCII"
                                      : "more in another character set") +
                    "; where that does not settle it, the answer says that it is incomplete");
            say("rows that name no character set, and are not UTF-8, are read as " + quirks.charset_default);
            for (auto const& [label, meant] : quirks.charset_labels)
                say("what is labelled " + label + ", and is not UTF-8, is read as " + meant);
            if (beyond_ascii_)
                say("where text beyond ASCII is refused that was read without a label, or by one without the letters "
                    "asked for, the answer says that it is incomplete");
            if (quirks.universal == config::universal_matching::star)
                say("what * finds nothing for is asked for once more with * in texts and UIDs only");
            else if (quirks.universal == config::universal_matching::unknown)
                say("until the archive's first row, what is not found is asked for once more with * in keys that only "
                    "ask");
        } else {
            say(quirks.query_encoding == config::query_encoding::minimal
                    ? "values are encoded as little as can be"
                    : "what had to be encoded, and is not found, is asked for once more as little encoded as can be");
            say("fields in one list; where that is answered by 400, each by its own includefield");
            say(quirks.offset ? "pages that overlap by a row, until the server has no more"
                              : "one page: the server knows no offset");
        }
        if (has_accession_) {
            std::string text = source_.accession.trim ? "accession numbers: spaces at both ends do not count"
                                                      : "accession numbers: spaces at both ends count";
            if (source_.accession.pad != 0)
                text += ", filled with zeros to " + std::to_string(source_.accession.pad);
            if (!source_.accession.prefix.empty())
                text += ", with a prefix put before those that lack it";
            say(std::move(text));
        }
        if (!quirks.wildcards)
            say("no wild cards are sent");
        if (!plan_.second_tries.empty())
            say("values that may be stored with leading spaces, or cut off, are tried as *value when they find "
                "nothing");
    }

    void explain_splits()
    {
        auto const say = [&](std::string text) { out_.splits.push_back(std::move(text)); };
        auto const limit = at_.source.limit ? at_.source.limit->rows() : source_.quirks.max_results;
        if (limit == 0)
            say("no number of rows is known after which it stops: an answer of " +
                std::to_string(upstream::row_limit::never_a_limit) +
                " rows or more is compared with its halves if it is the longest of an hour, as long as the one to "
                "another question, or of a round number");
        else
            say("it stops after " + std::to_string(limit) + " rows, " +
                (at_.source.limit && at_.source.limit->is_learned() ? "as was found out" : "as is configured") +
                ": an answer of so many is asked for in parts");
        say(has_uids_
                ? "a cut answer to a list of UIDs: by half the list"
                : "a cut answer: by halves of study dates, newest first; a day by time, down to half an hour; that "
                  "by modality");
        if (!source_.quirks.empty_value_matching && plan_.undated_may_match)
            say("studies without a date, or a time, cannot be asked for alone: of a cut answer they may be missing, "
                "which is told");
        say("at most " + std::to_string(upstream::asker::most_queries) + " queries and " +
            std::to_string(at_.source.max_rows) + " rows for one find; more is told as incomplete");
    }

    void explain_depth()
    {
        auto const say = [&](std::string text) { out_.deeper.push_back(std::move(text)); };
        auto const judged = mapping::search::judge(understood_.asked.criteria).depth();
        if (judged != level::study)
            say("candidates are asked for at " + std::string(judged == level::series ? "series" : "instance") +
                " level where the study level does not tell");
        auto const wanted =
            wanted_for(service_, understood_, shape_of(understood_.asked, service_.settings.fhir.search_depth));
        if (wanted.count == 0 && judged == level::study)
            return;
        bool const shows_series = wanted.count != 0 && wanted.depth != level::study;
        if (wanted.count != 0 && !shows_series && wanted.counts_shown)
            say("where modalities or counts are left out, the series of the page's studies are asked for");
        else if (shows_series)
            say("the series of the page's studies are asked for");
        if (judged == level::study && !shows_series && !wanted.counts_shown)
            return;
        say(at_.source.series_by_uid_list
                ? "series: 50 studies in one query"
                : "series: one query for each study, " + std::to_string(at_.source.width) + " at a time");
        if (judged == level::instance || wanted.depth == level::instance)
            say(at_.source.abilities.relational ? "instances: one query for each study"
                                                : "instances: one query for each series");
        say("at most " + std::to_string(service_.settings.fhir.max_fan_out) + " such queries");
    }

    service const& service_;
    understood const& understood_;
    source_asked const& at_;
    config::source const& source_;
    shown const& how_;
    plan plan_;
    source_explanation out_;
    bool has_accession_ = false;
    bool has_uids_ = false;
    bool beyond_ascii_ = false;
};

}  // namespace

source_explanation explain_source(service const& s, understood const& u, source_asked const& at, shown const& how)
{
    return source_plan(s, u, at, how).run();
}

}  // namespace pons::proxy::fhir
