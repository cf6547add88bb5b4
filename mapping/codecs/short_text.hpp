#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pons::mapping::codecs {

/// Text of at most `Capacity` bytes inside the value itself: no heap, trivially copied.
template <std::size_t Capacity>
class short_text {
    static_assert(Capacity <= 255);

public:
    constexpr short_text() = default;
    constexpr explicit short_text(std::string_view text) { append(text); }

    /// What does not fit any more is cut off: the caller chooses a capacity that holds its longest form.
    constexpr void append(char c)
    {
        if (size_ < Capacity)
            chars_[size_++] = c;
    }
    constexpr void append(std::string_view text)
    {
        auto const count = std::min(text.size(), Capacity - size_);
        std::copy_n(text.data(), count, chars_ + size_);
        size_ = static_cast<std::uint8_t>(size_ + count);
    }
    /// `value` in decimal with at least `width` digits, zeros in front.
    constexpr void append_number(std::uint64_t value, unsigned width)
    {
        char digits[20]{};
        unsigned n = 0;
        do
            digits[n++] = static_cast<char>('0' + value % 10);
        while ((value /= 10) != 0);
        for (; width > n; --width)
            append('0');
        while (n != 0)
            append(digits[--n]);
    }
    /// Two digits, the form of nearly everything in a date. `value` is below 100.
    constexpr void append_two_digits(unsigned value)
    {
        append(static_cast<char>('0' + value / 10));
        append(static_cast<char>('0' + value % 10));
    }

    constexpr std::string_view view() const { return {chars_, size_}; }
    constexpr operator std::string_view() const { return view(); }
    constexpr bool empty() const { return size_ == 0; }

    friend constexpr bool operator==(short_text const& a, short_text const& b) { return a.view() == b.view(); }

private:
    char chars_[Capacity]{};
    std::uint8_t size_ = 0;
};

}  // namespace pons::mapping::codecs
