#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

/// Text as people compare it: without case and accents. No locale and no library; the table is made by
/// `mapping/tables/folding.py` from the Unicode character database.
namespace pons::mapping::codecs {

/// What stays different.
enum class folding : std::uint8_t {
    /// Canonical equivalents are equal, nothing else is: the characters of normalization form D.
    none,
    /// Also upper and lower case, accents and other combining marks, letters with strokes (ø o, ł l, đ d, ı i),
    /// full-width and half-width forms, typographic apostrophes and hyphens, runs of white space; ß is ss, æ ae, œ oe,
    /// þ th. Covers Latin, Greek, Cyrillic, Armenian, Georgian, kana (voicing marks count as marks) and Hangul.
    search
};

/// Reads UTF-8 pieces, put together with a space between, as code points folded one after the other. White space at
/// both ends is left out. A malformed byte is one code point of its own (U+DC80 to U+DCFF), so it equals itself only.
class folded_reader {
public:
    folded_reader(std::string_view const* pieces, std::size_t count, folding how);

    static constexpr char32_t end = 0xFFFFFFFF;
    char32_t next();

private:
    char32_t decode();
    void refill();

    std::string_view rest_;
    std::string_view const* more_;
    std::size_t left_;
    folding how_;
    bool started_ = false;
    bool space_ = false;
    std::uint8_t pending_size_ = 0;
    std::uint8_t pending_at_ = 0;
    std::array<char32_t, 4> pending_{};
};

/// All of it at once.
std::u32string fold(std::string_view utf8, folding how);

/// Without spaces and NULs at both ends.
std::string_view strip(std::string_view text);

}  // namespace pons::mapping::codecs
