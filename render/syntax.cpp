#include "render/syntax.hpp"

#include <algorithm>
#include <iterator>

namespace pons::render {

namespace {

using mapping::encoding;

constexpr auto le = encoding::explicit_le;
constexpr std::string_view octets = "application/octet-stream";

// clang-format off
constexpr syntax table[] = {
    {"1.2.840.10008.1.2",       encoding::implicit_le, false, codec::native, octets, {}},
    {"1.2.840.10008.1.2.1",     le,                    false, codec::native, octets, {}},
    {"1.2.840.10008.1.2.1.99",  le,                    true,  codec::native, octets, {}},
    {"1.2.840.10008.1.2.2",     encoding::explicit_be, false, codec::native, octets, {}},
    {"1.2.840.10008.1.2.5",     le, false, codec::rle,       "image/dicom-rle", {}},
    {"1.2.840.10008.1.2.8.1",   le, false, codec::deflate,   octets, {}},
    {"1.2.840.10008.1.2.4.50",  le, false, codec::jpeg,      "image/jpeg", "ISO_10918_1"},
    {"1.2.840.10008.1.2.4.51",  le, false, codec::jpeg,      "image/jpeg", "ISO_10918_1"},
    {"1.2.840.10008.1.2.4.53",  le, false, codec::jpeg,      "image/jpeg", "ISO_10918_1"},
    {"1.2.840.10008.1.2.4.55",  le, false, codec::jpeg,      "image/jpeg", "ISO_10918_1"},
    {"1.2.840.10008.1.2.4.57",  le, false, codec::jpeg,      "image/jpeg", {}},
    {"1.2.840.10008.1.2.4.70",  le, false, codec::jpeg,      "image/jpeg", {}},
    {"1.2.840.10008.1.2.4.80",  le, false, codec::jpeg_ls,   "image/jls", {}},
    {"1.2.840.10008.1.2.4.81",  le, false, codec::jpeg_ls,   "image/jls", "ISO_14495_1"},
    {"1.2.840.10008.1.2.4.90",  le, false, codec::jpeg_2000, "image/jp2", {}},
    {"1.2.840.10008.1.2.4.91",  le, false, codec::jpeg_2000, "image/jp2", {}},
    {"1.2.840.10008.1.2.4.92",  le, false, codec::other,     "image/jpx", {}},
    {"1.2.840.10008.1.2.4.93",  le, false, codec::other,     "image/jpx", {}},
    {"1.2.840.10008.1.2.4.110", le, false, codec::other,     "image/jxl", {}},
    {"1.2.840.10008.1.2.4.111", le, false, codec::other,     "image/jxl", {}},
    {"1.2.840.10008.1.2.4.112", le, false, codec::other,     "image/jxl", {}},
    {"1.2.840.10008.1.2.4.201", le, false, codec::jpeg_2000, "image/jphc", {}},
    {"1.2.840.10008.1.2.4.202", le, false, codec::jpeg_2000, "image/jphc", {}},
    {"1.2.840.10008.1.2.4.203", le, false, codec::jpeg_2000, "image/jphc", {}},
};
// clang-format on

constexpr std::string_view videos[] = {
    "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.101", "1.2.840.10008.1.2.4.102",
    "1.2.840.10008.1.2.4.103", "1.2.840.10008.1.2.4.104", "1.2.840.10008.1.2.4.105",
    "1.2.840.10008.1.2.4.106", "1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108",
};

/// Fragmentable forms of the video syntaxes are the UID with ".1" (PS3.5 §10.24 and following).
bool is_video(std::string_view uid)
{
    return std::ranges::any_of(
        videos, [uid](std::string_view v) { return uid == v || (uid.starts_with(v) && uid.substr(v.size()) == ".1"); });
}

}  // namespace

syntax syntax_of(std::string_view uid)
{
    auto const row = std::ranges::find(table, uid, &syntax::uid);
    if (row != std::end(table))
        return *row;
    syntax unknown;
    unknown.uid = uid;
    unknown.one_stream = is_video(uid);
    if (unknown.one_stream)
        unknown.media_type = "video/mp4";
    return unknown;
}

bool is_never_decoded(std::string_view uid)
{
    auto const row = std::ranges::find(table, uid, &syntax::uid);
    return row == std::end(table) ? is_video(uid) : row->codec == codec::other;
}

}  // namespace pons::render
