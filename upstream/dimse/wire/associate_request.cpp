#include "upstream/dimse/wire/associate_request.hpp"

#include "upstream/dimse/wire/associate_items.hpp"
#include "upstream/errc.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace pons::upstream::dimse {

namespace {

using bytes_view = std::span<std::byte const>;

constexpr std::size_t ae_title_size = 16;
constexpr std::size_t longest_uid = 64;

std::string_view as_text(bytes_view bytes)
{
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// Without padding at either end (PS3.5 §6.2: leading and trailing spaces of an AE title say nothing).
std::string_view trimmed(bytes_view bytes)
{
    constexpr std::string_view padding(" \0", 2);
    auto const text = as_text(bytes);
    auto const begin = text.find_first_not_of(padding);
    if (begin == text.npos)
        return {};
    return text.substr(begin, text.find_last_not_of(padding) - begin + 1);
}

std::optional<std::string> ae_title(bytes_view bytes)
{
    auto const title = trimmed(bytes);
    auto const printable = [](char c) { return c >= ' ' && c <= '~' && c != '\\'; };
    if (!std::ranges::all_of(title, printable))
        return {};
    return std::string(title);
}

std::optional<std::string> uid(bytes_view bytes)
{
    auto const text = trimmed(bytes);
    auto const legal = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
    if (text.empty() || text.size() > longest_uid || !std::ranges::all_of(text, legal))
        return {};
    return std::string(text);
}

tl::unexpected<failure> malformed(char const* what)
{
    return fail(errc::malformed, std::string("A-ASSOCIATE-RQ, ") + what);
}

result<proposed_context> parse_context(bytes_view content)
{
    constexpr std::size_t head = 4;  // id, three reserved
    if (content.size() < head)
        return malformed("presentation context");
    proposed_context context{.id = std::to_integer<std::uint8_t>(content[0])};
    content = content.subspan(head);
    while (!content.empty()) {
        auto const item = pdu::take_item(content);
        if (!item)
            return malformed("presentation context");
        if (item->kind != pdu::item::abstract_syntax && item->kind != pdu::item::transfer_syntax)
            continue;
        if (item->kind == pdu::item::transfer_syntax && context.transfer_syntaxes.size() == most_transfer_syntaxes)
            continue;
        auto named = uid(item->content);
        if (!named)
            return malformed("UID in a presentation context");
        if (item->kind == pdu::item::transfer_syntax)
            context.transfer_syntaxes.push_back(std::move(*named));
        else
            context.abstract_syntax = std::move(*named);
    }
    if (context.abstract_syntax.empty() || context.transfer_syntaxes.empty())
        return malformed("presentation context without syntaxes");
    return context;
}

std::optional<role_selection> parse_role(bytes_view content)
{
    if (content.size() < 4)
        return {};
    auto const size = pdu::big_endian(content.first(2));
    if (content.size() != size + 4)
        return {};
    auto named = uid(content.subspan(2, size));
    if (!named)
        return {};
    return role_selection{.sop_class_uid = std::move(*named),
                          .scu = content[2 + size] != std::byte{0},
                          .scp = content[3 + size] != std::byte{0}};
}

std::optional<extended_negotiation> parse_extended(bytes_view content)
{
    if (content.size() < 2)
        return {};
    auto const size = pdu::big_endian(content.first(2));
    if (content.size() < size + 2)
        return {};
    auto named = uid(content.subspan(2, size));
    if (!named)
        return {};
    content = content.subspan(2 + size);
    return extended_negotiation{.sop_class_uid = std::move(*named), .information = {content.begin(), content.end()}};
}

result<void> parse_user_information(bytes_view content, associate_request& into)
{
    while (!content.empty()) {
        auto const item = pdu::take_item(content);
        if (!item)
            return malformed("user information");
        if (item->kind == pdu::item::maximum_length) {
            if (item->content.size() != 4)
                return malformed("maximum length");
            into.max_pdu = pdu::big_endian(item->content);
        } else if (item->kind == pdu::item::implementation_version_name) {
            into.implementation_version_name = trimmed(item->content);
        } else if (item->kind == pdu::item::role_selection) {
            auto role = parse_role(item->content);
            if (!role)
                return malformed("role selection");
            into.roles.push_back(std::move(*role));
        } else if (item->kind == pdu::item::extended_negotiation) {
            auto extended = parse_extended(item->content);
            if (!extended)
                return malformed("extended negotiation");
            into.extended.push_back(std::move(*extended));
        }
    }
    return {};
}

}  // namespace

result<associate_request> parse_associate_request(std::span<std::byte const> body)
{
    if (body.size() > largest_associate_request)
        return fail(errc::too_large, "A-ASSOCIATE-RQ");
    if (body.size() < pdu::fixed_part_of_association)
        return malformed("fixed part");
    auto called = ae_title(body.subspan(4, ae_title_size));
    auto calling = ae_title(body.subspan(4 + ae_title_size, ae_title_size));
    if (!called || !calling)
        return malformed("AE title");
    associate_request rq;
    rq.protocol_version = static_cast<std::uint16_t>(pdu::big_endian(body.first(2)));
    rq.called_ae = std::move(*called);
    rq.calling_ae = std::move(*calling);

    body = body.subspan(pdu::fixed_part_of_association);
    bool user_information = false;
    while (!body.empty()) {
        auto const item = pdu::take_item(body);
        if (!item)
            return malformed("item");
        if (item->kind == pdu::item::application_context) {
            rq.application_context = trimmed(item->content);
        } else if (item->kind == pdu::item::user_information) {
            user_information = true;
            if (auto const read = parse_user_information(item->content, rq); !read)
                return tl::unexpected(read.error());
        } else if (item->kind == pdu::item::proposed_context) {
            auto context = parse_context(item->content);
            if (!context)
                return tl::unexpected(context.error());
            if (rq.contexts.size() == most_proposed_contexts)
                return fail(errc::too_large, "A-ASSOCIATE-RQ, presentation contexts");
            if (std::ranges::find(rq.contexts, context->id, &proposed_context::id) != rq.contexts.end())
                return malformed("presentation context id");
            rq.contexts.push_back(std::move(*context));
        }
    }
    if (!user_information)
        return malformed("user information");
    return rq;
}

}  // namespace pons::upstream::dimse
