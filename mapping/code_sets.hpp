#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// The code sets of PS3.3 §C.12.1.1.2 and a few that archives use without saying so, each to and from UTF-8. What
/// DICOM makes of them (labels, escape sequences, delimiters) is in charset.hpp.
namespace pons::mapping {

enum class code_set : std::uint8_t {
    none,
    ascii,
    jis_x0201,  // romaji in G0, katakana in G1
    latin1,
    latin2,
    latin3,
    latin4,
    cyrillic,
    arabic,
    greek,
    hebrew,
    latin5,
    latin9,
    thai,
    windows1250,
    windows1251,
    windows1252,
    windows1253,
    windows1254,
    windows1255,
    windows1256,
    windows1257,
    windows1258,
    koi8_r,
    jis_x0208,
    jis_x0212,
    ks_x1001,
    gb2312,
    utf8,
    gb18030,
    gbk,
    big5,
    windows31j,
    euc_jp,
};

enum class code_shape : std::uint8_t {
    single,  ///< ASCII below 0x80, a character a byte above
    pairs,   ///< two bytes a character, designated to G0 or G1
    whole,   ///< knows no code extensions: bytes mean something only from the first on
};

struct code_set_row {
    code_set set;
    code_shape shape;
    char const* iconv_name;
    std::string_view term;       ///< defined term without code extensions; empty: none
    std::string_view extension;  ///< defined term with code extensions; empty: none
    std::string_view escape;     ///< what follows ESC (PS3.3 Tables C.12-3 and C.12-4)
    bool g0;                     ///< `escape` designates to G0, else to G1
};

/// All code sets but `none`.
std::span<code_set_row const> code_sets();
code_set_row const& row_of(code_set set);

/// The character of `byte` (0x80 and above) in a single-byte set; 0 when there is none. The C1 control characters of
/// ISO 8859 are none.
char32_t high_character(code_set set, unsigned char byte);
/// The reverse, also for katakana; 0 when there is none.
unsigned char high_byte(code_set set, char32_t character);

/// Appends `bytes`, all of them two-byte characters, as UTF-8. Either half of the code table will do, so it does not
/// matter whether they came from G0 or G1. Returns the number of characters that became U+FFFD.
std::uint32_t convert_pairs(code_set set, std::string_view bytes, std::string& utf8);

struct converted {
    std::uint32_t lost = 0;
    /// The only loss is a character cut off at the end, after others beyond ASCII: right, but too long for its VR.
    bool cut = false;
};

/// Appends `bytes` of a `whole` set as UTF-8; what is not valid becomes U+FFFD.
converted convert_whole(code_set set, std::string_view bytes, std::string& utf8);

/// Appends one character in `set`, pairs as in G0 for JIS X 0208 and 0212 and as in G1 for the others. False, and
/// nothing appended, when the set does not have it.
bool append_encoded(code_set set, char32_t character, std::string& bytes);

}  // namespace pons::mapping
