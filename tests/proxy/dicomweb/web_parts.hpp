#pragma once

#include "mapping/dicom_stream.hpp"
#include "tests/proxy/dicomweb/store_face.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

/// Metadata and bulk data as clients of STOW-RS send them, and what became of them.
namespace pons::test::web {

using namespace std::string_literals;

inline constexpr auto metadata_type = R"(multipart/related; type="application/dicom+json"; boundary=edge)";
inline constexpr auto secondary_capture = "1.2.840.10008.5.1.4.1.1.7";
inline constexpr auto studies = "/dicomweb/studies";

inline json vr_of(char const* vr, json values)
{
    return {{"vr", vr}, {"Value", std::move(values)}};
}

inline json instance(std::string const& uid, std::string const& study = "1.5")
{
    return {{"00080016", vr_of("UI", {secondary_capture})},
            {"00080018", vr_of("UI", {uid})},
            {"0020000D", vr_of("UI", {study})},
            {"0020000E", vr_of("UI", {study + ".1"})}};
}

inline json with(json row, char const* tag, char const* vr, std::string const& uri)
{
    row[tag] = {{"vr", vr}, {"BulkDataURI", uri}};
    return row;
}

inline json photo(std::string const& uid, std::string const& uri = "")
{
    return with(instance(uid), "7FE00010", "OB", uri.empty() ? "photo/" + uid : uri);
}

inline json raw_pixels(std::string const& uid, int rows, int columns)
{
    auto row = with(instance(uid), "7FE00010", "OW", "raw/" + uid);
    row["00280002"] = vr_of("US", {1});
    row["00280004"] = vr_of("CS", {"MONOCHROME2"});
    row["00280010"] = vr_of("US", {rows});
    row["00280011"] = vr_of("US", {columns});
    row["00280100"] = vr_of("US", {8});
    row["00280101"] = vr_of("US", {8});
    row["00280102"] = vr_of("US", {7});
    row["00280103"] = vr_of("US", {0});
    return row;
}

struct part {
    std::string location;
    std::string type;
    std::string bytes;
    bool says_length = false;
};

inline std::string body_of(std::string const& metadata, std::vector<part> const& parts,
                           std::string const& type = "application/dicom+json")
{
    auto body = "--edge\r\nContent-Type: " + type + "\r\n\r\n" + metadata + "\r\n";
    for (auto const& p : parts) {
        body += "--edge\r\nContent-Type: " + p.type + "\r\nContent-Location: " + p.location + "\r\n";
        if (p.says_length)
            body += "Content-Length: " + std::to_string(p.bytes.size()) + "\r\n";
        body += "\r\n" + p.bytes + "\r\n";
    }
    return body + "--edge--\r\n";
}

inline std::string body_of(json const& metadata, std::vector<part> const& parts)
{
    return body_of(metadata.dump(), parts);
}

/// 640 × 480 in three colours, as a camera would say it.
inline std::string jpeg(std::size_t size = 1000, char process = '\xC0')
{
    auto all = "\xFF\xD8\xFF"s + process + "\0\x11\x08\x01\xE0\x02\x80\3\1\x22\0\2\x11\0\3\x11\0"s +
               "\xFF\xDA\0\x0C\3\1\0\2\0\3\0\0\x3F\0"s;
    all.resize(size - 2, 'j');
    return all + "\xFF\xD9";
}

inline std::string number(std::size_t n)
{
    return {static_cast<char>(n), static_cast<char>(n >> 8), static_cast<char>(n >> 16), static_cast<char>(n >> 24)};
}

inline std::string item(std::string bytes)
{
    bytes.resize(bytes.size() + bytes.size() % 2, '\0');
    return "\xFE\xFF\x00\xE0"s + number(bytes.size()) + bytes;
}

inline std::string encapsulated(std::vector<std::string> const& fragments)
{
    auto all = "\xE0\x7F\x10\0OB\0\0\xFF\xFF\xFF\xFF"s + item("");
    for (auto const& each : fragments)
        all += item(each);
    return all + "\xFE\xFF\xDD\xE0\0\0\0\0"s;
}

inline mapping::data_set data_set_in(keeping_archive::state const& kept, std::size_t n = 0)
{
    auto const bytes = std::as_bytes(std::span(kept.files[n])).subspan(kept.heads[n].data_set_offset);
    auto set = mapping::read_data_set(bytes, mapping::encoding::explicit_le, "", {.size = 1 << 30, .everything = true});
    REQUIRE(set.has_value());
    return std::move(*set);
}

}  // namespace pons::test::web
