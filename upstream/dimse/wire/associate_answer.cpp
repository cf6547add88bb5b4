#include "upstream/dimse/wire/associate_answer.hpp"

#include "upstream/dimse/wire/pdu.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <string_view>

namespace pons::upstream::dimse {

namespace {

using bytes = std::vector<std::byte>;

void put_text(bytes& to, std::string_view text)
{
    for (auto const c : text)
        to.push_back(static_cast<std::byte>(c));
}

void put_item(bytes& to, pdu::item kind, bytes const& content)
{
    to.push_back(static_cast<std::byte>(kind));
    to.push_back({});
    pdu::put_big_endian(to, static_cast<std::uint32_t>(content.size()), 2);
    to.insert(to.end(), content.begin(), content.end());
}

void put_item(bytes& to, pdu::item kind, std::string_view content)
{
    bytes text;
    put_text(text, content);
    put_item(to, kind, text);
}

void put_ae_title(bytes& to, std::string_view title)
{
    constexpr std::size_t size = 16;
    std::string padded(title.substr(0, size));
    padded.resize(size, ' ');
    put_text(to, padded);
}

bytes with_header(pdu::type kind, bytes const& body)
{
    bytes whole;
    whole.reserve(pdu::header_size + body.size());
    pdu::put_header(whole, kind, body.size());
    whole.insert(whole.end(), body.begin(), body.end());
    return whole;
}

}  // namespace

bytes encode_accept(associate_request const& asked, associate_answer const& answer, std::uint32_t max_pdu)
{
    bytes body;
    pdu::put_big_endian(body, 1, 2);
    pdu::put_big_endian(body, 0, 2);
    put_ae_title(body, asked.called_ae);
    put_ae_title(body, asked.calling_ae);
    body.resize(body.size() + 32);
    put_item(body, pdu::item::application_context, uids::application_context);
    for (auto const& context : answer.contexts) {
        bytes content{static_cast<std::byte>(context.id), {}, static_cast<std::byte>(context.result), {}};
        // It has no meaning where the context is not accepted, but some peers insist on one.
        auto const accepted = context.result == context_result::acceptance;
        put_item(content, pdu::item::transfer_syntax,
                 accepted ? std::string_view(context.transfer_syntax) : uids::implicit_vr_little_endian);
        put_item(body, pdu::item::accepted_context, content);
    }
    bytes user;
    bytes length;
    pdu::put_big_endian(length, max_pdu, 4);
    put_item(user, pdu::item::maximum_length, length);
    put_item(user, pdu::item::implementation_class_uid, uids::implementation_class);
    for (auto const& role : answer.roles) {
        bytes content;
        pdu::put_big_endian(content, static_cast<std::uint32_t>(role.sop_class_uid.size()), 2);
        put_text(content, role.sop_class_uid);
        content.push_back(static_cast<std::byte>(role.scu));
        content.push_back(static_cast<std::byte>(role.scp));
        put_item(user, pdu::item::role_selection, content);
    }
    for (auto const& each : answer.extended) {
        bytes content;
        pdu::put_big_endian(content, static_cast<std::uint32_t>(each.sop_class_uid.size()), 2);
        put_text(content, each.sop_class_uid);
        content.insert(content.end(), each.information.begin(), each.information.end());
        put_item(user, pdu::item::extended_negotiation, content);
    }
    put_item(user, pdu::item::implementation_version_name, implementation_version_name);
    put_item(body, pdu::item::user_information, user);
    return with_header(pdu::type::associate_ac, body);
}

bytes encode_reject(rejection const& why)
{
    return with_header(pdu::type::associate_rj,
                       {std::byte{0}, std::byte{why.result}, std::byte{why.source}, std::byte{why.reason}});
}

bytes encode_abort(abort_reason why)
{
    constexpr std::byte service_provider{2};
    return with_header(pdu::type::abort, {std::byte{0}, std::byte{0}, service_provider, static_cast<std::byte>(why)});
}

}  // namespace pons::upstream::dimse
