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

result<std::vector<std::string>> uids_of(mapping::data_set const& from, tag t, bool is_list, std::size_t most)
{
    auto uids = values_of(from, t);
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

result<retrieve_query> to_retrieve_query(mapping::data_set const& identifier, find_model model, std::size_t most)
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
        auto uids = uids_of(identifier, each.t, each.at == *at, most);
        if (!uids)
            return tl::unexpected(uids.error());
        each.to = std::move(*uids);
    }
    return query;
}

std::vector<upstream::retrieve_request> requests_of(retrieve_query const& query)
{
    std::vector<upstream::retrieve_request> all;
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

}  // namespace pons::proxy::dimse
