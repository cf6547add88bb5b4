#include "mapping/codecs/folding.hpp"

#include "mapping/tables/folding.hpp"

#include <algorithm>
#include <utility>

namespace pons::mapping::codecs {

namespace {

// Hangul syllables are arithmetic (Unicode §3.12).
constexpr char32_t hangul_base = 0xAC00;
constexpr char32_t lead_base = 0x1100, lead_count = 19;
constexpr char32_t vowel_base = 0x1161, vowel_count = 21;
constexpr char32_t tail_base = 0x11A7, tail_count = 28;

constexpr bool is_lead(char32_t c)
{
    return c >= lead_base && c < lead_base + lead_count;
}
constexpr bool is_vowel(char32_t c)
{
    return c >= vowel_base && c < vowel_base + vowel_count;
}
constexpr bool is_tail(char32_t c)
{
    return c > tail_base && c < tail_base + tail_count;
}
constexpr bool is_open_syllable(char32_t c)
{
    return c >= hangul_base && c < hangul_base + lead_count * vowel_count * tail_count &&
           (c - hangul_base) % tail_count == 0;
}
constexpr bool is_kana(char32_t c)
{
    return c >= 0x3041 && c <= 0x30FF;
}

/// What two code points make together; 0 when they stay two.
char32_t together(char32_t a, char32_t b)
{
    if (is_lead(a) && is_vowel(b))
        return hangul_base + ((a - lead_base) * vowel_count + (b - vowel_base)) * tail_count;
    if (is_open_syllable(a) && is_tail(b))
        return a + (b - tail_base);
    if (b == 0x3099 || b == 0x309A)
        for (auto const& row : tables::voiced_kana)
            if (row.base == a && row.mark == b)
                return row.composed;
    return 0;
}

constexpr bool is_space(char32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_mark(char32_t c)
{
    auto after = std::ranges::upper_bound(tables::marks, c, {}, &tables::mark_range::first);
    return after != tables::marks.begin() && c <= std::prev(after)->last;
}

constexpr char32_t malformed(unsigned char byte)
{
    return 0xDC00U + byte;
}

}  // namespace

char32_t folded_reader::decode()
{
    while (rest_.empty()) {
        if (pieces_.empty())
            return end;
        bool first = !started_;
        started_ = true;
        rest_ = pieces_.front();
        pieces_ = pieces_.subspan(1);
        if (!first)
            return ' ';
    }
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest_[i]); };
    auto lead = byte(0);
    if (lead < 0x80) {
        rest_.remove_prefix(1);
        return lead;
    }
    std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    char32_t c = lead & (0x7FU >> size);
    bool good = lead >= 0xC2 && lead <= 0xF4 && rest_.size() >= size;
    for (std::size_t i = 1; good && i != size; ++i) {
        good = (byte(i) & 0xC0) == 0x80;
        c = c << 6 | (byte(i) & 0x3F);
    }
    // Longer than needed, a surrogate, or past the last code point.
    if (!good || (size == 3 && c < 0x800) || (size == 4 && c < 0x10000) || (c >= 0xD800 && c <= 0xDFFF) ||
        c > 0x10FFFF) {
        rest_.remove_prefix(1);
        return malformed(lead);
    }
    rest_.remove_prefix(size);
    return c;
}

/// The next code point by the tables; marks are gone when searching.
char32_t folded_reader::mapped()
{
    if (pending_size_ != 0)
        return pending_[--pending_size_];
    for (;;) {
        auto c = decode();
        if (c < 0x80)
            return how_ == folding::search && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
        if (c == end)
            return end;
        auto rows = how_ == folding::search ? tables::search_foldings : tables::canonical_foldings;
        auto row = std::ranges::lower_bound(rows, c, {}, &tables::fold_row::from);
        if (row != rows.end() && row->from == c) {
            std::size_t size = row->to.size();
            while (row->to[size - 1] == 0)
                --size;
            while (size != 1)
                pending_[pending_size_++] = row->to[--size];
            return row->to[0];
        }
        if (how_ == folding::none || !is_mark(c))
            return c;
    }
}

/// `first` together with what makes one letter with it.
char32_t folded_reader::composed(char32_t first)
{
    while (is_lead(first) || is_open_syllable(first) || is_kana(first)) {
        auto before = *this;
        auto both = together(first, mapped());
        if (both == 0) {
            *this = before;
            break;
        }
        first = both;
    }
    return first;
}

char32_t folded_reader::next()
{
    if (held_ != 0)
        return std::exchange(held_, 0);
    auto c = mapped();
    bool spaced = how_ == folding::search && is_space(c);
    while (spaced && is_space(c))
        c = mapped();
    if (c == end)
        return end;
    c = composed(c);
    if (spaced && given_) {
        held_ = c;
        return ' ';
    }
    given_ = true;
    return c;
}

std::u32string fold(std::string_view utf8, folding how)
{
    std::u32string out;
    folded_reader in({&utf8, 1}, how);
    for (auto c = in.next(); c != folded_reader::end; c = in.next())
        out.push_back(c);
    return out;
}

}  // namespace pons::mapping::codecs
