#include "proxy/dimse/retrieve_query.hpp"

#include "mapping/dictionary.hpp"
#include "mapping/errc.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>

namespace pons::proxy::dimse {

namespace {

using mapping::errc;
using mapping::tag;
namespace tags = mapping::tags;

/// The values, each once, empty ones left out.
std::vector<std::string> values_of(mapping::data_set const& from, tag t)
{
    std::vector<std::string> all;
    for (std::size_t i = 0; i < from.count(t); ++i) {
        std::string one(from.text(t, i));
        if (!one.empty() && std::ranges::find(all, one) == all.end())
            all.push_back(std::move(one));
    }
    return all;
}

result<std::vector<std::string>> uids_of(mapping::data_set const& from, tag t, bool is_list, bool is_needed,
                                         std::size_t most)
{
    auto uids = values_of(from, t);
    if (uids.empty() && !is_needed)
        return uids;
    if (uids.empty() || (!is_list && uids.size() > 1))
        return fail(errc::invalid_value,
                    (is_list ? "at least one " : "one ") + mapping::describe(t) + " is needed at this level");
    if (uids.size() > most)
        return fail(errc::too_long, mapping::describe(t) + " has too many values");
    if (!std::ranges::all_of(uids, &upstream::dimse::may_be_uid))
        return fail(errc::invalid_value, mapping::describe(t) + " has a value that is no UID");
    return uids;
}

}  // namespace

bool is_relational_retrieve(std::span<std::byte const> information)
{
    return !information.empty() && information.front() == std::byte{1};
}

std::vector<std::byte> answer_retrieve_options(std::span<std::byte const> asked)
{
    std::vector<std::byte> answer(asked.size(), std::byte{0});
    if (is_relational_retrieve(asked))
        answer.front() = std::byte{1};
    return answer;
}

result<retrieve_query> to_retrieve_query(mapping::data_set const& identifier, find_model model, std::size_t most,
                                         bool relational)
{
    auto const at = level_named(identifier.text(tags::QueryRetrieveLevel));
    if (!at || (model == find_model::study_root && *at == find_level::patient))
        return fail(errc::unknown_parameter, "Query/Retrieve Level is none of this model");
    retrieve_query query;
    query.at = *at;
    query.patient_id = identifier.text(tags::PatientID);
    bool const many =
        query.patient_id.find_first_of("*?") != std::string::npos || identifier.count(tags::PatientID) > 1;
    if (many || (*at == find_level::patient && query.patient_id.empty()))
        return fail(errc::invalid_value, "one " + mapping::describe(tags::PatientID) + " is needed");
    struct {
        find_level at;
        tag t;
        std::vector<std::string>& to;
    } const levels[] = {{find_level::study, tags::StudyInstanceUID, query.studies},
                        {find_level::series, tags::SeriesInstanceUID, query.series},
                        {find_level::image, tags::SOPInstanceUID, query.instances}};
    for (auto const& each : levels) {
        if (each.at > *at)
            break;
        bool const of_level = each.at == *at;
        auto uids = uids_of(identifier, each.t, of_level, of_level || !relational, most);
        if (!uids)
            return tl::unexpected(uids.error());
        each.to = std::move(*uids);
    }
    return query;
}

std::vector<upstream::retrieve_request> requests_of(retrieve_query const& query)
{
    std::vector<upstream::retrieve_request> all;
    if (query.lacks_path())
        return all;
    for (auto const& study : query.studies) {
        if (query.series.empty())
            all.push_back({.study_instance_uid = study, .series_instance_uid = {}, .sop_instance_uid = {}});
        for (auto const& series : query.series) {
            if (query.instances.empty())
                all.push_back({.study_instance_uid = study, .series_instance_uid = series, .sop_instance_uid = {}});
            for (auto const& instance : query.instances)
                all.push_back(
                    {.study_instance_uid = study, .series_instance_uid = series, .sop_instance_uid = instance});
        }
    }
    return all;
}

std::size_t in_series(std::span<upstream::retrieve_request const> requests)
{
    auto const& first = requests.front();
    if (first.sop_instance_uid.empty())
        return 1;
    auto const other = std::ranges::find_if(requests, [&](upstream::retrieve_request const& each) {
        return each.sop_instance_uid.empty() || each.study_instance_uid != first.study_instance_uid ||
               each.series_instance_uid != first.series_instance_uid;
    });
    return static_cast<std::size_t>(other - requests.begin());
}

}  // namespace pons::proxy::dimse
