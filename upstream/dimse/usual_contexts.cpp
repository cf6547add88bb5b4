#include "upstream/dimse/get_plan.hpp"

#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>
#include <string_view>

namespace pons::upstream::dimse {

namespace {

using std::string_view;

// PS3.5 §10, PS3.6 Table A-1.
constexpr string_view uncompressed[] = {
    uids::explicit_vr_little_endian,
    uids::implicit_vr_little_endian,
};

constexpr string_view compressed[] = {
    "1.2.840.10008.1.2.4.70",   // JPEG Lossless, SV1
    "1.2.840.10008.1.2.4.90",   // JPEG 2000 Lossless
    "1.2.840.10008.1.2.4.80",   // JPEG-LS Lossless
    "1.2.840.10008.1.2.5",      // RLE Lossless
    "1.2.840.10008.1.2.4.50",   // JPEG Baseline
    "1.2.840.10008.1.2.4.91",   // JPEG 2000
    "1.2.840.10008.1.2.4.51",   // JPEG Extended
    "1.2.840.10008.1.2.4.81",   // JPEG-LS Near-lossless
    "1.2.840.10008.1.2.4.201",  // HTJ2K Lossless
    "1.2.840.10008.1.2.4.202",  // HTJ2K Lossless RPCL
    "1.2.840.10008.1.2.4.203",  // HTJ2K
    "1.2.840.10008.1.2.4.57",   // JPEG Lossless
};

constexpr string_view video[] = {
    "1.2.840.10008.1.2.4.102",  // MPEG-4 AVC/H.264 HP 4.1
    "1.2.840.10008.1.2.4.103",  // … BD-compatible
    "1.2.840.10008.1.2.4.104",  // … HP 4.2 for 2D
    "1.2.840.10008.1.2.4.100",  // MPEG2 MP@ML
    "1.2.840.10008.1.2.4.101",  // MPEG2 MP@HL
    "1.2.840.10008.1.2.4.106",  // HEVC/H.265 MP 5.1
    "1.2.840.10008.1.2.4.107",  // HEVC/H.265 M10P 5.1
};

/// Deflated Image Frame Compression, made for images of single bits (PS3.6 Table A-1).
constexpr string_view deflated_frames = "1.2.840.10008.1.2.8.1";

constexpr string_view rare[] = {uids::deflated_explicit_vr_little_endian, uids::explicit_vr_big_endian};

constexpr string_view storage = "1.2.840.10008.5.1.4.1.1.";

// What stands behind `storage` in classes without pixel data, or begins it.
constexpr string_view without_pixels[] = {
    "11", "9",  "88", "104", "66.1",  "66.3",  "66.5",  "66.6",  "67",    "68.1",  "68.2",  "78",    "79.1",
    "80", "90", "91", "34",  "200.1", "481.3", "481.4", "481.5", "481.6", "481.7", "481.8", "481.9", "4.2",
};

constexpr string_view with_video[] = {
    "3.1", "7.4", "12.1", "77.1.1", "77.1.1.1", "77.1.2.1", "77.1.4", "77.1.4.1",
};

bool begins_with_component(string_view uid, string_view components)
{
    return uid.starts_with(components) && (uid.size() == components.size() || uid[components.size()] == '.');
}

struct usual {
    string_view modality;
    std::initializer_list<string_view> classes;  // behind `storage`
};

// PS3.3 §C.7.3.1.1.1 and §A.1.4.
usual const by_modality[] = {
    {"CT", {"2", "2.1", "7"}},
    {"MR", {"4", "4.1", "4.2", "4.3"}},
    {"CR", {"1"}},
    {"DX", {"1.1", "1.1.1", "1"}},
    {"MG", {"1.2", "1.2.1", "13.1.3"}},
    {"IO", {"1.3", "1.3.1"}},
    {"PX", {"1.1", "1"}},
    {"US", {"6.1", "3.1"}},
    {"IVUS", {"6.1", "3.1"}},
    {"NM", {"20"}},
    {"PT", {"128", "130"}},
    {"XA", {"12.1", "12.1.1", "13.1.1"}},
    {"RF", {"12.2", "12.2.1"}},
    {"OT", {"7", "7.1", "7.2", "7.3", "7.4"}},
    {"SC", {"7", "7.1", "7.2", "7.3", "7.4"}},
    {"ES", {"77.1.1", "77.1.1.1"}},
    {"GM", {"77.1.2", "77.1.2.1"}},
    {"SM", {"77.1.6", "77.1.3"}},
    {"XC", {"77.1.4", "77.1.4.1"}},
    {"OP", {"77.1.5.1", "77.1.5.2"}},
    {"OPT", {"77.1.5.4"}},
    {"SR", {"88.11", "88.22", "88.33", "88.34", "88.67"}},
    {"KO", {"88.59"}},
    {"PR", {"11.1", "11.2", "11.3", "11.4"}},
    {"SEG", {"66.4", "66.5"}},
    {"REG", {"66.1", "66.3"}},
    {"DOC", {"104.1", "104.2"}},
    {"ECG", {"9.1.1", "9.1.2", "9.1.3"}},
    {"RTIMAGE", {"481.1"}},
    {"RTDOSE", {"481.2"}},
    {"RTSTRUCT", {"481.3"}},
    {"RTPLAN", {"481.5", "481.8"}},
};

constexpr string_view common[] = {
    "2",   "4",      "1",     "1.1",   "7",     "6.1",   "3.1",   "128",    "1.2",    "12.1",  "12.2",
    "20",  "2.1",    "4.1",   "88.11", "88.22", "88.33", "88.59", "88.67",  "104.1",  "11.1",  "7.2",
    "7.4", "13.1.3", "481.3", "481.5", "481.2", "481.1", "66.4",  "77.1.4", "77.1.6", "1.1.1",
};

template <class List>
void append(std::vector<std::string>& to, List const& list)
{
    to.insert(to.end(), std::begin(list), std::end(list));
}

template <class List>
std::vector<std::string> with_root(List const& list)
{
    std::vector<std::string> uids;
    for (auto const behind : list)
        uids.push_back(std::string(storage).append(behind));
    return uids;
}

}  // namespace

std::vector<std::string> classes_of_modality(std::string_view modality)
{
    for (auto const& row : by_modality)
        if (row.modality == modality)
            return with_root(row.classes);
    return {};
}

std::vector<std::string> common_classes()
{
    return with_root(common);
}

std::vector<std::string> usual_syntaxes(std::string_view sop_class)
{
    std::vector<std::string> syntaxes;
    append(syntaxes, uncompressed);
    auto const known = sop_class.starts_with(storage);
    auto const behind = known ? sop_class.substr(storage.size()) : string_view();
    auto const is = [&](string_view components) { return begins_with_component(behind, components); };
    if (!known || (behind != "66" && std::ranges::none_of(without_pixels, is)))
        append(syntaxes, compressed);
    if (behind == "66.4" || behind == "66.7")  // segmentations
        syntaxes.emplace_back(deflated_frames);
    if (known && std::ranges::find(with_video, behind) != std::end(with_video))
        append(syntaxes, video);
    append(syntaxes, rare);
    return syntaxes;
}

}  // namespace pons::upstream::dimse
