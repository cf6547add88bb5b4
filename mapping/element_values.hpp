#pragma once

#include "mapping/charset.hpp"
#include "mapping/data_set.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

/// What a value representation says of bytes (PS3.5 §6.2, §7.1.2): for the reader and the writer of data sets.
namespace pons::mapping {

/// An integer or a floating-point number at `p`, big or little endian.
template <class T>
T number(std::byte const* p, bool big_endian)
{
    std::array<std::byte, sizeof(T)> raw;
    std::memcpy(raw.data(), p, sizeof(T));
    if (big_endian != (std::endian::native == std::endian::big))
        std::ranges::reverse(raw);
    return std::bit_cast<T>(raw);
}

template <class T>
void append_number(T value, bool big_endian, std::vector<std::byte>& bytes)
{
    auto raw = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
    if (big_endian != (std::endian::native == std::endian::big))
        std::ranges::reverse(raw);
    bytes.insert(bytes.end(), raw.begin(), raw.end());
}

/// Explicit VR: whether the length has 32 bits. So it has for every VR to come.
bool has_long_length(vr as);

/// Nothing for VRs that are no text.
std::optional<text_form> text_form_of(vr as);

/// Adds the numbers of a binary VR to the attribute that is open: US, SS, UL, SL, UV, SV, FL, FD and AT, as data_set
/// wants them. Bytes after the last whole number are dropped; other VRs add nothing. Not finite: "nan", "inf", "-inf".
void add_numbers(vr as, std::span<std::byte const> bytes, bool big_endian, data_set& to);

/// The reverse for one value; nothing is appended when `text` is not such a number.
void append_value(vr as, std::string_view text, bool big_endian, std::vector<std::byte>& bytes);

}  // namespace pons::mapping
