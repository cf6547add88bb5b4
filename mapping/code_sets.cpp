#include "mapping/code_sets.hpp"

#include "mapping/charset.hpp"
#include "mapping/utf8.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

namespace pons::mapping {

namespace {

using enum code_shape;

// UHC is EUC-KR and more, GBK is GB 2312 and more; where a set knows no escape sequence it is not to be designated.
// clang-format off
constexpr code_set_row rows[] = {
    {code_set::ascii, single, "ASCII", "ISO_IR 6", "ISO 2022 IR 6", "(B", true},
    {code_set::jis_x0201, single, "", "ISO_IR 13", "ISO 2022 IR 13", ")I", false},
    {code_set::latin1, single, "ISO-8859-1", "ISO_IR 100", "ISO 2022 IR 100", "-A", false},
    {code_set::latin2, single, "ISO-8859-2", "ISO_IR 101", "ISO 2022 IR 101", "-B", false},
    {code_set::latin3, single, "ISO-8859-3", "ISO_IR 109", "ISO 2022 IR 109", "-C", false},
    {code_set::latin4, single, "ISO-8859-4", "ISO_IR 110", "ISO 2022 IR 110", "-D", false},
    {code_set::cyrillic, single, "ISO-8859-5", "ISO_IR 144", "ISO 2022 IR 144", "-L", false},
    {code_set::arabic, single, "ISO-8859-6", "ISO_IR 127", "ISO 2022 IR 127", "-G", false},
    {code_set::greek, single, "ISO-8859-7", "ISO_IR 126", "ISO 2022 IR 126", "-F", false},
    {code_set::hebrew, single, "ISO-8859-8", "ISO_IR 138", "ISO 2022 IR 138", "-H", false},
    {code_set::latin5, single, "ISO-8859-9", "ISO_IR 148", "ISO 2022 IR 148", "-M", false},
    {code_set::latin9, single, "ISO-8859-15", "ISO_IR 203", "ISO 2022 IR 203", "-b", false},
    {code_set::thai, single, "TIS-620", "ISO_IR 166", "ISO 2022 IR 166", "-T", false},
    {code_set::windows1250, single, "CP1250", "", "", "", false},
    {code_set::windows1251, single, "CP1251", "", "", "", false},
    {code_set::windows1252, single, "CP1252", "", "", "", false},
    {code_set::windows1253, single, "CP1253", "", "", "", false},
    {code_set::windows1254, single, "CP1254", "", "", "", false},
    {code_set::windows1255, single, "CP1255", "", "", "", false},
    {code_set::windows1256, single, "CP1256", "", "", "", false},
    {code_set::windows1257, single, "CP1257", "", "", "", false},
    {code_set::windows1258, single, "CP1258", "", "", "", false},
    {code_set::koi8_r, single, "KOI8-R", "", "", "", false},
    {code_set::jis_x0208, pairs, "EUC-JP", "", "ISO 2022 IR 87", "$B", true},
    {code_set::jis_x0212, pairs, "EUC-JP", "", "ISO 2022 IR 159", "$(D", true},
    {code_set::ks_x1001, pairs, "UHC", "", "ISO 2022 IR 149", "$)C", false},
    {code_set::gb2312, pairs, "GBK", "", "ISO 2022 IR 58", "$)A", false},
    {code_set::utf8, whole, "UTF-8", "ISO_IR 192", "", "", false},
    {code_set::gb18030, whole, "GB18030", "GB18030", "", "", false},
    {code_set::gbk, whole, "GBK", "GBK", "", "", false},
    {code_set::big5, whole, "BIG5", "", "", "", false},
    {code_set::windows31j, whole, "CP932", "", "", "", false},
    {code_set::euc_jp, whole, "EUC-JP", "", "", "", false},
};
// clang-format on

constexpr bool in_order()
{
    for (std::size_t i = 0; i < std::size(rows); ++i)
        if (static_cast<std::size_t>(rows[i].set) != i + 1)
            return false;
    return true;
}
static_assert(in_order(), "row_of() counts on it");

/// A converter of this thread, opened at first use: opening costs seven times a short conversion.
class converter {
public:
    converter() = default;
    converter(converter const&) = delete;
    converter& operator=(converter const&) = delete;
    ~converter()
    {
        if (open())
            ::iconv_close(handle_);
    }

    bool open() const { return handle_ != none(); }

    bool open(char const* to, char const* from)
    {
        if (!open())
            handle_ = ::iconv_open(to, from);
        return open();
    }

