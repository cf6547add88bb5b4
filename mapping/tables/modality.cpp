#include "mapping/tables/modality.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <iterator>

namespace pons::mapping::tables {

namespace {

// clang-format off
constexpr modality rows[] = {
    {"ANN", "Annotation", false},
    {"AR", "Autorefraction", true},
    {"ASMT", "Content Assessment Result", false},
    {"AU", "Basic Voice Audio", false},
    {"BDUS", "Ultrasound Bone Densitometry", true},
    {"BI", "Biomagnetic Imaging", true},
    {"BMD", "Bone Mineral Densitometry", true},
    {"CFM", "Confocal Microscopy", true},
    {"CR", "Computed Radiography", true},
    {"CT", "Computed Tomography", true},
    {"CTPROTOCOL", "CT Protocol", false},
    {"DG", "Diaphanography", true},
    {"DMS", "Dermoscopy", true},
    {"DOC", "Document", false},
    {"DX", "Digital Radiography", true},
    {"ECG", "Electrocardiography", true},
    {"EEG", "Electroencephalography", true},
    {"EMG", "Electromyography", true},
    {"EOG", "Electrooculography", true},
    {"EPS", "Cardiac Electrophysiology", true},
    {"ES", "Endoscopy", true},
    {"FID", "Spatial Fiducials", false},
    {"GM", "General Microscopy", true},
    {"HC", "Hard Copy", false},
    {"HD", "Hemodynamic Waveform", true},
    {"IO", "Intra-oral Radiography", true},
    {"IOL", "Intraocular Lens Calculation", false},
    {"IVOCT", "Intravascular Optical Coherence Tomography", true},
    {"IVUS", "Intravascular Ultrasound", true},
    {"KER", "Keratometry", true},
    {"KO", "Key Object Selection", false},
    {"LEN", "Lensometry", true},
    {"LS", "Laser Scan", true},
    {"M3D", "Model for 3D Manufacturing", false},
    {"MG", "Mammography", true},
    {"MR", "Magnetic Resonance", true},
    {"NM", "Nuclear Medicine", true},
    {"OAM", "Ophthalmic Axial Measurements", true},
    {"OCT", "Optical Coherence Tomography", true},
    {"OP", "Ophthalmic Photography", true},
    {"OPM", "Ophthalmic Mapping", true},
    {"OPT", "Ophthalmic Tomography", true},
    {"OPTBSV", "Ophthalmic Tomography B-scan Volume Analysis", true},
    {"OPTENF", "Ophthalmic Tomography En Face", true},
    {"OPV", "Ophthalmic Visual Field", true},
    {"OSS", "Optical Surface Scanner", true},
    {"OT", "Other", false},
    {"PA", "Photoacoustic", true},
    {"PLAN", "Plan", false},
    {"POS", "Position Sensor", true},
    {"PR", "Presentation State", false},
    {"PT", "Positron Emission Tomography", true},
    {"PX", "Panoramic X-Ray", true},
    {"REG", "Registration", false},
    {"RESP", "Respiratory Waveform", true},
    {"RF", "Radiofluoroscopy", true},
    {"RG", "Radiographic Imaging", true},
    {"RTDOSE", "RT Dose", false},
    {"RTIMAGE", "RT Image", true},
    {"RTPLAN", "RT Plan", false},
    {"RTRECORD", "RT Treatment Record", false},
    {"RTSTRUCT", "RT Structure Set", false},
    {"RWV", "Real World Value Map", false},
    {"SEG", "Segmentation", false},
    {"SM", "Slide Microscopy", true},
    {"SMR", "Stereometric Relationship", false},
    {"SR", "Structured Report Document", false},
    {"SRF", "Subjective Refraction", true},
    {"STAIN", "Automated Slide Stainer", false},
    {"TEXTUREMAP", "Texture Map", false},
    {"TG", "Thermography", true},
    {"US", "Ultrasound", true},
    {"VA", "Visual Acuity", true},
    {"XA", "X-Ray Angiography", true},
    {"XC", "External-camera Photography", true},
};
// clang-format on

static_assert(std::ranges::is_sorted(rows, {}, &modality::code));

/// The first eight characters as a number that sorts as they do: every series of every answer is looked up.
constexpr std::uint64_t key_of(std::string_view code)
{
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < 8; ++i)
        key = key << 8 | (i < code.size() ? static_cast<unsigned char>(code[i]) : 0);
    return key;
}

constexpr auto keys = [] {
    std::array<std::uint64_t, std::size(rows)> all{};
    std::ranges::transform(rows, all.begin(), [](modality const& m) { return key_of(m.code); });
    return all;
}();
static_assert(std::ranges::adjacent_find(keys, std::ranges::greater_equal{}) == keys.end(),
              "eight characters tell them apart");

}  // namespace

std::span<modality const> modalities()
{
    return rows;
}

modality const* find_modality(std::string_view code)
{
    auto const at = std::ranges::lower_bound(keys, key_of(code));
    if (at == keys.end())
        return nullptr;
    auto const* const row = rows + (at - keys.begin());
    return row->code == code ? row : nullptr;
}

bool is_acquisition(std::string_view code)
{
    auto const* row = find_modality(code);
    return row == nullptr || row->acquisition;
}

}  // namespace pons::mapping::tables
