#include "proxy/dicomweb/pixel_form.hpp"

#include "proxy/dicomweb/store_source.hpp"
#include "upstream/dicomweb/media_type.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace pons::proxy::dicomweb {

namespace {

using mapping::data_set;
using mapping::image_head;
using mapping::image_look;
using mapping::tag;
using mapping::operator""_vr;

enum class stream { jpeg, jpeg_2000, opaque };

struct family {
    std::array<std::string_view, 3> media_types;
    stream kind;
    bool one_fragment;
    bool video;
    std::string_view otherwise;  ///< the transfer syntax where none is said and the stream does not show it
    std::array<std::string_view, 14> syntaxes;
};

// PS3.18 Table 8.7.3-5, and what browsers and tools call the same.
constexpr std::array families{
    family{{"image/jpeg", "image/jpg", "image/pjpeg"},
           stream::jpeg,
           false,
           false,
           {},
           {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"}},
    family{{"image/jls", "image/x-jls"},
           stream::jpeg,
           false,
           false,
           {},
           {"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"}},
    family{{"image/jp2", "image/j2c", "image/j2k"},
           stream::jpeg_2000,
           false,
           false,
           {},
           {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"}},
    family{{"image/jphc", "image/jph"},
           stream::jpeg_2000,
           false,
           false,
           {},
           {"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"}},
    family{{"image/jxl"},
           stream::opaque,
           false,
           false,
           {},
           {"1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112"}},
    family{{"image/dicom-rle", "image/x-dicom-rle"},
           stream::opaque,
           true,
           false,
           "1.2.840.10008.1.2.5",
           {"1.2.840.10008.1.2.5"}},
    family{{"video/mpeg", "video/mpeg2"},
           stream::opaque,
           true,
           true,
           "1.2.840.10008.1.2.4.100",
           {"1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.100.1", "1.2.840.10008.1.2.4.101",
            "1.2.840.10008.1.2.4.101.1"}},
    family{
        {"video/mp4", "video/h264"},
        stream::opaque,
        true,
        true,
        "1.2.840.10008.1.2.4.102",
        {"1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.102.1", "1.2.840.10008.1.2.4.103", "1.2.840.10008.1.2.4.103.1",
         "1.2.840.10008.1.2.4.104", "1.2.840.10008.1.2.4.104.1", "1.2.840.10008.1.2.4.105", "1.2.840.10008.1.2.4.105.1",
         "1.2.840.10008.1.2.4.106", "1.2.840.10008.1.2.4.106.1", "1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108"}},
    family{{"video/h265", "video/hevc"},
           stream::opaque,
           true,
           true,
           "1.2.840.10008.1.2.4.107",
           {"1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108"}},
};

constexpr std::string_view explicit_le = "1.2.840.10008.1.2.1";

/// Those whose pixel data is as it is in Explicit VR Little Endian.
constexpr std::array<std::string_view, 3> native{"1.2.840.10008.1.2", explicit_le, "1.2.840.10008.1.2.1.99"};

bool has(std::span<std::string_view const> all, std::string_view one)
{
    return !one.empty() && std::ranges::find(all, one) != all.end();
}

family const* family_of(std::string_view content_type)
{
    for (auto const& f : families)
        for (auto const type : f.media_types)
            if (!type.empty() && upstream::dicomweb::is_media_type(content_type, type))
                return &f;
    return nullptr;
}

family const* family_with(std::string_view syntax)
{
    auto const* const found = std::ranges::find_if(families, [&](family const& f) { return has(f.syntaxes, syntax); });
    return found == families.end() ? nullptr : found;
}

/// What the metadata says of Pixel Data, and what must be said (PS3.3 §C.7.6.3).
constexpr tag samples_per_pixel{0x00280002};
constexpr tag photometric_interpretation{0x00280004};
constexpr tag planar_configuration{0x00280006};
constexpr tag rows{0x00280010};
constexpr tag columns{0x00280011};
constexpr tag bits_allocated{0x00280100};
constexpr tag bits_stored{0x00280101};
constexpr tag high_bit{0x00280102};
constexpr tag pixel_representation{0x00280103};
constexpr tag lossy_image_compression{0x00282110};

std::uint64_t number_in(data_set const& set, tag t, std::uint64_t otherwise)
{
    auto const text = set.text(t);
    std::uint64_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void add_number(data_set& to, tag t, std::uint64_t value)
{
    if (!to.contains(t))
        to.add_one(t, "US"_vr, std::to_string(value));
}

/// False when the attributes say otherwise.
bool add_description(data_set& set, image_head const& image)
{
    add_number(set, samples_per_pixel, image.samples);
    if (!set.contains(photometric_interpretation))
        set.add_one(photometric_interpretation, "CS"_vr, image.photometric_interpretation);
    if (image.samples > 1)
        add_number(set, planar_configuration, 0);
    add_number(set, rows, image.rows);
    add_number(set, columns, image.columns);
    add_number(set, bits_allocated, image.bits <= 8 ? 8 : 16);
    add_number(set, bits_stored, image.bits);
    add_number(set, high_bit, number_in(set, bits_stored, image.bits) - 1);
    add_number(set, pixel_representation, image.is_signed ? 1 : 0);
    if (image.lossy && !set.contains(lossy_image_compression))
        set.add_one(lossy_image_compression, "CS"_vr, "01");
    return number_in(set, rows, 0) == image.rows && number_in(set, columns, 0) == image.columns &&
           number_in(set, samples_per_pixel, 0) == image.samples;
}

/// The length of native pixel data, without padding.
std::uint64_t native_size(data_set const& set)
{
    auto const samples = number_in(set, rows, 0) * number_in(set, columns, 0) * number_in(set, samples_per_pixel, 0) *
                         number_in(set, mapping::tags::NumberOfFrames, 1);
    // Chrominance of one pixel for two (PS3.3 §C.7.6.3.1.2).
    bool const halved = set.text(photometric_interpretation) == "YBR_FULL_422";
    auto const bits = samples * number_in(set, bits_allocated, 0);
    return ((halved ? bits / 3 * 2 : bits) + 7) / 8;
}

}  // namespace

bool is_compressed(std::string_view content_type)
{
    return family_of(content_type) || upstream::dicomweb::is_media_type(content_type, "image/png") ||
           upstream::dicomweb::is_media_type(content_type, "image/gif");
}

std::optional<found_form> form_of(std::string_view content_type, std::string_view said, std::string_view beginning,
                                  bool whole)
{
    auto const refused = [](std::uint16_t reason) { return std::optional<found_form>(tl::unexpected(reason)); };
    auto const named = upstream::dicomweb::media_type_parameter(content_type, "transfer-syntax").value_or("");
    bool const octets =
        content_type.empty() || upstream::dicomweb::is_media_type(content_type, "application/octet-stream");
    std::string_view syntax = named.empty() ? said : named;
    auto const* const of = octets ? family_with(syntax) : family_of(content_type);
    if (!of) {
        if (!octets || (!syntax.empty() && !has(native, syntax)))
            return refused(store_failure::transfer_syntax);
        return found_form(pixel_form{.transfer_syntax_uid = std::string(explicit_le), .image = {}});
    }
    if (!has(of->syntaxes, syntax)) {
        if (!named.empty())
            return refused(store_failure::does_not_match);
        syntax = {};
    }
    pixel_form form{.transfer_syntax_uid = {},
                    .encapsulated = true,
                    .one_fragment = of->one_fragment,
                    .video = of->video,
                    .image = {}};
    if (of->kind != stream::opaque) {
        image_head image;
        auto const bytes = std::as_bytes(std::span(beginning));
        auto const look = of->kind == stream::jpeg ? look_at_jpeg(bytes, image) : look_at_jpeg_2000(bytes, image);
        if (look == image_look::more && !whole && beginning.size() < longest_head)
            return {};
        if (look != image_look::found)
            return refused(store_failure::transfer_syntax);
        if (syntax.empty())
            syntax = image.transfer_syntax_uid;
        if (!may_be(image, syntax) || !has(of->syntaxes, syntax))
            return refused(store_failure::does_not_match);
        form.image = image;
    }
    if (syntax.empty())
        syntax = of->otherwise;
    if (syntax.empty())
        return refused(store_failure::transfer_syntax);
    // 1.2.840.10008.1.2.4.100.1 and its like are the fragmentable ones.
    form.one_fragment = of->one_fragment && !syntax.ends_with(".1");
    form.transfer_syntax_uid = syntax;
    return found_form(std::move(form));
}

std::uint16_t complete_pixel_description(data_set& set, pixel_form const& form, std::optional<std::uint64_t> size)
{
    constexpr std::array required{
        samples_per_pixel, photometric_interpretation, rows, columns, bits_allocated, bits_stored,
        high_bit,          pixel_representation};
    if (form.image && !add_description(set, *form.image))
        return store_failure::does_not_match;
    for (auto const t : required)
        if (set.text(t).empty())
            return store_failure::does_not_match;
    if (form.encapsulated && !form.video && number_in(set, mapping::tags::NumberOfFrames, 1) != 1)
        return store_failure::does_not_match;
    auto const expected = native_size(set);
    if (!form.encapsulated && size && *size != expected && *size != expected + expected % 2)
        return store_failure::does_not_match;
    return 0;
}

}  // namespace pons::proxy::dicomweb
