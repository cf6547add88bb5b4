#include "config/forms.hpp"

#include "config/character_sets.hpp"
#include "config/hours.hpp"
#include "config/presets.hpp"
#include "config/suggest.hpp"
#include "config/url.hpp"
#include "config/web_addresses.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

namespace pons::config {

namespace {

bool control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool visible_ascii(char c)
{
    return c > 0x20 && c < 0x7f;
}

bool alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::string text_fault(std::string_view text)
{
    if (std::any_of(text.begin(), text.end(), control))
        return "holds a control character or line break; write one line of text";
    return {};
}

std::string modality_fault(std::string_view text)
{
    auto const fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    if (text.empty() || text.size() > 16 || !std::all_of(text.begin(), text.end(), fits))
        return "is not a modality; write its code in capitals, such as CT or MG (PS3.3 C.7.3.1.1.1)";
    return {};
}

std::string token_fault(std::string_view text)
{
    if (!std::all_of(text.begin(), text.end(), visible_ascii))
        return "holds spaces or characters beyond ASCII; write the token alone, without the word Bearer";
    return {};
}

std::string user_fault(std::string_view text)
{
    if (text.find(':') != std::string_view::npos)
        return "holds a colon, which basic credentials cannot carry; write the user here and the password in password";
    return text_fault(text);
}

std::string key_fault(std::string_view text)
{
    if (text.size() < 16)
        return "is shorter than 16 characters; make one with: openssl rand -base64 32";
    return {};
}

std::string name_fault(std::string_view text)
{
    auto const fits = [](char c) { return alphanumeric(c) || c == '-'; };
    if (text.empty() || text.size() > 40 || !std::all_of(text.begin(), text.end(), fits))
        return "does not fit; write 1 to 40 letters, digits and hyphens";
    return {};
}

std::string host_fault(std::string_view text)
{
    if (text.find("://") != std::string_view::npos)
        return "is a URL; write the host alone";
    if (!is_host(text))
        return "is not a host; write a host name or an IP address, without port and brackets";
    return {};
}

std::string uri_fault(std::string_view text)
{
    auto const colon = text.find(':');
    bool const scheme = colon != std::string_view::npos && colon > 0 && colon + 1 < text.size() &&
                        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                                    [](char c) { return alphanumeric(c) || c == '+' || c == '-' || c == '.'; });
    if (!scheme || !std::all_of(text.begin(), text.end(), visible_ascii))
        return "is not an absolute URI; write one such as urn:oid:1.2.3.4 or https://hospital.example/mrn";
    return {};
}

std::string ae_title_fault(std::string_view text)
{
    auto const fits = [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; };
    if (text.empty() || text.size() > 16 || !std::all_of(text.begin(), text.end(), fits))
        return R"(is not an AE title; write 1 to 16 ASCII characters, without \ and control characters)";
    if (text.front() == ' ' || text.back() == ' ')
        return "begins or ends with a space, which AE titles do not keep; leave it out";
    return {};
}

std::string dicom_text_fault(std::string_view text, std::size_t longest)
{
    auto const characters = static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
    if (characters > longest)
        return "is too long for its DICOM attribute; write at most " + std::to_string(longest) + " characters";
    if (text.find('\\') != std::string_view::npos)
        return R"(holds a \, which separates values in DICOM; leave it out)";
    return text_fault(text);
}

std::string media_type_fault(std::string_view text)
{
    auto const slash = text.find('/');
    auto const printable = [](char c) { return c >= 0x20 && c < 0x7f; };
    if (slash == 0 || slash == std::string_view::npos || slash + 1 == text.size() ||
        !std::all_of(text.begin(), text.end(), printable))
        return "is not a media type; write one such as application/dicom+json";
    return {};
}

std::string time_zone_fault(std::string_view text)
{
    try {
        auto const& zones = date::get_tzdb().zones;
        try {
            (void)date::locate_zone(text);
            return {};
        } catch (std::runtime_error const&) {
            std::vector<std::string_view> names;
            for (auto const& zone : zones)
                names.push_back(zone.name());
            auto const near = nearest(text, names);
            return "is not in the IANA time zone database; " + (near.empty()
                                                                    ? "write a name such as Europe/Vienna or UTC"
                                                                    : "did you mean " + std::string(near) + "?");
        }
    } catch (std::exception const&) {
        return "cannot be looked up, as this machine has no time zone database; install the package tzdata";
    }
}

std::string hours_fault(std::string_view text)
{
    auto const read = config::hours::parse(text);
    return read ? std::string() : read.error();
}

std::string file_fault(std::string_view text)
{
    std::filesystem::path const path(text);
    std::error_code error;
    auto const status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status))
        return "does not exist; create it, or correct the path";
    if (!std::filesystem::is_regular_file(status))
        return "is not an ordinary file; name one";
    if (!std::ifstream(path))
        return "cannot be read; check its permissions";
    return {};
}

