#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Text as people compare it: without case and accents. No locale and no library; the table is made by
/// `mapping/tables/folding.py` from the Unicode character database.
namespace pons::mapping::codecs {

/// What counts as equal.
enum class folding : std::uint8_t {
    /// Canonical equivalents, composed or decomposed, and nothing else.
    none,
    /// Also upper and lower case, accents and pointing, letters with strokes (ø o, ł l, đ d, ı i), full-width and
    /// half-width forms, typographic apostrophes and hyphens, runs of white space; ß is ss, æ ae, œ oe, þ th. Covers
    /// every script that has case or accents. Vowel signs, tones and kana voicing make other letters and stay.
    search
};

/// Reads UTF-8 pieces, put together with a space between, as code points folded one after the other. White space at
/// both ends is left out when searching. A malformed byte is one code point of its own (U+DC80 to U+DCFF): it equals
/// itself only. Copies go on from where they were made.
class folded_reader {
public:
    folded_reader(std::span<std::string_view const> pieces, folding how) : pieces_(pieces), how_(how) {}

    static constexpr char32_t end = 0xFFFFFFFF;
    char32_t next();

private:
    char32_t decode();
    char32_t mapped();
    char32_t composed(char32_t first);

    std::string_view rest_;
    std::span<std::string_view const> pieces_;  // those not begun
    std::array<char32_t, 4> pending_{};         // the rest of what one code point became, backwards
    std::uint8_t pending_size_ = 0;
    folding how_;
    bool started_ = false;  // a piece was begun
    bool given_ = false;    // something came out
    char32_t held_ = 0;     // what comes after the space that was given
};

/// All of it at once.
std::u32string fold(std::string_view utf8, folding how);

}  // namespace pons::mapping::codecs
