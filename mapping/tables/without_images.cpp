#include "mapping/tables/without_images.hpp"

#include <algorithm>
#include <iterator>

namespace pons::mapping::tables {

namespace {

constexpr std::string_view modalities[] = {
    "ANN", "AR",   "ASMT",   "AU",       "CTPROTOCOL", "DOC", "ECG", "EEG", "EMG", "EOG",   "EPS",        "FID",
    "HD",  "IOL",  "KER",    "KO",       "LEN",        "M3D", "OAM", "OPV", "OSS", "PLAN",  "POS",        "PR",
    "REG", "RESP", "RTPLAN", "RTRECORD", "RTSTRUCT",   "RWV", "SMR", "SR",  "SRF", "STAIN", "TEXTUREMAP", "VA",
};

/// Classes, and arcs of classes, below the arc of storage.
constexpr std::string_view storage = "1.2.840.10008.5.1.4.1.1.";
constexpr std::string_view
    classes[] =
        {
            "4.2",                                 // spectroscopy
            "8",        "9",      "10",     "11",  // curves, overlays and tables by themselves; waveforms, presentation
            "66",       "66.1",   "66.2",   "66.3",   "66.5",   "66.6",  // raw data, registrations, fiducials
            "67",       "68",                                            // real world values, surfaces
            "77.1.5.3", "78",     "79",     "80",                        // ophthalmic measurements
            "88",       "90",     "91",     "104",                       // reports, annotations, documents
            "129",      "131",    "200",                                 // displays, protocols
            "481.3",    "481.4",  "481.5",  "481.6",  "481.7",  "481.8",  "481.9",  "481.10",
            "481.11",   "481.12", "481.13", "481.14", "481.15", "481.16", "481.17", "481.18",
            "481.19",   "481.20", "481.21", "481.22", "481.25",  // radiotherapy but images and doses
};
/// Of these the classes below are others.
constexpr std::string_view alone[] = {"8", "10", "66"};

}  // namespace

bool is_modality_without_images(std::string_view code)
{
    return std::ranges::find(modalities, code) != std::end(modalities);
}

bool is_class_without_images(std::string_view uid)
{
    if (!uid.starts_with(storage))
        return false;
    uid.remove_prefix(storage.size());
    return std::ranges::any_of(classes, [uid](std::string_view one) {
        if (!uid.starts_with(one))
            return false;
        bool const arc = std::ranges::find(alone, one) == std::end(alone);
        return uid.size() == one.size() || (arc && uid[one.size()] == '.');
    });
}

}  // namespace pons::mapping::tables
