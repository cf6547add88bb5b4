#include "proxy/dicomweb/retrieve_format.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/errc.hpp"
#include "proxy/dicomweb/parameters.hpp"
#include "proxy/http/accept.hpp"
#include "proxy/http/text.hpp"
#include "render/syntax.hpp"

#include <algorithm>
#include <optional>

namespace pons::proxy::dicomweb {

namespace {

constexpr std::string_view explicit_vr_little_endian = "1.2.840.10008.1.2.1";

struct choice {
    bool single_part = false;
    std::string syntax;  ///< "*": as stored
    int q = 0;
};

/// The parameters of a range, those inside a quoted type among them.
struct range_parameters {
    std::optional<std::string> type;
    std::optional<std::string> syntax;

    explicit range_parameters(http::media_range const& range)
    {
        for (auto const& [name, value] : range.parameters)
            take(name, value);
    }

    void take(std::string_view name, std::string_view value)
    {
        if (name == "transfer-syntax")
            syntax = value;
        if (name != "type")
            return;
        type = http::to_lower(http::take_member(value, ';'));
        while (!value.empty()) {
            auto inner = http::take_member(value, ';');
            auto const key = http::take_member(inner, '=');
            if (http::equal_ignoring_case(key, "transfer-syntax"))
                syntax = http::unquoted(inner);
        }
    }
};

std::optional<choice> to_choice(http::media_range const& range, bool one_instance)
{
    range_parameters const p(range);
    if (range.q == 0)
        return {};
    bool const any_type = range.type == "*" || range.subtype == "*";
    if (range.type == "*" || range.type == "multipart") {
        if (!any_type && range.subtype != "related")
            return {};
        if (p.type && *p.type != "application/dicom" && *p.type != "*/*")
            return {};
        auto const fallback = p.type && *p.type == "application/dicom" ? explicit_vr_little_endian : "*";
        return choice{.single_part = false, .syntax = p.syntax.value_or(std::string(fallback)), .q = range.q};
    }
    if (!one_instance || range.type != "application" || (!any_type && range.subtype != "dicom"))
        return {};
    auto const fallback = any_type ? "*" : explicit_vr_little_endian;
    return choice{.single_part = true, .syntax = p.syntax.value_or(std::string(fallback)), .q = range.q};
}

}  // namespace

result<retrieve_formats> negotiate_retrieve(http::request const& req, bool one_instance)
{
    auto const ranges = http::parse_accept(accepted(req));
    if (ranges.empty())
        return retrieve_formats{{.single_part = false, .as_stored = true, .syntaxes = {}}};
    std::vector<choice> choices;
    for (auto const& range : ranges)
        if (auto one = to_choice(range, one_instance))
            choices.push_back(std::move(*one));
    if (choices.empty())
        return fail(mapping::errc::not_acceptable,
                    one_instance ? "Accept; application/dicom can be given, alone or in multipart/related"
                                 : "Accept; multipart/related with application/dicom can be given");
    std::ranges::stable_sort(choices, std::ranges::greater{}, &choice::q);
    retrieve_formats formats;
    for (auto& one : choices) {
        auto at = std::ranges::find(formats, one.single_part, &retrieve_format::single_part);
        if (at == formats.end())
            at = formats.insert(at, {.single_part = one.single_part, .as_stored = false, .syntaxes = {}});
        at->as_stored = at->as_stored || one.syntax == "*";
        at->syntaxes.push_back(std::move(one.syntax));
    }
    return formats;
}

bool takes(retrieve_format const& format, std::string_view transfer_syntax_uid)
{
    return format.as_stored || std::ranges::find(format.syntaxes, transfer_syntax_uid) != format.syntaxes.end();
}

retrieve_format const* taking(retrieve_formats const& formats, std::string_view transfer_syntax_uid)
{
    auto const at = std::ranges::find_if(formats, [&](auto const& one) { return takes(one, transfer_syntax_uid); });
    return at != formats.end() ? &*at : nullptr;
}

bool is_transcoded(retrieve_formats const& formats, std::string_view transfer_syntax_uid)
{
    auto const* const as_stored = taking(formats, transfer_syntax_uid);
    auto const* const decoded = taking(formats, explicit_vr_little_endian);
    if (!as_stored || !decoded)
        return decoded != nullptr;
    return decoded < as_stored && !pons::render::is_never_decoded(transfer_syntax_uid);
}

namespace {

/// What an archive wrote is not repeated unless it is a UID.
std::string named_syntax(std::string_view uid)
{
    return mapping::codecs::is_uid(uid) ? "transfer syntax " + std::string(uid) : "a transfer syntax without a UID";
}

}  // namespace

failure refused_syntax(std::string_view transfer_syntax_uid)
{
    auto refused = fail(mapping::errc::not_acceptable,
                        "an instance is stored in " + named_syntax(transfer_syntax_uid) +
                            ", and it was not asked for; transfer-syntax=* takes instances as they are stored");
    return std::move(refused.value());
}

}  // namespace pons::proxy::dicomweb
