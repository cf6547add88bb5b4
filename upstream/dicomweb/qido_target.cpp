#include "upstream/dicomweb/qido_target.hpp"

#include "upstream/dicomweb/origin.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

namespace pons::upstream::dicomweb {

namespace {

using mapping::find_request;
using mapping::key;
using mapping::level;
using mapping::tag;
namespace tags = mapping::tags;

constexpr bool is_unreserved(char c)  // RFC 3986 §2.3
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

/// What may stand in a query as it is (RFC 3986 §3.4), but for what has a meaning there; servers that do not decode
/// then know it.
constexpr bool is_plain(char c)
{
    return is_unreserved(c) || std::string_view("*/?:@$!'()").find(c) != std::string_view::npos;
}

/// What a server that does not decode needs as it is. Not among them: what parts parameters, what ends the target, what
/// is not printable.
constexpr bool is_harmless(char c)
{
    return is_unreserved(c) || static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view("^*,\\/:@?!$'()").find(c) != std::string_view::npos;
}

void append_name(std::string& to, tag t)
{
    if (auto const* const known = mapping::find_attribute(t))
        to.append(known->keyword);
    else
        to.append(mapping::to_hex(t));
}

/// A UID that can be a path segment. Others, `..` or an empty one among them, never get into a path.
bool is_uid(std::string_view value)
{
    return !value.empty() && value.front() >= '0' && value.front() <= '9' &&
           value.find_first_not_of("0123456789.") == value.npos;
}

/// The UID that stands for one resource above, if there is exactly one.
std::optional<std::string> single_uid(find_request const& request, tag t)
{
    auto const at = std::ranges::find(request.keys, t, &key::attribute);
    if (at == request.keys.end() || at->values.size() != 1 || !is_uid(at->values.front()))
        return {};
    return at->values.front();
}

struct resource {
    std::string path;
    std::vector<tag> in_path;
};

resource resource_for(find_request const& request)
{
    if (request.at == level::study)
        return {"/studies", {}};
    auto const study = single_uid(request, tags::StudyInstanceUID);
    if (request.at == level::series)
        return study ? resource{"/studies/" + *study + "/series", {tags::StudyInstanceUID}} : resource{"/series", {}};
    if (!study)
        return {"/instances", {}};
    auto const series = single_uid(request, tags::SeriesInstanceUID);
    if (!series)
        return {"/studies/" + *study + "/instances", {tags::StudyInstanceUID}};
    return {"/studies/" + *study + "/series/" + *series + "/instances",
            {tags::StudyInstanceUID, tags::SeriesInstanceUID}};
}

/// A server that does not decode cannot be asked for what has to be encoded, nor for a comma: wild cards stand for it,
/// which finds more, and what is found is judged again.
std::string widened(std::string_view value, tag t)
{
    if (!takes_wild_cards(t))
        return std::string(value);
    std::string wide;
    for (char const c : value) {
        if (static_cast<unsigned char>(c) >= 0x80) {
            if (!wide.ends_with('*'))
                wide += '*';
        } else {
            wide += is_harmless(c) && c != ',' ? c : '?';
        }
    }
    return wide;
}

bool contains(std::vector<tag> const& tags, tag t)
{
    return std::ranges::find(tags, t) != tags.end();
}

class query {
public:
    explicit query(std::string& target) : target_(target) {}

    void add(std::string_view name, std::string_view encoded)
    {
        separate();
        target_.append(name).append(1, '=').append(encoded);
    }
    void add(tag name, std::string_view encoded)
    {
        separate();
        append_name(target_, name);
        target_.append(1, '=').append(encoded);
    }
    /// As `includefield`.
    void list(std::span<tag const> fields, bool repeat)
    {
        bool first = true;
        for (auto const t : fields) {
            if (first || repeat) {
                separate();
                target_.append("includefield=");
            } else {
                target_.append(1, ',');
            }
            first = false;
            append_name(target_, t);
        }
    }

private:
    void separate()
    {
        target_.append(1, first_ ? '?' : '&');
        first_ = false;
    }