    /// One go at `in`; 0 or the errno. What was converted is appended, what was not stays in `in`.
    int convert(std::string_view& in, std::string& out)
    {
        ::iconv(handle_, nullptr, nullptr, nullptr, nullptr);
        char* from = const_cast<char*>(in.data());  // iconv does not write there; POSIX forgot the const
        auto left = in.size();
        int error = E2BIG;
        while (error == E2BIG) {
            std::array<char, 512> buffer;
            char* to = buffer.data();
            auto room = buffer.size();
            auto const done = ::iconv(handle_, &from, &left, &to, &room);
            error = done == static_cast<std::size_t>(-1) ? errno : 0;
            if (error == 0)
                ::iconv(handle_, nullptr, nullptr, &to, &room);  // what a set with combining characters held back
            out.append(buffer.data(), static_cast<std::size_t>(to - buffer.data()));
        }
        in.remove_prefix(in.size() - left);
        return error;
    }

private:
    static ::iconv_t none() { return reinterpret_cast<::iconv_t>(-1); }

    ::iconv_t handle_ = none();
};

/// Null when the C library lacks it, which charsets_available() tells at start.
converter* to_utf8(code_set set)
{
    thread_local std::array<converter, std::size(rows) + 1> all;
    auto& one = all[static_cast<std::size_t>(set)];
    return one.open("UTF-8", row_of(set).iconv_name) ? &one : nullptr;
}

converter* from_utf8(code_set set)
{
    thread_local std::array<converter, std::size(rows) + 1> all;
    auto& one = all[static_cast<std::size_t>(set)];
    return one.open(row_of(set).iconv_name, "UTF-8") ? &one : nullptr;
}

constexpr std::size_t high_half = 128;
using half = std::array<char32_t, high_half>;

bool is_iso8859(code_set set)
{
    return set >= code_set::latin1 && set <= code_set::thai;
}

half read_half(code_set set)
{
    half characters{};
    auto* const c = to_utf8(set);
    if (!c)
        return characters;
    for (std::size_t i = is_iso8859(set) ? 0x20 : 0; i < high_half; ++i) {
        char const byte = static_cast<char>(0x80 + i);
        std::string_view in(&byte, 1);
        std::string out;
        if (c->convert(in, out) == 0 && !out.empty())
            characters[i] = utf8_character(out);
    }
    return characters;
}

half const& half_of(code_set set)
{
    static auto const all = [] {
        std::array<half, std::size(rows) + 1> halves{};
        for (auto const& r : rows)
            if (r.shape == single && r.set > code_set::jis_x0201)
                halves[static_cast<std::size_t>(r.set)] = read_half(r.set);
        return halves;
    }();
    return all[static_cast<std::size_t>(set)];
}

/// The characters that NEC and IBM put into holes of JIS X 0208, row 13 ("①", "㈱") and rows 89 to 92 ("髙"): many
/// encoders send them, and only the Shift_JIS of Windows has them.
bool vendor_kanji(unsigned char row, unsigned char cell, std::string& utf8)
{
    auto* const c = to_utf8(code_set::windows31j);
    if (!c)
        return false;
    auto const r = row - 0x21;
    auto const k = cell - 0x21;
    auto const lead = r / 2 + (r < 62 ? 0x81 : 0xC1);
    auto const trail = r % 2 == 0 ? k + (k < 63 ? 0x40 : 0x41) : k + 0x9F;
    char const bytes[] = {static_cast<char>(lead), static_cast<char>(trail)};
    std::string_view in(bytes, 2);
    std::string out;
    if (c->convert(in, out) != 0)
        return false;
    utf8 += out;
    return true;
}

std::size_t unit_size(code_set set)
{
    return set == code_set::jis_x0212 ? 3 : 2;
}

}  // namespace

std::span<code_set_row const> code_sets()
{
    return rows;
}

code_set_row const& row_of(code_set set)
{
    return rows[static_cast<std::size_t>(set) - 1];
}

char32_t high_character(code_set set, unsigned char byte)
{
    if (set == code_set::jis_x0201)
        return byte >= 0xA1 && byte <= 0xDF ? 0xFF61u + (byte - 0xA1u) : 0;
    if (set == code_set::latin1)
        return byte >= 0xA0 ? byte : 0;
    if (set <= code_set::ascii || row_of(set).shape != single)
        return 0;
    return half_of(set)[byte - 0x80u];
}

unsigned char high_byte(code_set set, char32_t character)
{
    if (character < 0x80)
        return 0;
    for (unsigned byte = 0x80; byte <= 0xFF; ++byte)
        if (high_character(set, static_cast<unsigned char>(byte)) == character)
            return static_cast<unsigned char>(byte);
    return 0;
}

std::uint32_t convert_pairs(code_set set, std::string_view bytes, std::string& utf8)
{
    std::string euc;
    euc.reserve(bytes.size() * 2);
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        if (set == code_set::jis_x0212)
            euc += '\x8F';
        euc += static_cast<char>(bytes[i] | 0x80);
        // The trail bytes of UHC below 0x80 are its own.
        euc += set == code_set::ks_x1001 && (bytes[i] & 0x80) ? bytes[i + 1] : static_cast<char>(bytes[i + 1] | 0x80);
    }
    std::uint32_t lost = 0;
    auto* const c = to_utf8(set);
    for (std::string_view rest(euc); !rest.empty();) {
        if (c && c->convert(rest, utf8) == 0)
            break;
        if (rest.empty())
            break;
        auto const low = [&](std::size_t i) { return static_cast<unsigned char>(rest[i] & 0x7F); };
        if (set != code_set::jis_x0208 || !vendor_kanji(low(0), low(1), utf8)) {
            utf8 += replacement;
            ++lost;
        }
        rest.remove_prefix(std::min(rest.size(), unit_size(set)));
    }
    return lost;
}

