#include "render/decode.hpp"

#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace pons::render {

namespace {

struct reading {
    std::span<std::byte const> bytes;
    std::size_t at = 0;
};

OPJ_SIZE_T read(void* into, OPJ_SIZE_T size, void* user)
{
    auto& r = *static_cast<reading*>(user);
    auto const now = std::min<std::size_t>(size, r.bytes.size() - r.at);
    if (now == 0)
        return static_cast<OPJ_SIZE_T>(-1);
    std::memcpy(into, r.bytes.data() + r.at, now);
    r.at += now;
    return now;
}

OPJ_OFF_T skip(OPJ_OFF_T size, void* user)
{
    auto& r = *static_cast<reading*>(user);
    if (size < 0)
        return -1;
    r.at += std::min<std::size_t>(static_cast<std::size_t>(size), r.bytes.size() - r.at);
    return size;
}

OPJ_BOOL seek(OPJ_OFF_T to, void* user)
{
    auto& r = *static_cast<reading*>(user);
    if (to < 0 || static_cast<std::size_t>(to) > r.bytes.size())
        return OPJ_FALSE;
    r.at = static_cast<std::size_t>(to);
    return OPJ_TRUE;
}

// Codecs and streams are of one type, void*, so a deleter cannot tell them apart.
struct close_stream {
    void operator()(opj_stream_t* s) const { opj_stream_destroy(s); }
};
struct close_codec {
    void operator()(opj_codec_t* c) const { opj_destroy_codec(c); }
};
struct close_image {
    void operator()(opj_image_t* i) const { opj_image_destroy(i); }
};

using stream_handle = std::unique_ptr<opj_stream_t, close_stream>;
using codec_handle = std::unique_ptr<opj_codec_t, close_codec>;
using image_handle = std::unique_ptr<opj_image_t, close_image>;

/// Some wrap the codestream into a JP2 file, which DICOM does not want (PS3.5 §A.4.4).
bool is_boxed(std::span<std::byte const> bytes)
{
    static constexpr unsigned char box[] = {0, 0, 0, 12, 'j', 'P', ' ', ' '};
    return bytes.size() >= sizeof box && std::memcmp(bytes.data(), box, sizeof box) == 0;
}

std::uint32_t reduced(std::uint32_t size, unsigned by)
{
    return static_cast<std::uint32_t>((std::uint64_t{size} + (1u << by) - 1) >> by);
}

/// Two's complement in as many bytes as are allocated. What the codestream calls unsigned though Pixel Representation
/// says signed has its sign in its own highest bit.
template <class Sample>
void pack(opj_image_t const& from, bool is_signed, std::span<std::byte> to)
{
    auto const parts = from.numcomps;
    auto const columns = from.comps[0].w;
    auto const rows = from.comps[0].h;
    for (OPJ_UINT32 c = 0; c < parts; ++c) {
        auto const& part = from.comps[c];
        bool const extend = is_signed && part.sgnd == 0 && part.prec < 32;
        auto const sign = extend ? std::uint32_t{1} << (part.prec - 1) : 0;
        std::byte* out = to.data() + c * sizeof(Sample);
        for (OPJ_UINT32 y = 0; y < rows; ++y) {
            // A part may have fewer columns and rows than the first: its samples are repeated.
            auto const* const line = part.data + std::size_t{std::min(y * part.h / rows, part.h - 1)} * part.w;
            for (OPJ_UINT32 x = 0; x < columns; ++x, out += parts * sizeof(Sample)) {
                auto value = static_cast<std::uint32_t>(line[part.w == columns ? x : x * part.w / columns]);
                value = (value ^ sign) - sign;
                auto const sample = static_cast<Sample>(value);
                std::memcpy(out, &sample, sizeof sample);
            }
        }
    }
}

bool fits(opj_image_t const& got, image const& of, std::uint32_t columns, std::uint32_t rows)
{
    if (got.numcomps != of.samples || got.comps[0].w != columns || got.comps[0].h != rows)
        return false;
    return std::all_of(got.comps, got.comps + got.numcomps, [&](opj_image_comp_t const& c) {
        return c.data != nullptr && c.w > 0 && c.h > 0 && c.w <= columns && c.h <= rows && c.prec > 0 &&
               c.prec <= of.bits_allocated;
    });
}

}  // namespace

result<void> decode_jpeg_2000(image const& of, std::span<std::byte const> stored, decoded& to, unsigned reduce)
{
    auto const wrong = fail(errc::malformed, "PixelData (7FE0,0010)");
    if (of.bits_allocated != 8 && of.bits_allocated != 16 && of.bits_allocated != 32)
        return fail(errc::unsupported_syntax, "BitsAllocated (0028,0100)");

    reading from{stored};
    stream_handle const stream(opj_stream_create(64 * 1024, OPJ_TRUE));
    codec_handle const codec(opj_create_decompress(is_boxed(stored) ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K));
    if (!stream || !codec)
        return fail(errc::out_of_memory);
    opj_stream_set_user_data(stream.get(), &from, nullptr);
    opj_stream_set_user_data_length(stream.get(), stored.size());
    opj_stream_set_read_function(stream.get(), read);
    opj_stream_set_skip_function(stream.get(), skip);
    opj_stream_set_seek_function(stream.get(), seek);

    opj_dparameters_t parameters;
    opj_set_default_decoder_parameters(&parameters);
    parameters.cp_reduce = reduce;
    if (!opj_setup_decoder(codec.get(), &parameters))
        return wrong;
    opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE);
    opj_image_t* raw = nullptr;
    auto const header = opj_read_header(stream.get(), codec.get(), &raw);
    image_handle const got(raw);
    if (!header || !got) {
        // Asked for less resolution than there is.
        if (reduce > 0)
            return decode_jpeg_2000(of, stored, to, 0);
        return wrong;
    }
    // Before memory is taken for what the codestream says of itself.
    if (got->numcomps != of.samples || got->x1 - got->x0 != of.columns || got->y1 - got->y0 != of.rows)
        return wrong;
    if (!opj_decode(codec.get(), stream.get(), got.get()))
        return wrong;

    to.columns = reduced(of.columns, reduce);
    to.rows = reduced(of.rows, reduce);
    if (!fits(*got, of, to.columns, to.rows))
        return wrong;
    to.pixels.resize(std::size_t{to.rows} * to.columns * of.samples * (of.bits_allocated / 8));
    if (of.bits_allocated == 8)
        pack<std::uint8_t>(*got, of.is_signed, to.pixels);
    else if (of.bits_allocated == 16)
        pack<std::uint16_t>(*got, of.is_signed, to.pixels);
    else
        pack<std::uint32_t>(*got, of.is_signed, to.pixels);
    if (to.photometric == "YBR_ICT" || to.photometric == "YBR_RCT")
        to.photometric = "RGB";
    if (to.photometric == "YBR_FULL_422" || to.photometric == "YBR_PARTIAL_420" || to.photometric == "YBR_PARTIAL_422")
        to.photometric = "YBR_FULL";
    return {};
}

}  // namespace pons::render
