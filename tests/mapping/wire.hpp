#pragma once

#include "mapping/dicom_stream.hpp"

#include <string>
#include <string_view>

/// Bytes of data sets for tests, right and wrong ones.
namespace pons::mapping {

inline constexpr std::uint32_t undefined = 0xFFFFFFFF;

/// Writes data sets as they should not be, too: lengths are what the test says.
class wire {
public:
    explicit wire(encoding as = encoding::explicit_le) : as_(as) {}

    wire& element(std::uint32_t t, std::string_view vr, std::string_view value)
    {
        return header(t, vr, static_cast<std::uint32_t>(value.size())).raw(value);
    }

    wire& header(std::uint32_t t, std::string_view vr, std::uint32_t length)
    {
        number(t >> 16, 2).number(t & 0xFFFF, 2);
        if (as_ == encoding::implicit_le)
            return number(length, 4);
        raw(vr);
        static constexpr std::string_view long_ones = "OB OD OF OL OV OW SQ SV UC UN UR UT UV ZZ";
        if (long_ones.find(vr) != std::string_view::npos)
            return number(0, 2).number(length, 4);
        return number(length, 2);
    }

    wire& item(std::uint32_t length = undefined) { return mark(0xE000, length); }
    wire& end_item(std::uint32_t length = 0) { return mark(0xE00D, length); }
    wire& end_sequence() { return mark(0xE0DD, 0); }

    wire& raw(std::string_view bytes)
    {
        bytes_ += bytes;
        return *this;
    }

    wire& number(std::uint32_t value, int size)
    {
        for (int i = 0; i < size; ++i)
            bytes_ += static_cast<char>(value >> 8 * (as_ == encoding::explicit_be ? size - 1 - i : i));
        return *this;
    }

    std::span<std::byte const> bytes() const { return std::as_bytes(std::span(bytes_)); }
    std::string const& text() const { return bytes_; }
    result<data_set> read(read_limits const& limits = {}) const
    {
        return read_data_set(bytes(), as_, "ISO_IR 100", limits);
    }

private:
    wire& mark(std::uint32_t element, std::uint32_t length)
    {
        return number(0xFFFE, 2).number(element, 2).number(length, 4);
    }

    encoding as_;
    std::string bytes_;
};

inline std::string joined(data_set const& set, tag t)
{
    std::string all;
    for (std::size_t i = 0; i < set.count(t); ++i)
        all.append(i == 0 ? "" : "|").append(set.text(t, i));
    return all;
}

inline constexpr encoding encodings[] = {encoding::implicit_le, encoding::explicit_le, encoding::explicit_be};

}  // namespace pons::mapping
