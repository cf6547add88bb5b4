#include "upstream/dimse/wire/command_set.hpp"

#include "upstream/errc.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

std::uint32_t little_endian(std::span<std::byte const> bytes)
{
    std::uint32_t value = 0;
    for (auto at = bytes.rbegin(); at != bytes.rend(); ++at)
        value = value << 8 | std::to_integer<std::uint32_t>(*at);
    return value;
}

void put_little_endian(std::vector<std::byte>& to, std::uint32_t value, int bytes)
{
    for (; bytes > 0; --bytes, value >>= 8)
        to.push_back(static_cast<std::byte>(value & 0xFF));
}

constexpr std::size_t max_elements = 128;  // PS3.7 §E.1 knows 40

bool is_uid(command_element e)
{
    using enum command_element;
    return e == affected_sop_class_uid || e == affected_sop_instance_uid || e == requested_sop_class_uid ||
           e == requested_sop_instance_uid;
}

bool is_ae_title(command_element e)
{
    return e == command_element::move_destination || e == command_element::move_originator_ae_title;
}

}  // namespace

command_set::element const* command_set::find(command_element e) const
{
    auto const at = std::ranges::lower_bound(elements_, e, {}, &element::number);
    return at != elements_.end() && at->number == e ? &*at : nullptr;
}

void command_set::put(command_element e, std::string value)
{
    auto const at = std::ranges::lower_bound(elements_, e, {}, &element::number);
    if (at == elements_.end() || at->number != e)
        elements_.insert(at, {e, std::move(value)});
}

void command_set::set(command_element e, std::uint16_t value)
{
    put(e, {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8)});
}

void command_set::set(command_element e, std::string_view uid_or_text)
{
    std::string padded(uid_or_text);
    if (padded.size() % 2 != 0)
        padded.push_back(is_uid(e) ? '\0' : ' ');
    put(e, std::move(padded));
}

std::optional<std::uint16_t> command_set::number(command_element e) const
{
    auto const* const found = find(e);
    if (!found || found->value.size() != 2)
        return {};
    return static_cast<std::uint16_t>(little_endian(std::as_bytes(std::span(found->value))));
}

std::string_view command_set::text(command_element e) const
{
    auto const* const found = find(e);
    auto value = found ? std::string_view(found->value) : std::string_view();
    while (!value.empty() && (value.back() == ' ' || value.back() == '\0'))
        value.remove_suffix(1);
    // Of AE titles spaces before are padding as well (PS3.5 §6.2).
    while (is_ae_title(e) && !value.empty() && value.front() == ' ')
        value.remove_prefix(1);
    return value;
}

std::vector<std::byte> command_set::encode() const
{
    std::vector<std::byte> bytes;
    auto const head = [&](command_element e, std::size_t size) {
        put_little_endian(bytes, 0x0000, 2);
        put_little_endian(bytes, static_cast<std::uint16_t>(e), 2);
        put_little_endian(bytes, static_cast<std::uint32_t>(size), 4);
    };
    std::size_t length = 0;
    for (auto const& e : elements_)
        length += 8 + e.value.size();
    head(command_element::group_length, 4);
    put_little_endian(bytes, static_cast<std::uint32_t>(length), 4);
    for (auto const& e : elements_) {
        head(e.number, e.value.size());
        for (auto const c : e.value)
            bytes.push_back(static_cast<std::byte>(c));
    }
    return bytes;
}

result<command_set> command_set::decode(std::span<std::byte const> bytes)
{
    if (bytes.size() > size_limit)
        return fail(errc::too_large, "command set");
    command_set decoded;
    while (!bytes.empty()) {
        if (bytes.size() < 8 || little_endian(bytes.first(2)) != 0)
            return fail(errc::malformed, "command set");
        auto const number = static_cast<command_element>(little_endian(bytes.subspan(2, 2)));
        std::size_t const length = little_endian(bytes.subspan(4, 4));
        bytes = bytes.subspan(8);
        if (length > bytes.size())
            return fail(errc::malformed, "command set");
        auto const value = bytes.first(length);
        bytes = bytes.subspan(length);
        if (decoded.elements_.size() == max_elements)
            return fail(errc::too_large, "command set");
        if (number != command_element::group_length)
            decoded.put(number, std::string(reinterpret_cast<char const*>(value.data()), value.size()));
    }
    return decoded;
}

}  // namespace pons::upstream::dimse
