#include "config/character_sets.hpp"

#include "config/suggest.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace pons::config {

namespace {

// Specific Character Set (0008,0005), PS3.3 C.12.1.1.2
constexpr std::array<std::string_view, 16> alone{
    "ISO_IR 6",   "ISO_IR 100", "ISO_IR 101", "ISO_IR 109", "ISO_IR 110", "ISO_IR 144", "ISO_IR 127", "ISO_IR 126",
    "ISO_IR 138", "ISO_IR 148", "ISO_IR 13",  "ISO_IR 166", "ISO_IR 192", "ISO_IR 203", "GB18030",    "GBK"};
constexpr std::array<std::string_view, 17> with_escapes{
    "ISO 2022 IR 6",   "ISO 2022 IR 100", "ISO 2022 IR 101", "ISO 2022 IR 109", "ISO 2022 IR 110", "ISO 2022 IR 144",
    "ISO 2022 IR 127", "ISO 2022 IR 126", "ISO 2022 IR 138", "ISO 2022 IR 148", "ISO 2022 IR 13",  "ISO 2022 IR 166",
    "ISO 2022 IR 87",  "ISO 2022 IR 159", "ISO 2022 IR 149", "ISO 2022 IR 58",  "ISO 2022 IR 203"};

// No defined terms, but what archives without Specific Character Set have been seen to use.
constexpr std::array<std::string_view, 14> outside_dicom{
    "windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254", "windows-1255", "windows-1256",
    "windows-1257", "windows-1258", "KOI8-R",       "Big5",         "Shift_JIS",    "EUC-JP",       "EUC-KR"};

bool among(std::span<std::string_view const> list, std::string_view term)
{
    return std::find(list.begin(), list.end(), term) != list.end();
}

}  // namespace

std::string character_set_fault(std::string_view text)
{
    if (among(alone, text))
        return {};
    for (auto rest = text;;) {
        auto const end = rest.find('\\');
        auto const term = rest.substr(0, end);
        // With code extensions the first value may be empty: the default repertoire.
        bool const first_empty = term.empty() && rest.size() == text.size() && end != std::string_view::npos;
        if (!among(with_escapes, term) && !first_empty) {
            std::vector<std::string_view> candidates(alone.begin(), alone.end());
            candidates.insert(candidates.end(), with_escapes.begin(), with_escapes.end());
            auto const near = nearest(term, candidates);
            return "is not a defined term of Specific Character Set; " +
                   (near.empty() ? "write one such as ISO_IR 100, ISO_IR 192 or GB18030"
                                 : "did you mean " + std::string(near) + "?");
        }
        if (end == std::string_view::npos)
            return {};
        rest.remove_prefix(end + 1);
    }
}

std::string any_character_set_fault(std::string_view text)
{
    if (among(outside_dicom, text))
        return {};
    auto const near = nearest(text, outside_dicom);
    return near.empty() ? character_set_fault(text) : "is not known; did you mean " + std::string(near) + "?";
}

std::string sets_named(std::string_view label)
{
    constexpr std::string_view repertoire = "6";  // ASCII, which is part of all others
    std::string all;
    for (auto rest = label;;) {
        auto const end = rest.find('\\');
        auto term = rest.substr(0, end);
        for (std::string_view const prefix : {"ISO 2022 IR ", "ISO_IR "})
            if (term.starts_with(prefix))
                term.remove_prefix(prefix.size());
        if (!term.empty() && term != repertoire)
            all.append(all.empty() ? "" : "\\").append(term);
        if (end == std::string_view::npos)
            return all.empty() ? std::string(repertoire) : all;
        rest.remove_prefix(end + 1);
    }
}

}  // namespace pons::config
