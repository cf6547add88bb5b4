#include "upstream/dimse/identifier.hpp"

#include "mapping/levels.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace pons::upstream::dimse {

namespace {

namespace tags = mapping::tags;
using mapping::level;
using mapping::tag;

using mapping::vr;
using mapping::operator""_vr;

/// Where "*" is legal (PS3.4 C.2.2.2.4), and UIDs: Orthanc sends it there to archives that want it.
bool takes_star(vr as, universal_keys universal)
{
    constexpr std::array texts{"AE"_vr, "CS"_vr, "LO"_vr, "LT"_vr, "PN"_vr, "SH"_vr,
                               "ST"_vr, "UC"_vr, "UR"_vr, "UT"_vr, "UI"_vr};
    return universal == universal_keys::star ||
           (universal == universal_keys::star_in_texts && std::ranges::find(texts, as) != texts.end());
}

void add_without_value(mapping::data_set& to, tag t, universal_keys universal)
{
    auto const* const known = mapping::find_attribute(t);
    if (known && known->vr == "SQ"_vr)
        to.add_sequence(t);
    else if (known && takes_star(known->vr, universal))
        to.add(t, "*");
    else
        to.begin(t, known ? known->vr : "UN"_vr);
}

void add_list(mapping::data_set& to, std::span<std::string const> sop_instance_uids)
{
    std::vector<std::string_view> const uids(sop_instance_uids.begin(), sop_instance_uids.end());
    to.add(tags::SOPInstanceUID, "UI"_vr, uids);
}

mapping::data_set to_frame_identifier(retrieve_request const& request)
{
    mapping::data_set identifier;
    identifier.add(tags::QueryRetrieveLevel, "FRAME");
    identifier.add(tags::SOPInstanceUID, request.sop_instance_uid);
    identifier.begin(simple_frame_list, "UL"_vr);
    for (auto const frame : request.frames)
        identifier.value(std::to_string(frame));
    return identifier;
}

}  // namespace

mapping::data_set to_identifier(mapping::find_request const& request, universal_keys universal,
                                std::string_view charset)
{
    mapping::data_set identifier;
    identifier.begin(tags::SpecificCharacterSet, mapping::vr_of('C', 'S'));
    if (!charset.empty())
        identifier.value(charset);
    identifier.add(tags::QueryRetrieveLevel, mapping::to_query_level(request.at));
    for (auto const& k : request.keys) {
        if (!belongs_at(k.attribute, request.at))
            continue;
        auto const* const known = mapping::find_attribute(k.attribute);
        if (k.values.empty() || !known || known->vr == "SQ"_vr) {
            add_without_value(identifier, k.attribute, universal);
        } else {
            std::vector<std::string_view> const values(k.values.begin(), k.values.end());
            identifier.add(k.attribute, known->vr, values);
        }
    }
    for (auto const t : request.return_keys)
        if (belongs_at(t, request.at))
            add_without_value(identifier, t, universal);
    return identifier;
}

mapping::data_set to_identifier(retrieve_request const& request)
{
    if (!request.frames.empty())
        return to_frame_identifier(request);
    bool const several = !request.sop_instance_uids.empty();
    auto const at = request.series_instance_uid.empty()            ? level::study
                    : request.sop_instance_uid.empty() && !several ? level::series
                                                                   : level::instance;
    mapping::data_set identifier;
    identifier.add(tags::QueryRetrieveLevel, mapping::to_query_level(at));
    identifier.add(tags::StudyInstanceUID, request.study_instance_uid);
    if (at != level::study)
        identifier.add(tags::SeriesInstanceUID, request.series_instance_uid);
    if (at == level::instance && several)
        add_list(identifier, request.sop_instance_uids);
    else if (at == level::instance)
        identifier.add(tags::SOPInstanceUID, request.sop_instance_uid);
    return identifier;
}

mapping::data_set to_identifier(std::span<std::string const> sop_instance_uids)
{
    mapping::data_set identifier;
    identifier.add(tags::QueryRetrieveLevel, mapping::to_query_level(level::instance));
    add_list(identifier, sop_instance_uids);
    return identifier;
}

}  // namespace pons::upstream::dimse
