#include "upstream/dimse/wire/associate_items.hpp"

namespace pons::upstream::dimse::pdu {

namespace {

using bytes_view = std::span<std::byte const>;

constexpr std::size_t longest_uid = 64;

bool may_be_uid(bytes_view bytes)
{
    return !bytes.empty() && bytes.size() <= longest_uid;
}

/// One that was accepted has one transfer syntax; what one that was refused holds is not looked at (PS3.8 §9.3.3.2).
bool is_answered_context(bytes_view content)
{
    constexpr std::size_t head = 4;  // id, reserved, result, reserved
    if (content.size() < head)
        return false;
    if (content[2] != std::byte{0})
        return true;
    content = content.subspan(head);
    int transfer_syntaxes = 0;
    while (!content.empty()) {
        auto const inside = take_item(content);
        if (!inside || inside->kind == item::abstract_syntax)
            return false;
        if (inside->kind == item::transfer_syntax && (++transfer_syntaxes, inside->content.size() > longest_uid))
            return false;
    }
    return transfer_syntaxes == 1;
}

/// A UID of which the length comes first, and so much after it at least.
bool begins_with_uid(bytes_view content, std::size_t after)
{
    if (content.size() < 2)
        return false;
    auto const size = big_endian(content.first(2));
    return content.size() >= 2 + size + after && may_be_uid(content.subspan(2, size));
}

/// PS3.7 Table D.3-15: DCMTK goes by the inner length.
bool is_identity_response(bytes_view content)
{
    return content.size() >= 2 && big_endian(content.first(2)) == content.size() - 2;
}

bool is_user_information(bytes_view content)
{
    while (!content.empty()) {
        auto const inside = take_item(content);
        if (!inside)
            return false;
        auto const& what = inside->content;
        bool const fits = inside->kind == item::maximum_length             ? what.size() == 4
                          : inside->kind == item::implementation_class_uid ? may_be_uid(what)
                          : inside->kind == item::role_selection           ? begins_with_uid(what, 2)
                          : inside->kind == item::extended_negotiation     ? begins_with_uid(what, 0)
                          : inside->kind == item::user_identity_response   ? is_identity_response(what)
                                                                           : true;
        if (!fits)
            return false;
    }
    return true;
}

}  // namespace

std::optional<piece> take_item(bytes_view& bytes)
{
    constexpr std::size_t head = 4;
    if (bytes.size() < head)
        return {};
    auto const size = big_endian(bytes.subspan(2, 2));
    if (bytes.size() - head < size)
        return {};
    piece const taken{static_cast<item>(bytes[0]), bytes.subspan(head, size)};
    bytes = bytes.subspan(head + size);
    return taken;
}

bool is_well_formed_accept(bytes_view body)
{
    if (body.size() < fixed_part_of_association)
        return false;
    body = body.subspan(fixed_part_of_association);
    while (!body.empty()) {
        auto const one = take_item(body);
        if (!one)
            return false;
        bool const fits = one->kind == item::application_context ? one->content.size() <= longest_uid
                          : one->kind == item::accepted_context  ? is_answered_context(one->content)
                          : one->kind == item::user_information  ? is_user_information(one->content)
                                                                 : one->kind != item::proposed_context;
        if (!fits)
            return false;
    }
    return true;
}

}  // namespace pons::upstream::dimse::pdu
