#include "tests/support/oracle_words.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace pons::test::judging {

std::vector<std::string> cut(std::string const& value, char at)
{
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\\' && i + 1 < value.size()) {
            parts.back() += value[i++];
            parts.back() += value[i];
        } else if (value[i] == at) {
            parts.emplace_back();
        } else {
            parts.back() += value[i];
        }
    }
    return parts;
}

std::optional<std::string> plain(std::string const& escaped)
{
    std::string out;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        if (escaped[i] == '\\' &&
            (++i == escaped.size() || std::string_view("\\|,$").find(escaped[i]) == std::string_view::npos))
            return {};
        out += escaped[i];
    }
    return out;
}

std::optional<asked_token> read_token(std::string const& value, bool of_type)
{
    auto const raw = cut(value, '|');
    std::vector<std::string> parts;
    for (auto const& one : raw) {
        auto text = plain(one);
        if (!text)
            return {};
        parts.push_back(*text);
    }
    asked_token t;
    if (of_type) {
        if (parts.size() != 3 || std::ranges::count(raw, "") != 0)
            return {};
        t.type.emplace(parts[0], parts[1]);
        t.code = parts[2];
        return t;
    }
    if (parts.size() > 2)
        return {};
    if (parts.size() == 2)
        t.system = parts[0];
    t.code = parts.back();
    if (t.code.empty() && t.system.value_or("").empty())
        return {};
    return t;
}

std::optional<asked_reference> read_reference(std::string const& value, std::string const& type,
                                              std::string const& base)
{
    auto text = plain(value);
    if (!text || text->empty())
        return {};
    std::string_view rest = *text;
    if (rest.starts_with("http://") || rest.starts_with("https://") || rest.starts_with("urn:")) {
        if (!rest.starts_with(base + "/"))
            return asked_reference{.type = {}, .id = {}, .here = false};
        rest.remove_prefix(base.size() + 1);
        if (rest.starts_with("r4/"))
            rest.remove_prefix(3);
    }
    rest = rest.substr(0, rest.find("/_history/"));
    asked_reference r;
    r.type = type;
    // A type is a capitalised word; what stands before another slash belongs to an id.
    auto const slash = rest.find('/');
    auto const head = rest.substr(0, std::min(slash, rest.size()));
    bool const typed =
        !head.empty() && head.front() >= 'A' && head.front() <= 'Z' &&
        std::ranges::all_of(head, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
    if (typed && slash != rest.npos) {
        r.type = rest.substr(0, slash);
        rest.remove_prefix(slash + 1);
        r.here = type.empty() || type == r.type;
    }
    r.id = rest;
    return r;
}

bool fits(asked_token const& t, said_code const& said)
{
    if (t.system && *t.system != said.system)
        return false;
    if (t.code.empty())
        return true;
    // A UID is the same object with and without "urn:oid:".
    return !said.code.empty() &&
           (t.code == said.code || (said.system == "urn:ietf:rfc:3986" && said.code.starts_with("urn:oid:") &&
                                    "urn:oid:" + t.code == said.code));
}

bool fits(asked_token const& t, said_identifier const& said, mapping::source_facts const& source)
{
    if (t.type && (!said.accession || t.type->first != "http://terminology.hl7.org/CodeSystem/v2-0203" ||
                   t.type->second != "ACSN"))
        return false;
    if (t.system && *t.system != said.system)
        return false;
    if (t.code.empty() || t.code == said.value || (!said.bare.empty() && t.code == said.bare))
        return true;
    return said.accession && same_accession(t.code, said.value, source.accession);
}

bool fits_uid(asked_token const& t, std::string const& uid)
{
    static std::set<std::string> const systems{"", "urn:dicom:uid", "urn:ietf:rfc:3986"};
    return systems.contains(t.system.value_or("")) && (t.code.empty() || t.code == uid || t.code == "urn:oid:" + uid);
}

}  // namespace pons::test::judging
