#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// PDUs, PDVs and elements as they are on the wire, written by hand, for peers that owe nothing to the code under test.
namespace pons::test {

using bytes = std::string;  // as on the wire

namespace raw {

inline bytes big(std::uint32_t value, int size)
{
    bytes b;
    while (--size >= 0)
        b.push_back(static_cast<char>(value >> 8 * size & 0xFF));
    return b;
}

inline bytes little(std::uint32_t value, int size)
{
    auto const b = big(value, size);
    return {b.rbegin(), b.rend()};
}

inline std::uint32_t from_big(std::string_view b)
{
    std::uint32_t value = 0;
    for (auto const c : b)
        value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
}

inline std::uint32_t from_little(std::string_view b)
{
    return from_big(bytes(b.rbegin(), b.rend()));
}

inline bytes tag(std::uint32_t t)
{
    return little(t >> 16, 2) + little(t & 0xFFFF, 2);
}

inline bytes padded(std::string_view value, char pad)
{
    bytes b(value);
    if (b.size() % 2 != 0)
        b.push_back(pad);
    return b;
}

inline bytes pdu(std::uint8_t type, bytes const& body)
{
    return bytes{static_cast<char>(type), '\0'} + big(static_cast<std::uint32_t>(body.size()), 4) + body;
}

inline bytes pdv(std::uint8_t context, bool command, bool last, bytes const& content)
{
    return big(static_cast<std::uint32_t>(content.size() + 2), 4) + static_cast<char>(context) +
           static_cast<char>((command ? 1 : 0) | (last ? 2 : 0)) + content;
}

/// Of an A-ASSOCIATE PDU.
inline bytes item(std::uint8_t type, bytes const& body)
{
    return bytes{static_cast<char>(type), '\0'} + big(static_cast<std::uint32_t>(body.size()), 2) + body;
}

inline bytes ae(std::string_view title)
{
    bytes b(title);
    b.resize(16, ' ');
    return b;
}

}  // namespace raw

/// `element(0x0020000D, "1.2.3")`, Implicit VR Little Endian, padded to even length with `pad`.
inline bytes element(std::uint32_t tag, std::string_view value, char pad = ' ')
{
    auto const v = raw::padded(value, pad);
    return raw::tag(tag) + raw::little(static_cast<std::uint32_t>(v.size()), 4) + v;
}

/// An element in Explicit VR Little Endian with a 16-bit length.
inline bytes explicit_element(std::uint32_t tag, std::string_view vr, std::string_view value, char pad = ' ')
{
    auto const v = raw::padded(value, pad);
    return raw::tag(tag) + bytes(vr) + raw::little(static_cast<std::uint32_t>(v.size()), 2) + v;
}

namespace raw {

/// An element of a command set that is a number.
inline bytes number(std::uint16_t command_element, std::uint16_t value)
{
    return element(command_element, little(value, 2));
}

inline bytes with_group_length(bytes const& rest)
{
    return element(0x00000000, little(static_cast<std::uint32_t>(rest.size()), 4)) + rest;
}

/// The number that a command set which begins at `at` has as its element; nothing when there is none.
inline std::optional<std::uint16_t> number_in(std::string_view command, std::uint16_t element_number,
                                              std::size_t at = 0)
{
    while (at + 8 <= command.size()) {
        auto const size = from_little(command.substr(at + 4, 4));
        if (from_little(command.substr(at + 2, 2)) == element_number && size == 2)
            return static_cast<std::uint16_t>(from_little(command.substr(at + 8, 2)));
        at += 8 + size;
    }
    return {};
}

}  // namespace raw

}  // namespace pons::test