    std::string& target_;
    bool first_ = true;
};

}  // namespace

bool takes_wild_cards(tag t)
{
    using namespace mapping;
    auto const* const known = find_attribute(t);
    constexpr vr text[] = {"AE"_vr, "CS"_vr, "LO"_vr, "LT"_vr, "PN"_vr, "SH"_vr, "ST"_vr, "UC"_vr, "UR"_vr, "UT"_vr};
    return known && std::ranges::find(text, known->vr) != std::end(text);
}

std::string encode_query_value(std::string_view value, config::query_encoding encoding)
{
    constexpr char digits[] = "0123456789ABCDEF";
    bool const strict = encoding == config::query_encoding::strict;
    std::string encoded;
    encoded.reserve(value.size() + 16);
    for (auto const c : value) {
        if (strict ? is_plain(c) : is_harmless(c)) {
            encoded.push_back(c);
        } else {
            auto const byte = static_cast<unsigned char>(c);
            encoded.append(1, '%').append(1, digits[byte >> 4]).append(1, digits[byte & 0xF]);
        }
    }
    return encoded;
}

std::string qido_target(std::string_view base_path, query_form form, find_request const& request, page part)
{
    auto const where = resource_for(request);
    std::string target;
    target.reserve(1024);
    target.append(base_path).append(where.path);
    query parameters(target);

    std::vector<tag> named = where.in_path;
    std::vector<tag> included;
    included.reserve(request.keys.size() + request.return_keys.size());
    // DICOM JSON is UTF-8 whatever the files are (PS3.18 §F.2); asked for it, Orthanc's plugin 1.7 answers 400 where
    // Specific Character Set (0008,0005) has several values.
    auto const include = [&](tag t) {
        if (t != tags::SpecificCharacterSet && !contains(included, t))
            included.push_back(t);
    };
    bool empty_values = false;
    for (auto const& k : request.keys) {
        if (std::ranges::all_of(k.values, &std::string::empty)) {  // universal matching
            include(k.attribute);
            continue;
        }
        if (contains(named, k.attribute))
            continue;
        named.push_back(k.attribute);
        std::string values;
        for (auto const& v : k.values) {
            empty_values = empty_values || v == "\"\"";
            bool const wide = form.wildcards && form.encoding == config::query_encoding::minimal && v != "\"\"";
            auto asked = encode_query_value(wide ? widened(v, k.attribute) : v, form.encoding);
            values.append(values.empty() ? "" : ",").append(asked);
        }
        parameters.add(k.attribute, values);
    }
    if (empty_values)
        parameters.add("emptyvaluematching", "true");
    for (auto const t : request.return_keys)
        include(t);
    parameters.list(included, form.repeat_fields);
    if (part.limit != 0)
        parameters.add("limit", std::to_string(part.limit));
    if (part.offset != 0)
        parameters.add("offset", std::to_string(part.offset));
    return target;
}

std::string qido_target(config::source const& source, find_request const& request, page part)
{
    auto const base = parse_origin(source.url);
    query_form const form{.encoding = source.quirks.query_encoding, .wildcards = source.quirks.wildcards};
    return qido_target(base ? base->base_path : "", form, request, part);
}

bool has_marks(std::string_view value)
{
    return !std::ranges::all_of(value, [](char c) { return c == ' ' || c == ',' || is_plain(c); });
}

bool has_stand_ins(find_request const& request)
{
    return std::ranges::any_of(request.keys, [](key const& k) {
        return std::ranges::any_of(k.values,
                                   [&](auto const& v) { return v != "\"\"" && widened(v, k.attribute) != v; });
    });
}

other_form find_other_form(find_request const& request, bool wildcards)
{
    auto form = other_form::same;
    for (auto const& k : request.keys)
        for (auto const& value : k.values) {
            if (value == "\"\"" || std::ranges::all_of(value, is_plain))
                continue;
            auto const other = wildcards ? widened(value, k.attribute) : value;
            // A space is in many values, and every server but the oldest decodes it.
            bool const is_encoded_still =
                !std::ranges::all_of(other, [](char c) { return c == ' ' || is_harmless(c); });
            if (is_encoded_still || other.find_first_not_of("*?") == other.npos)
                return other_form::none;
            form = other_form::minimal;
        }
    return form;
}

}  // namespace pons::upstream::dicomweb
