#include "mapping/codecs/identifier.hpp"

#include "mapping/codecs/folding.hpp"

#include <algorithm>

namespace pons::mapping::codecs {

namespace {

constexpr std::size_t max_key_bytes = 1024;

constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
constexpr bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool is_uuid(std::string_view text)
{
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i != text.size(); ++i) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex(text[i]))
            return false;
    }
    return true;
}

/// An absolute URI as far as FHIR's uri needs it: a scheme, and nothing blank.
bool is_uri(std::string_view text)
{
    auto colon = text.find(':');
    return colon != text.npos && colon != 0 && colon + 1 != text.size() && is_letter(text[0]) &&
           std::ranges::all_of(
               text.substr(0, colon),
               [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; }) &&
           std::ranges::none_of(text, [](char c) { return c == ' ' || is_control(c); });
}

/// Bytes of the first `count` characters of valid UTF-8.
std::size_t bytes_of(std::string_view utf8, std::size_t count)
{
    std::size_t at = 0;
    for (; at != utf8.size(); ++at) {
        bool begins = (static_cast<unsigned char>(utf8[at]) & 0xC0) != 0x80;
        if (begins && count-- == 0)
            break;
    }
    return at;
}

bool is_utf8(std::string_view text)
{
    folded_reader in({&text, 1}, folding::none);
    for (auto c = in.next(); c != folded_reader::end; c = in.next())
        if (c >= 0xD800 && c <= 0xDFFF)
            return false;
    return true;
}

}  // namespace

issuer to_issuer(data_set const& item)
{
    return to_issuer(item.text(tags::UniversalEntityID), item.text(tags::UniversalEntityIDType),
                     item.text(tags::LocalNamespaceEntityID));
}

issuer to_issuer(std::string_view universal_id, std::string_view universal_type, std::string_view local_namespace)
{
    issuer i;
    i.assigner_display = local_namespace;
    if (universal_type == "ISO" && is_uid(universal_id))
        i.system = urn_of_uid(universal_id);
    else if (universal_type == "UUID" && is_uuid(universal_id))
        i.system = {urn_uuid, universal_id};
    else if (universal_type == "URI" && is_uri(universal_id))
        i.system = {universal_id, {}};
    else if (i.assigner_display.empty())
        i.assigner_display = universal_id;
    return i;
}

data_set to_item(issuer const& i)
{
    data_set item;
    if (!i.assigner_display.empty())
        item.add(tags::LocalNamespaceEntityID, i.assigner_display);
    if (i.system.empty())
        return item;
    auto system = i.system.str();
    std::string_view id = system;
    std::string_view type = "URI";
    if (auto uid = uid_of_urn(system)) {
        id = *uid;
        type = "ISO";
    } else if (id.starts_with(urn_uuid) && is_uuid(id.substr(urn_uuid.size()))) {
        id.remove_prefix(urn_uuid.size());
        type = "UUID";
    }
    item.add(tags::UniversalEntityID, id);
    item.add(tags::UniversalEntityIDType, type);
    return item;
}

bool is_uid(std::string_view text)
{
    if (text.empty() || text.size() > 64)
        return false;
    char before = '.';
    bool zero = false;  // the component is 0, and ends here
    for (char c : text) {
        bool begins = before == '.';
        before = c;
        if (is_digit(c) ? zero : c != '.' || begins)
            return false;
        zero = begins && c == '0';
    }
    return before != '.';
}

bool is_fhir_id(std::string_view text)
{
    return !text.empty() && text.size() <= 64 &&
           std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.'; });
}

std::optional<std::string_view> uid_of_urn(std::string_view urn)
{
    if (!urn.starts_with(urn_oid) || !is_uid(urn.substr(urn_oid.size())))
        return std::nullopt;
    return urn.substr(urn_oid.size());
}

text_key to_text_key(std::string_view value, std::size_t max_characters, bool wildcards)
{
    value = trim(value, "LO"_vr);
    if (value.empty() || value.size() > max_key_bytes || value == "\"\"" ||
        std::ranges::any_of(value, [](char c) { return c == '\\' || is_control(c); }) || !is_utf8(value))
        return {};
    if (value.find_first_not_of("*?") == value.npos)
        return {text_key::kind::everything, {}};
    text_key key{text_key::kind::exact, std::string(value)};
    if (wildcards && bytes_of(value, max_characters) != value.size()) {
        key.text.resize(bytes_of(value, max_characters - 1));
        key.text.push_back('*');
    }
    if (wildcards && key.text.find_first_of("*?") != std::string::npos)
        key.what = text_key::kind::superset;
    return key;
}

}  // namespace pons::mapping::codecs
