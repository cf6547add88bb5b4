#include "upstream/federation/holders.hpp"

#include "mapping/codecs/integer.hpp"
#include "mapping/errc.hpp"
#include "mapping/search/plan.hpp"
#include "mapping/tables/imaging_study.hpp"
#include "upstream/fan_out.hpp"
#include "upstream/federation/partial_answer.hpp"
#include "upstream/search/rows.hpp"

#include <algorithm>
#include <unordered_set>

namespace pons::upstream {

namespace {

using mapping::study_record;
namespace tags = mapping::tags;

constexpr std::size_t uids_per_query = 100;

struct patient {
    std::string id;
    std::string system;
    std::string assigner;
};

patient patient_of(study_record const& study)
{
    struct sink final : mapping::fhir::value_sink {
        void take(mapping::fhir::value const& v) override
        {
            if (auto const* const id = std::get_if<mapping::fhir::identifier>(&v))
                taken = {.id = id->value.str(), .system = id->system.str(), .assigner = std::string(id->assigner)};
        }
        patient taken;
    } of;
    std::string buffer;
    mapping::tables::visit_patient(study, "identifier", buffer, of);
    return std::move(of.taken);
}

bool differ(std::string const& a, std::string const& b)
{
    return !a.empty() && !b.empty() && a != b;
}

mapping::find_request studies_by_uid(std::vector<std::string> uids, std::uint32_t max_rows)
{
    std::vector<mapping::key> keys(1);
    keys.front().attribute = tags::StudyInstanceUID;
    keys.front().values = std::move(uids);
    auto request = mapping::search::to_find_request({}, keys, nullptr);
    request.max_rows = max_rows;
    return request;
}

}  // namespace

bool agree_on_patient(study_record const& a, study_record const& b)
{
    auto const one = patient_of(a);
    auto const other = patient_of(b);
    // A system and a local name cannot be compared.
    bool const by_name = one.system.empty() && other.system.empty();
    return !differ(one.id, other.id) && !differ(one.system, other.system) &&
           !(by_name && differ(one.assigner, other.assigner));
}

std::string describe_disagreement(study_record const& shown, study_record const& other)
{
    return "source " + other.source->name + " holds a study under the same Study Instance UID as source " +
           shown.source->name + ", but of another patient; the two were not merged";
}

namespace {

awaitable<result<held_studies>> ask_held(searched_source const& source, archive& where, std::vector<std::string> uids,
                                         time_point deadline)
{
    held_studies held;
    std::unordered_set<std::string_view> const wanted(uids.begin(), uids.end());
    // An archive that stops after so many rows is not asked for more of them at once.
    auto const limit = source.most_results();
    auto const step = limit == 0 ? uids_per_query : std::min<std::size_t>(uids_per_query, limit);
    for (std::size_t from = 0; from < uids.size(); from += step) {
        auto const to = std::min(from + step, uids.size());
        std::vector<std::string> part(uids.begin() + static_cast<std::ptrdiff_t>(from),
                                      uids.begin() + static_cast<std::ptrdiff_t>(to));
        auto const request = studies_by_uid(std::move(part), source.max_rows);
        unique_rows rows(tags::StudyInstanceUID, "which studies of the page it holds too");
        auto const how = co_await where.find(request, rows, deadline);
        if (!how)
            co_return tl::unexpected(how.error());
        held.queries += how->queries;
        bool const untold = std::ranges::find(how->issues, issue::kind::incomplete, &issue::what) != how->issues.end();
        held.complete = held.complete && !how->truncated && !untold && rows.unusable == 0;
        for (auto& row : rows.rows) {
            if (!wanted.contains(row.text(tags::StudyInstanceUID)))
                continue;
            auto& study = held.studies.emplace_back();
            study.attributes = std::move(row);
            study.source = source.facts.get();
        }
    }
    co_return held;
}

}  // namespace

awaitable<result<held_studies>> find_held(searched_source& source, std::vector<std::string> uids, time_point deadline)
{
    co_return co_await ask_held(source, *source.where, std::move(uids), deadline);
}

awaitable<result<std::vector<holder>>> find_holders(std::vector<searched_source*> const& sources, std::string study_uid,
                                                    time_point deadline)
{
    std::vector<holder> holders;
    if (sources.size() == 1) {
        holders.push_back({sources.front(), 0});
        co_return holders;
    }
    std::vector<study_record> records;
    auto ask = [&](std::size_t index) -> awaitable<result<void>> {
        auto* const source = sources[index];
        std::vector<std::string> uids(1, study_uid);
        auto const held = co_await ask_held(*source, source->asked_with_others(), std::move(uids), deadline);
        if (!held)
            co_return fail(mapping::errc::incomplete, place_of(*source), held.error().retry_after);
        if (!held->complete)
            co_return fail(mapping::errc::incomplete, place_of(*source));
        for (auto& study : held->studies) {
            auto const counted =
                mapping::codecs::to_unsigned(study.attributes.text(tags::NumberOfStudyRelatedInstances));
            holders.push_back({source, counted.value_or(0)});
            records.push_back(std::move(study));
        }
        co_return result<void>();
    };
    result<void> const asked = co_await fan_out(sources.size(), sources.size(), ask);
    if (!asked)
        co_return tl::unexpected(asked.error());
    // Each with each: what one leaves empty agrees with everything.
    for (auto one = records.begin(); one != records.end(); ++one)
        for (auto other = std::next(one); other != records.end(); ++other)
            if (!agree_on_patient(*one, *other))
                co_return fail(mapping::errc::differing_patients,
                               "sources " + one->source->name + " and " + other->source->name);
    auto const place = [&](holder const& h) { return std::ranges::find(sources, h.source); };
    std::ranges::sort(holders, [&](holder const& a, holder const& b) {
        return a.instances != b.instances ? a.instances > b.instances : place(a) < place(b);
    });
    std::vector<holder> each;
    for (auto const& h : holders)
        if (std::ranges::find(each, h.source, &holder::source) == each.end())
            each.push_back(h);
    co_return each;
}

}  // namespace pons::upstream