std::string choice_fault(std::string_view text, std::span<std::string_view const> choices)
{
    if (std::find(choices.begin(), choices.end(), text) != choices.end())
        return {};
    auto const near = nearest(text, choices);
    return "is not known; " + (near.empty() ? "write " : "did you mean " + std::string(near) + "? Write ") +
           one_of(choices);
}

std::string version_fault(std::string_view text)
{
    constexpr std::array<std::string_view, 5> known{"R4", "R4B", "R5", "STU3", "DSTU2"};
    if (text == "R4")
        return {};
    if (std::find(known.begin(), known.end(), text) != known.end())
        return "is not answered by this version of Pons; write R4";
    return "is not a FHIR version; write R4 (R4B, R5, STU3 and DSTU2 are known too, but not answered by this version)";
}

}  // namespace

namespace forms {

form const text{"text", "", text_fault};
form const secret{"secret text", "", text_fault, false};
form const bearer_token{"secret text", "", token_fault, false};
form const user{"text", "no colon", user_fault, false};
form const sealing_key{"secret text", "16 characters or more", key_fault, false};
form const name{"name", "1 to 40 letters, digits and hyphens", name_fault};
form const source{"name", "sources that exist", name_fault};
form const modality{"codes", "1 to 16 capitals and digits", modality_fault};
form const host{"host", "a name or an IP address", host_fault};
form const base_url{"URL", "http or https, no slash at the end", base_url_fault, false};
form const web_origin{"origins", "scheme, host and port, or `*`", web_origin_fault};
form const viewer_url{"URL", "holds `{study_uids}`", viewer_url_fault, false};
form const uri{"URI", "absolute", uri_fault};
form const ae_title{"AE title", "1 to 16 characters", ae_title_fault};
form const short_text{"text", "at most 16 characters", [](std::string_view t) { return dicom_text_fault(t, 16); }};
form const long_text{"text", "at most 64 characters", [](std::string_view t) { return dicom_text_fault(t, 64); }};
form const character_set{"character set", "terms of (0008,0005)", character_set_fault};
form const any_character_set{"character set", "terms of (0008,0005), windows-1252 and the like",
                             any_character_set_fault};
form const media_type{"media type", "", media_type_fault};
form const time_zone{"time zone", "an IANA name", time_zone_fault};
form const hours{"hours", "`06:00-22:00`", hours_fault};
form const search_key{"keywords", "attributes of studies", [](std::string_view t) {
                          constexpr std::array<std::string_view, 9> keys{
                              "PatientID",        "PatientName", "PatientBirthDate", "AccessionNumber",
                              "StudyInstanceUID", "StudyDate",   "StudyID",          "ReferringPhysicianName",
                              "ModalitiesInStudy"};
                          return choice_fault(t, keys);
                      }};
form const readable_file{"file", "can be read", file_fault};
form const preset{"name", "a preset below", [](std::string_view t) { return choice_fault(t, preset_names()); }};
form const log_level{"name", "debug, info, warning or error", [](std::string_view t) {
                         constexpr std::array<std::string_view, 4> levels{"debug", "info", "warning", "error"};
                         return choice_fault(t, levels);
                     }};
form const fhir_version{"name", "R4", version_fault};

}  // namespace forms

}  // namespace pons::config
