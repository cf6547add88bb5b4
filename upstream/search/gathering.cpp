#include "upstream/search/gathering.hpp"

#include "mapping/codecs/identifier.hpp"
#include "upstream/search/rows.hpp"
#include "upstream/source_text.hpp"
#include "upstream/trace/search_trace.hpp"

#include <spdlog/spdlog.h>
#include <algorithm>

namespace pons::upstream {

using mapping::data_set;
using mapping::level;
using mapping::codecs::da_range;
using mapping::search::verdict;
namespace tags = mapping::tags;

namespace {

std::vector<doubts::attribute> deciding(mapping::search::judge const& judge)
{
    std::vector<doubts::attribute> all;
    for (auto const t : judge.deciding())
        all.push_back({.what = t, .at = mapping::level_of(t), .name = mapping::describe(t)});
    return all;
}

/// Whether the archive was asked by one Patient ID alone and tells one other of all that it found: it is known by both.
/// One that leaves the key aside tells those of many.
bool is_told_otherwise(mapping::find_request const& request, std::span<data_set const> rows)
{
    auto const by_patient = std::ranges::find(request.keys, tags::PatientID, &mapping::key::attribute);
    if (rows.empty() || by_patient == request.keys.end() || by_patient->values.size() != 1)
        return false;
    auto const others = std::ranges::count_if(request.keys, [](mapping::key const& k) {
        return !k.values.empty() && k.attribute != tags::PatientID && k.attribute != tags::StudyDate;
    });
    auto const& asked = by_patient->values.front();
    auto const may_find_more = [](char c) { return c == '*' || c == '?' || static_cast<unsigned char>(c) > 127; };
    if (others != 0 || std::ranges::any_of(asked, may_find_more))
        return false;
    auto const told = rows.front().text(tags::PatientID);
    return !told.empty() && told != asked &&
           std::ranges::all_of(rows, [&](data_set const& row) { return row.text(tags::PatientID) == told; });
}

}  // namespace

gathering::gathering(searched_source& source, mapping::search::judge const& judge, lettered_criteria& lettered,
                     mapping::search::plan plan, std::uint32_t most, page_found& found, time_point deadline)
    : source_(source),
      judge_(judge),
      lettered_(lettered),
      plan_(std::move(plan)),
      most_(most),
      found_(found),
      deadline_(deadline),
      doubts_(deciding(judge), source.omits_empty)
{
}

void gathering::drop(std::string_view why, std::size_t how_many)
{
    if (source_.trace)
        source_.trace->drop(why, how_many);
}

/// Takes the rows of one query: each study once, judged as far as its study level tells. How many were refused.
std::size_t gathering::keep(std::vector<data_set>&& rows)
{
    for (auto const& row : rows)
        doubts_.hear(level::study, row);
    std::size_t refused = 0;
    for (auto& row : rows) {
        std::string uid(row.text(tags::StudyInstanceUID));
        if (!seen_.insert(uid).second) {
            drop("a row of a study that came before");
            continue;
        }
        if (!mapping::codecs::is_uid(uid)) {
            unusable_uid();
            drop("a row without a usable UID");
            continue;
        }
        candidate one;
        one.study.attributes = std::move(row);
        one.study.source = source_.facts.get();
        auto const lacks = untold(one);
        if (judge_.of(one.study, lacks) == verdict::no) {
            lettered_.refused(one.study, lacks);
            refuse(one.study, lacks);
            ++refused;
            continue;
        }
        one.at = position_of(one.study);
        waiting_.push_back(std::move(one));
    }
    return refused;
}

void gathering::hear_below(mapping::study_record const& study)
{
    for (auto const& series : study.series) {
        doubts_.hear(level::series, series.attributes);
        for (auto const& instance : series.instances)
            doubts_.hear(level::instance, instance);
    }
}

void gathering::refuse(mapping::study_record const& study, std::span<mapping::tag const> untold)
{
    if (source_.trace)
        source_.trace->refuse(study, untold);
    if (!doubts_.lacks_any(study.attributes))
        return;
    if (auto lacking = judge_.lacking(study, untold); !lacking.empty())
        doubts_.remember(std::move(lacking), study.attributes);
}

/// Of rows of series or instances.
result<void> gathering::keep_uids(std::vector<data_set> const& rows)
{
    for (auto const& row : rows) {
        auto const uid = row.text(tags::StudyInstanceUID);
        if (uid.empty())
            return fail(errc::malformed, "Study Instance UID (0020,000D) is missing");
        if (mapping::codecs::is_uid(uid))
            resolved_.emplace(uid);
        else
            unusable_uid();
    }
    return {};
}

/// Which of the rows is right, nobody knows: the first counts.
void gathering::tell_differing(std::uint32_t studies)
{
    if (studies == 0)
        return;
    if (differing_ == 0)
        spdlog::warn("source {} tells studies twice, with different values", source_.facts->name);
    auto const said = [&] {
        return issue{issue::kind::invalid, std::to_string(differing_) +
                                               " studies were told twice, with different values; the first were taken"};
    };
    std::erase(found_.issues, said());
    differing_ += studies;
    found_.issues.push_back(said());
}

awaitable<result<gathered>> gathering::ask_one(mapping::find_request& request, da_range const* dates,
                                               std::uint32_t enough, std::string_view why)
{
    unique_rows rows(request.at == level::study    ? tags::StudyInstanceUID
                     : request.at == level::series ? tags::SeriesInstanceUID
                                                   : tags::SOPInstanceUID,
                     why);
    request.max_rows = std::min(source_.max_rows, most_ + 1);
    if (enough != 0)
        request.max_rows = std::min(request.max_rows, enough);
    auto how = co_await source_.where->find(request, rows, deadline_);
    if (!how)
        co_return tl::unexpected(how.error());
    found_.queries += how->queries;
    if (take_guessed_text(how->issues)) {
        found_.guessed = true;
        lettered_.guessed();
    }
    found_.issues.insert(found_.issues.end(), how->issues.begin(), how->issues.end());
    if (rows.unusable != 0)
        incomplete("the archive gave a match without a UID");
    tell_differing(rows.differing());
    drop("a row without a usable UID", rows.unusable);
    drop("a row that was repeated", rows.repeated());
    gathered a;
    a.rows = rows.rows.size();
    if (dates && !dates->unbounded() && request.at == level::study)
        a.outside = static_cast<std::size_t>(std::ranges::count_if(rows.rows, [&](data_set const& row) {
            auto const day = mapping::codecs::parse_da(row.text(tags::StudyDate));
            return !day || !dates->contains(*day);
        }));
    a.cut = how->truncated;
    a.told = std::ranges::any_of(how->issues, [](issue const& i) { return i.what == issue::kind::incomplete; });
    if (request.at == level::study) {
        bool const otherwise = is_told_otherwise(request, rows.rows);
        found_.told_otherwise = found_.told_otherwise || otherwise;
        if (keep(std::move(rows.rows)) == a.rows && otherwise)
            incomplete(left_out_as_told_otherwise);
    } else if (auto const kept = keep_uids(rows.rows); !kept) {
        co_return tl::unexpected(kept.error());
    }
    co_return a;
}

awaitable<result<gathered>> gathering::ask(da_range const* dates, std::uint32_t enough, std::string_view why)
{
    gathered all;
    std::vector<mapping::tag> answered;
    std::vector<std::pair<mapping::tag, failure>> refused;
    for (auto const& alternative : plan_.alternatives) {
        auto request = mapping::search::to_find_request(plan_, alternative, dates);
        auto const one = co_await ask_one(request, dates, enough, why);
        if (!one && (one.error().code != errc::refused || alternative.size() != 1))
            co_return tl::unexpected(one.error());
        if (!one) {
            ++found_.queries;
            refused.emplace_back(alternative.front().attribute, one.error());
            all.of_each.push_back(1);  // there is no second try of it
            continue;
        }
        if (alternative.size() == 1)
            answered.push_back(alternative.front().attribute);
        all.of_each.push_back(one->rows);
        all.rows += one->rows;
        all.outside += one->outside;
        all.told = (all.told || !all.cut) && (one->told || !one->cut);
        all.cut = all.cut || one->cut;
    }
    // A key of which all queries are refused, while another key is taken, is one that the archive does not have.
    for (auto const& [by, why_not] : refused) {
        if (answered.empty() || std::ranges::find(answered, by) != answered.end())
            co_return tl::unexpected(why_not);
        incomplete("the archive refuses to be asked by " + mapping::describe(by) +
                   ": what matches by that alone may be missing");
    }
    co_return all;
}

awaitable<result<void>> gathering::resolve_studies()
{
    auto const how = co_await ask(nullptr, 0, "candidates, by their series or instances");
    if (!how)
        co_return tl::unexpected(how.error());
    remark_cut(*how, "the archive held back series or instances that match");
    plan_.asked_at = level::study;
    plan_.alternatives.clear();
    std::vector<std::string> uids(resolved_.begin(), resolved_.end());
    for (std::size_t from = 0; from < uids.size(); from += 100) {
        auto const to = std::min(from + 100, uids.size());
        std::vector<std::string> part(uids.begin() + static_cast<std::ptrdiff_t>(from),
                                      uids.begin() + static_cast<std::ptrdiff_t>(to));
        plan_.alternatives.push_back({mapping::key{tags::StudyInstanceUID, std::move(part)}});
    }
    co_return result<void>();
}

awaitable<result<void>> gathering::ask_undated()
{
    if (source_.abilities.empty_value_matching) {
        for (auto const& alternative : plan_.alternatives) {
            auto request = mapping::search::to_find_request(plan_, alternative, nullptr);
            request.keys.push_back({tags::StudyDate, std::vector<std::string>(1, "\"\"")});
            auto const one = co_await ask_one(request, nullptr, 0, "studies without a date");
            if (!one)
                co_return tl::unexpected(one.error());
            remark_cut(*one, "the archive held back studies without a date");
        }
        co_return result<void>();
    }
    // All those with a date have been asked for: where one answer does not hold everything, more of them are no help.
    auto const how = co_await ask(nullptr, source_.most_results(), "studies without a date");
    if (!how)
        co_return tl::unexpected(how.error());
    remark_cut(*how, "studies without a date may be missing: the archive cannot be asked for them alone");
    co_return result<void>();
}

awaitable<result<void>> gathering::try_again(std::span<std::size_t const> rows)
{
    for (auto const& again : plan_.second_tries) {
        if (std::ranges::all_of(again.instead_of, [&](std::size_t i) { return rows[i] != 0; }))
            continue;
        auto request = mapping::search::to_find_request(plan_, again.keys, nullptr);
        auto const how = co_await ask_one(request, nullptr, 0, "a second try: stored with leading spaces, or cut off");
        if (!how)
            co_return tl::unexpected(how.error());
        if (how->cut)
            incomplete("studies may be missing whose " + mapping::describe(again.keys.front().attribute) +
                       " is stored with leading spaces, or too long: too many have one that is alike");
    }
    co_return result<void>();
}

std::vector<candidate> gathering::take(std::optional<std::int64_t> complete_from, bool undated)
{
    std::vector<candidate> ready;
    std::erase_if(waiting_, [&](candidate& one) {
        bool const final = one.at.started ? (!complete_from || *one.at.started >= *complete_from) : undated;
        if (final)
            ready.push_back(std::move(one));
        return final;
    });
    return ready;
}

}  // namespace pons::upstream
