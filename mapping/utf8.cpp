#include "mapping/utf8.hpp"

namespace pons::mapping {

std::size_t utf8_length(std::string_view text)
{
    if (text.empty())
        return 0;
    auto const at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto const lead = at(0);
    if (lead < 0x80)
        return 1;
    std::size_t const size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size)
        return 0;
    // The second byte excludes overlong forms, surrogates and what is beyond U+10FFFF.
    unsigned char const low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char const high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (at(1) < low || at(1) > high)
        return 0;
    for (std::size_t i = 2; i < size; ++i)
        if ((at(i) & 0xC0) != 0x80)
            return 0;
    return size;
}

bool is_cut_utf8(std::string_view text)
{
    if (text.empty())
        return false;
    // Any byte may follow, so put the lowest that the character can go on with.
    auto whole = std::string(text.substr(0, 4));
    auto const lead = static_cast<unsigned char>(whole[0]);
    if (whole.size() == 1)
        whole += lead == 0xE0 ? '\xA0' : lead == 0xF0 ? '\x90' : '\x80';
    whole.append(2, '\x80');
    return utf8_length(text) == 0 && utf8_length(whole) > text.size();
}

bool is_utf8(std::string_view text)
{
    for (std::size_t i = 0; i < text.size();) {
        auto const size = utf8_length(text.substr(i));
        if (size == 0)
            return false;
        i += size;
    }
    return true;
}

char32_t utf8_character(std::string_view valid)
{
    auto const at = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(valid[i])); };
    switch (utf8_length(valid)) {
        case 1:
            return at(0);
        case 2:
            return (at(0) & 0x1F) << 6 | (at(1) & 0x3F);
        case 3:
            return (at(0) & 0x0F) << 12 | (at(1) & 0x3F) << 6 | (at(2) & 0x3F);
        case 4:
            return (at(0) & 0x07) << 18 | (at(1) & 0x3F) << 12 | (at(2) & 0x3F) << 6 | (at(3) & 0x3F);
        default:
            return 0;
    }
}

void append_utf8(char32_t c, std::string& utf8)
{
    auto const put = [&](char32_t byte) { utf8 += static_cast<char>(byte); };
    if (c < 0x80)
        return put(c);
    if (c < 0x800)
        put(0xC0 | c >> 6);
    else if (c < 0x10000)
        put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F));
    else
        put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
}

}  // namespace pons::mapping