converted convert_whole(code_set set, std::string_view bytes, std::string& utf8)
{
    converted result;
    auto const start = utf8.size();
    auto const beyond_ascii = [&] {
        return std::any_of(utf8.begin() + static_cast<std::ptrdiff_t>(start), utf8.end(),
                           [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    };
    auto* const c = set == code_set::utf8 ? nullptr : to_utf8(set);
    while (!bytes.empty()) {
        bool at_end = false;
        if (set == code_set::utf8) {
            std::size_t valid = 0;
            for (std::size_t n; valid < bytes.size() && (n = utf8_length(bytes.substr(valid))) != 0;)
                valid += n;
            utf8 += bytes.substr(0, valid);
            bytes.remove_prefix(valid);
            at_end = is_cut_utf8(bytes);
        } else if (c) {
            auto const error = c->convert(bytes, utf8);
            at_end = error == EINVAL && !bytes.empty();
        }
        if (bytes.empty())
            break;
        result.cut = at_end && result.lost == 0 && beyond_ascii();
        ++result.lost;
        utf8 += replacement;
        bytes.remove_prefix(at_end ? bytes.size() : 1);
    }
    return result;
}

bool append_encoded(code_set set, char32_t character, std::string& bytes)
{
    auto const& row = row_of(set);
    if (set == code_set::utf8) {
        append_utf8(character, bytes);
        return true;
    }
    if (character < 0x80) {
        bytes += static_cast<char>(character);
        return true;
    }
    if (row.shape == single) {
        auto const byte = high_byte(set, character);
        if (byte)
            bytes += static_cast<char>(byte);
        return byte != 0;
    }
    auto* const c = from_utf8(set);
    if (!c)
        return false;
    std::string utf8;
    append_utf8(character, utf8);
    std::string_view in(utf8);
    std::string out;
    if (c->convert(in, out) != 0 || out.empty())
        return false;
    if (row.shape == whole) {
        bytes += out;
        return true;
    }
    if (set == code_set::jis_x0212) {
        if (out.size() != 3 || out[0] != '\x8F')
            return false;
        out.erase(0, 1);
    }
    auto const high = [](char byte) { return static_cast<unsigned char>(byte) >= 0xA1; };
    if (out.size() != 2 || !high(out[0]) || !high(out[1]))
        return false;
    for (auto const byte : out)
        bytes += row.g0 ? static_cast<char>(byte & 0x7F) : byte;
    return true;
}

bool charsets_available(std::string* missing)
{
    bool all = true;
    for (auto const& r : rows) {
        if (r.set <= code_set::jis_x0201 || r.set == code_set::utf8 || (to_utf8(r.set) && from_utf8(r.set)))
            continue;
        all = false;
        if (missing && missing->find(r.iconv_name) == std::string::npos)
            *missing += (missing->empty() ? "" : ", ") + std::string(r.iconv_name);
    }
    return all;
}

}  // namespace pons::mapping
