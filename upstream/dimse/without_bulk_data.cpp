#include "upstream/dimse/without_bulk_data.hpp"

#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace pons::upstream::dimse {

namespace {

using mapping::data_set;
using mapping::tag;
using mapping::vr;
using mapping::operator""_vr;
namespace tags = mapping::tags;

constexpr std::string_view waveforms = "1.2.840.10008.5.1.4.1.1.9.";
constexpr std::string_view encapsulated_documents = "1.2.840.10008.5.1.4.1.1.104.";
constexpr std::string_view mr_spectroscopy = "1.2.840.10008.5.1.4.1.1.4.2";

constexpr tag bits_allocated{0x00280100};
constexpr tag bits_stored{0x00280101};
constexpr tag encapsulated_document{0x00420011};
constexpr tag spectroscopy_data{0x56000020};
constexpr tag float_pixel_data{0x7FE00008};
constexpr tag double_float_pixel_data{0x7FE00009};
constexpr tag pixel_data{0x7FE00010};

void add_place(data_set& row, tag t, vr as)
{
    if (row.contains(t))
        return;
    char place[9];
    std::snprintf(place, sizeof place, "%08X", static_cast<unsigned>(t));
    row.add(t, as, {place});
}

/// Float images have Bits Allocated, and none of the other attributes of integer samples (PS3.3 C.7.6.24).
void add_pixels(data_set& row)
{
    auto const allocated = row.text(bits_allocated);
    if (allocated.empty() || row.contains(pixel_data) || row.contains(float_pixel_data) ||
        row.contains(double_float_pixel_data))
        return;
    if (row.contains(bits_stored))
        add_place(row, pixel_data, allocated == "8" ? "OB"_vr : "OW"_vr);
    else if (allocated == "32")
        add_place(row, float_pixel_data, "OF"_vr);
    else if (allocated == "64")
        add_place(row, double_float_pixel_data, "OD"_vr);
}

/// Groups 6000, 6002 … 601E (PS3.3 C.9.2). More than one bit allocated: it lies within the pixels.
void add_overlays(data_set& row)
{
    for (std::uint32_t group = 0x6000; group <= 0x601E; group += 2) {
        auto const of = [&](std::uint32_t element) { return tag{group << 16 | element}; };
        auto const allocated = row.text(of(0x0100));
        if (row.contains(of(0x0010)) && (allocated.empty() || allocated == "1"))
            add_place(row, of(0x3000), "OW"_vr);
    }
}

}  // namespace

std::optional<get_attempt> plan_without_bulk_data(retrieve_request const& request, contents const& known)
{
    get_step step{.storage = {}, .requests = {request}, .without_bulk_data = {known.uids.begin(), known.uids.end()}};
    held_classes classes;
    for (auto const& series : known.series) {
        if (series.classes.empty())
            return std::nullopt;
        classes.insert(series.classes.begin(), series.classes.end());
    }
    for (auto const& [uid, syntaxes] : classes) {
        if (uid.starts_with(waveforms))
            return std::nullopt;
        step.storage.push_back({uid, {uids::explicit_vr_little_endian, uids::implicit_vr_little_endian}, true});
    }
    if (step.without_bulk_data.empty() || step.storage.empty() || step.storage.size() > most_storage_contexts)
        return std::nullopt;
    return get_attempt{std::move(step)};
}

void add_left_out(data_set& row)
{
    std::string const sop_class(row.text(tags::SOPClassUID));
    add_pixels(row);
    add_overlays(row);
    if (sop_class.starts_with(encapsulated_documents))
        add_place(row, encapsulated_document, "OB"_vr);
    if (sop_class == mr_spectroscopy)
        add_place(row, spectroscopy_data, "OF"_vr);
}

void bare_metadata::row(data_set&& one)
{
    add_left_out(one);
    ++rows_;
    to_.row(std::move(one));
}

}  // namespace pons::upstream::dimse
