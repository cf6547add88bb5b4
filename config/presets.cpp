#include "config/presets.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace pons::config {

namespace {

void as_generic(quirks&) {}

void orthanc(quirks& q)
{
    q.universal = universal_matching::empty;
    q.relational = true;
    q.series_by_uid_list = true;
    q.modalities_in_study = true;
    q.name_matching = name_matching::insensitive;
}

void never_stars(quirks& q)
{
    q.universal = universal_matching::empty;
}

// Some rows set nothing: Pons judges the odd key itself (Study Time), or never sends it (Patient Root). Their names are
// kept, since people look for them.
constexpr preset rows[] = {
    {"generic", "nothing is known", "the standard, read with caution", as_generic},
    {"dcmtk-qrscp",
     "DCMTK's dcmqrscp: ignores and omits Modalities in Study, compares names with case and identifiers without "
     "leading spaces, no relational queries, never stops early",
     "measured on 3.6.7",
     [](quirks& q) {
         q.max_results = 10'000'000;
         q.universal = universal_matching::empty;
         q.modalities_in_study = false;
         q.relational = false;
         q.name_matching = name_matching::sensitive;
         q.leading_spaces = true;
     }},
    {"orthanc", "Orthanc: relational, takes lists of UIDs, matches Modalities in Study, ignores the case of names",
     "measured on 1.10.1", orthanc},
    {"orthanc-dicomweb-old", "Orthanc with an old DICOMweb plugin, which does not decode %5E and the like in queries",
     "measured on plugin 1.7",
     [](quirks& q) {
         orthanc(q);
         q.query_encoding = query_encoding::minimal;
     }},
    {"dcm4chee", "dcm4chee-arc: compares names with case, wants the UIDs above, may lack Modalities in Study",
     "Weasis#428; dcm4chee-arc-light#4252, #2043; OHIF#2774",
     [](quirks& q) {
         q.name_matching = name_matching::sensitive;
         q.relational = false;
         q.modalities_in_study = false;
     }},
    {"ge-archive", "GE archives: want \"*\" where others take an empty key", "Orthanc's modality settings",
     [](quirks& q) { q.universal = universal_matching::star; }},
    {"ge-aw", "GE Advantage Workstation: refuses \"*\" in dates", "Orthanc's modality settings", never_stars},
    {"agfa-impax", "Agfa IMPAX: refuses \"*\" in dates", "Orthanc's modality settings", never_stars},
    {"siemens-syngo-via", "Siemens syngo.via: refuses \"*\" in dates", "Orthanc's modality settings", never_stars},
    {"philips-adw", "Philips ADW: refuses \"*\" in dates", "Orthanc's modality settings", never_stars},
    {"fuji-synapse", "Fuji Synapse: stops after some rows, no relational queries, does not match every key",
     "Synapse's conformance statement; openradx/adit, which takes 200 rows for its limit",
     [](quirks& q) {
         q.max_results = 200;  // should the site allow more, this costs queries and loses nothing
         q.relational = false;
         q.modalities_in_study = false;
     }},
    {"clearcanvas", "ClearCanvas and what came of it: does not match Study Time, which is judged here",
     "ClearCanvas#129; Aegis conformance statement", as_generic},
    {"osirix", "OsiriX and Horos: no Patient Root, which Pons never uses", "pynetdicom#898", as_generic},
    {"sectra", "Sectra: archived studies come with fewer attributes", "pynetdicom#390",
     [](quirks& q) { q.modalities_in_study = false; }},
    {"azure",
     "Azure DICOM service: pages of 200 at most, no wild cards, no empty values, refuses Modalities in Study and Study "
     "ID",
     "Azure DICOM conformance v2; dicom-server#1847",
     [](quirks& q) {
         q.page_limit = 200;
         q.study_id = false;
         q.wildcards = false;
         q.empty_value_matching = false;
         q.modalities_in_study = false;
     }},
    {"aws-healthimaging", "AWS HealthImaging: wants the UIDs above, holds back all beyond 10,000 results",
     "AWS HealthImaging search page",
     [](quirks& q) {
         q.max_results = 10000;
         q.relational = false;
     }},
    {"google", "Google Healthcare: one Modalities in Study per query; 100 rows unless more are asked for, as Pons does",
     "Google Healthcare DICOM page; its DICOM adapter, #42 and #44", [](quirks& q) { q.modalities_in_study = false; }},
};

}  // namespace

std::span<preset const> presets()
{
    return rows;
}

std::span<std::string_view const> preset_names()
{
    static auto const names = [] {
        std::array<std::string_view, std::size(rows)> all;
        std::transform(std::begin(rows), std::end(rows), all.begin(), [](preset const& p) { return p.name; });
        return all;
    }();
    return names;
}

bool apply_preset(std::string_view name, quirks& to)
{
    auto const found = std::find_if(std::begin(rows), std::end(rows), [&](preset const& p) { return p.name == name; });
    if (found == std::end(rows))
        return false;
    to = quirks{};
    to.preset = name;
    found->set(to);
    return true;
}

}  // namespace pons::config
