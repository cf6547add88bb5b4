#include "proxy/dimse/find_query.hpp"

#include "mapping/errc.hpp"
#include "mapping/levels.hpp"
#include "proxy/dimse/identifier_keys.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace pons::proxy::dimse {

namespace {

using mapping::data_set;
using mapping::errc;
using mapping::level;
using mapping::match_key;
using mapping::tag;
using mapping::vr;
using mapping::operator""_vr;
namespace tags = mapping::tags;

/// About the query, not about what is looked for.
constexpr std::array of_query{tags::SpecificCharacterSet, tags::QueryRetrieveLevel, tags::RetrieveAETitle,
                              tags::TimezoneOffsetFromUTC};

/// In the patient module, and still the study's (PS3.3 C.7.2.2).
constexpr std::array of_patient_in_study{tag{0x00101010}, tag{0x00101020}, tag{0x00101021},
                                         tag{0x00101030}, tag{0x00102180}, tag{0x001021B0}};

template <class List>
bool holds(List const& list, tag t)
{
    return std::ranges::find(list, t) != std::end(list);
}

level looked_for(find_level at)
{
    return at == find_level::image ? level::instance : at == find_level::series ? level::series : level::study;
}

bool is_of_patient(tag t)
{
    return mapping::group(t) == 0x0010 && !holds(of_patient_in_study, t);
}

/// Whether an entity of that level, or of one above, has it.
bool is_had_at(tag t, find_level at)
{
    if (at == find_level::patient)
        return is_of_patient(t);
    return mapping::level_of(t) <= looked_for(at);
}

class reader {
public:
    reader(find_query& query, find_options options) : query_(query), options_(options) {}

    result<void> read()
    {
        result<void> done;
        query_.identifier.for_each([&](tag t, vr as, bool is_sequence) {
            if (done && !holds(of_query, t) && mapping::element_number(t) != 0)
                done = attribute(t, as, is_sequence);
        });
        return done;
    }

    /// The unique keys of the levels above; those that there are go into the path of the search.
    result<void> read_path(find_model model)
    {
        auto const at = query_.at;
        if (model == find_model::patient_root && at != find_level::patient && !options_.relational)
            if (auto const one = unique(tags::PatientID); !one)
                return tl::unexpected(one.error());
        auto& where = query_.search.where;
        if (at >= find_level::series) {
            auto const study = unique(tags::StudyInstanceUID);
            if (!study && !options_.relational)
                return tl::unexpected(study.error());
            where.study_uid = study.value_or(std::string());
        }
        if (at == find_level::image) {
            auto const series = unique(tags::SeriesInstanceUID);
            if (!series && !options_.relational)
                return tl::unexpected(series.error());
            where.series_uid = where.study_uid.empty() ? std::string() : series.value_or(std::string());
        }
        std::erase_if(query_.search.keys, [&](match_key const& k) {
            return (!where.study_uid.empty() && k.path.front() == tags::StudyInstanceUID) ||
                   (!where.series_uid.empty() && k.path.front() == tags::SeriesInstanceUID);
        });
        return {};
    }

private:
    /// One value, no wild card, no list.
    result<std::string> unique(tag t) const
    {
        auto const& keys = query_.search.keys;
        auto const found =
            std::ranges::find_if(keys, [&](match_key const& k) { return k.path.size() == 1 && k.path.front() == t; });
        if (found == keys.end() || !mapping::is_single_value(*found))
            return fail(errc::invalid_value, "one " + mapping::describe(t) + " is needed at this level");
        return found->values.front();
    }

    result<void> attribute(tag t, vr as, bool is_sequence)
    {
        auto const* const known = mapping::find_attribute(t);
        if (!known || !is_had_at(t, query_.at)) {
            query_.unsupported_keys = true;
            return {};
        }
        query_.search.fields.push_back(t);
        static_cast<void>(as);
        return add_keys(query_.identifier, t, known->vr, is_sequence, query_.search.keys);
    }

    find_query& query_;
    find_options options_;
};

}  // namespace

std::optional<find_level> level_named(std::string_view name)
{
    constexpr std::array<std::string_view, 4> names{"PATIENT", "STUDY", "SERIES", "IMAGE"};
    auto const at = std::ranges::find(names, name);
    if (at == names.end())
        return {};
    return static_cast<find_level>(at - names.begin());
}

find_options to_find_options(std::span<std::byte const> information)
{
    auto const is_set = [&](std::size_t at) { return information.size() > at && information[at] == std::byte{1}; };
    return {.relational = is_set(0), .combined_times = is_set(1)};
}

std::vector<std::byte> answer_options(std::span<std::byte const> asked)
{
    auto const agreed = to_find_options(asked);
    std::vector<std::byte> answer(asked.size(), std::byte{0});
    if (agreed.relational)
        answer[0] = std::byte{1};
    if (agreed.combined_times)
        answer[1] = std::byte{1};
    return answer;
}

result<find_query> to_find_query(data_set identifier, find_model model, find_options options,
                                 std::uint32_t most_results)
{
    auto const at = level_named(identifier.text(tags::QueryRetrieveLevel));
    if (!at || (model == find_model::study_root && *at == find_level::patient))
        return fail(errc::unknown_parameter, "Query/Retrieve Level is none of this model");
    find_query query;
    query.at = *at;
    query.search.where.at = looked_for(*at);
    query.search.limit = most_results;
    query.search.times_apart = !options.combined_times;
    query.search.untold_match = true;
    query.search.names_as_archive = true;
    query.charset = charset_of(identifier);
    query.identifier = std::move(identifier);
    reader read(query, options);
    if (auto const done = read.read(); !done)
        return tl::unexpected(done.error());
    if (auto const done = read.read_path(model); !done)
        return tl::unexpected(done.error());
    std::erase_if(query.search.counted, [&](tag t) { return !holds(query.search.fields, t); });
    return query;
}

bool is_narrowed(find_query const& query)
{
    constexpr std::array narrowing{tags::StudyInstanceUID, tags::PatientID,   tags::AccessionNumber,
                                   tags::StudyID,          tags::PatientName, tags::StudyDate};
    return !query.search.where.study_uid.empty() || std::ranges::any_of(query.search.keys, [&](match_key const& k) {
        return k.path.size() == 1 && holds(narrowing, k.path.front()) &&
               std::ranges::none_of(
                   k.values, [](std::string const& value) { return value.find_first_of("*?") == 0 || value == "-"; });
    });
}

}  // namespace pons::proxy::dimse
