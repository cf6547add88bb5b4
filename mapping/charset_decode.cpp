#include "mapping/charset.hpp"
#include "mapping/utf8.hpp"

#include <algorithm>
#include <cstring>

namespace pons::mapping {

namespace {

constexpr char escape = '\x1B';

unsigned char byte_at(std::string_view bytes, std::size_t i)
{
    return static_cast<unsigned char>(bytes[i]);
}

/// TAB, LF, FF and CR, which text may hold (PS3.5 §6.1.3).
bool is_format_control(char c)
{
    return c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
}

bool is_delimiter(char c, text_form form)
{
    return form == text_form::names && (c == '^' || c == '=');
}

struct designation {
    code_set set = code_set::none;
    bool g0 = false;
    std::size_t size = 0;  // without ESC
};

/// What stands after an ESC. Beyond the tables of PS3.3 §C.12.1.1.2 some that ISO 2022 knows and old encoders use.
designation designation_at(std::string_view after_escape)
{
    if (after_escape.starts_with("(J"))
        return {code_set::jis_x0201, true, 2};
    for (auto const& row : code_sets())
        if (!row.escape.empty() && after_escape.starts_with(row.escape))
            return {row.set, row.g0, row.escape.size()};
    static constexpr struct {
        std::string_view escape;
        code_set set;
    } others[] = {
        {"$@", code_set::jis_x0208},
        {"$(B", code_set::jis_x0208},
        {"$(C", code_set::ks_x1001},
        {"$A", code_set::gb2312},
    };
    for (auto const& other : others)
        if (after_escape.starts_with(other.escape))
            return {other.set, true, other.escape.size()};
    return {};
}

bool is_pairs(code_set set)
{
    return row_of(set).shape == code_shape::pairs;
}

/// One value with code extensions (PS3.5 §6.1.2.5).
class extended_value {
public:
    extended_value(code_plan const& plan, text_form form, bool splits, std::string& utf8)
        : plan_(plan), form_(form), splits_(splits), utf8_(utf8)
    {
        reset();
    }

    /// Reads up to the end of the value and returns its size.
    std::size_t read(std::string_view bytes)
    {
        std::size_t i = 0;
        while (i < bytes.size()) {
            auto const c = bytes[i];
            if (c == escape) {
                i += 1 + designate(bytes.substr(i + 1));
            } else if (is_control(c)) {
                // Any control character ends a designation, the ones we drop too.
                reset();
                utf8_ += c;
                ++i;
            } else if (static_cast<unsigned char>(c) >= 0x80) {
                i += read_g1(bytes.substr(i));
            } else if (is_pairs(g0_) && c != ' ') {
                i += read_pairs(g0_, bytes.substr(i), 0x21, 0x7E);
            } else {
                if (c == '\\' && splits_)
                    return i;
                utf8_ += c;
                ++i;
                if (is_delimiter(c, form_))
                    reset();
            }
        }
        return i;
    }

    std::uint32_t lost() const { return lost_; }
    bool cut() const { return cut_; }

private:
    void reset()
    {
        g0_ = plan_.g0;
        g1_ = plan_.g1;
    }

    void lose()
    {
        utf8_ += replacement;
        ++lost_;
    }

    std::size_t designate(std::string_view after_escape)
    {
        auto const found = designation_at(after_escape);
        if (found.set == code_set::none)
            lose();
        else
            (found.g0 ? g0_ : g1_) = found.set;
        return found.size;
    }

    std::size_t read_g1(std::string_view bytes)
    {
        if (g1_ == code_set::ks_x1001)  // with the syllables of UHC, whose trail bytes are no delimiters
            return read_pairs(g1_, bytes, 0x81, 0xFE);
        if (g1_ != code_set::none && is_pairs(g1_))
            return read_pairs(g1_, bytes, 0xA1, 0xFE);
        auto const character = g1_ == code_set::none ? char32_t{0} : high_character(g1_, byte_at(bytes, 0));
        if (character == 0)
            lose();
        else
            append_utf8(character, utf8_);
        return 1;
    }

    std::size_t read_pairs(code_set set, std::string_view bytes, unsigned char low, unsigned char high)
    {
        auto const fits = [&](std::size_t i) { return byte_at(bytes, i) >= low && byte_at(bytes, i) <= high; };
        auto const trails = [&](std::size_t i) {
            return fits(i) || (low == 0x81 && byte_at(bytes, i) >= 0x41 && byte_at(bytes, i) <= 0x7A);
        };
        std::size_t end = 0;
        while (end + 1 < bytes.size() && fits(end) && trails(end + 1))
            end += 2;
        if (end == 0) {
            cut_ = bytes.size() == 1 && pairs_read_ && lost_ == 0;
            lose();
            return 1;
        }
        pairs_read_ = true;
        lost_ += convert_pairs(set, bytes.substr(0, end), utf8_);
        return end;
    }

    code_plan const& plan_;
    text_form form_;
    bool splits_;
    std::string& utf8_;
    code_set g0_{};
    code_set g1_{};
    std::uint32_t lost_ = 0;
    bool pairs_read_ = false;
    bool cut_ = false;
};

/// Where the first value of a whole set ends. In all of them but UTF-8 a trail byte may be 0x5C.
std::size_t value_size(code_set set, std::string_view bytes)
{
    std::size_t i = 0;
    while (i < bytes.size() && bytes[i] != '\\')
        i += set != code_set::utf8 && byte_at(bytes, i) >= 0x81 &&
                     !(set == code_set::windows31j && byte_at(bytes, i) >= 0xA1 && byte_at(bytes, i) <= 0xDF)
                 ? 2
                 : 1;
    return std::min(i, bytes.size());
}

struct reading {
    std::size_t size = 0;  // of the value
    std::uint32_t lost = 0;
    bool cut = false;
};

/// Reads the first value, or all of `bytes` when it `splits` no more.
reading read_value(std::string_view bytes, code_plan const& plan, text_form form, bool splits, std::string& utf8)
{
    auto const size = splits && plan.whole != code_set::none ? value_size(plan.whole, bytes) : bytes.size();
    auto const value = bytes.substr(0, size);
    // Escape sequences and nothing above ASCII, in a set that has none: code extensions, relabelled on the way.
    bool const relabelled = plan.whole != code_set::none && value.find(escape) != value.npos &&
                            std::ranges::none_of(value, [](char c) { return (c & 0x80) != 0; });
    if (plan.whole == code_set::none || relabelled) {
        auto const from = relabelled ? code_plan{} : plan;
        extended_value extended(from, form, splits && !relabelled, utf8);
        auto const read = extended.read(value);
        return {read, extended.lost(), extended.cut()};
    }
    auto const done = convert_whole(plan.whole, value, utf8);
    return {size, done.lost, done.cut};
}

constexpr code_plan utf8_plan{code_set::utf8, code_set::ascii, code_set::none};

/// Whether the label is one that stands on UTF-8 text so often that valid UTF-8 is believed more than the label.
bool doubtful(code_plan const& plan)
{
    return plan.whole == code_set::none && (plan.g1 == code_set::latin1 || plan.g1 == code_set::latin5);
}

/// Appends the first value and returns its size; adds to `lost`.
std::size_t append_value(std::string_view bytes, code_plan const& plan, charset const& as, text_form form,
                         std::string& utf8, std::uint32_t& lost)
{
    auto const start = utf8.size();
    bool const splits = form != text_form::text;
    auto const first = read_value(bytes, plan, form, splits, utf8);
    auto const value = bytes.substr(0, first.size);
    auto const instead = [&](code_plan const& other) {
        utf8.resize(start);
        return read_value(value, other, form, false, utf8);
    };

    auto best = first;
    if ((doubtful(plan) || as.is_relabelled()) && reads_as_utf8(value)) {
        best = instead(utf8_plan);
    } else if (first.lost != 0 && !first.cut) {
        if (reads_as_utf8(value)) {
            best = instead(utf8_plan);
        } else if (as.has_fallback()) {
            best = instead(as.fallback());
            if (best.lost != 0 && as.has_label()) {
                utf8.resize(start);
                best = read_value(bytes, plan, form, splits, utf8);
            }
        }
    }
    lost += best.lost;

    auto const is_dropped = [](char c) { return is_control(c) && !is_format_control(c); };
    utf8.erase(std::remove_if(utf8.begin() + static_cast<std::ptrdiff_t>(start), utf8.end(), is_dropped), utf8.end());
    return first.size;
}

}  // namespace

bool is_plain(std::string_view bytes)
{
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t tops = 0x80 * ones;
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, bytes.data() + i, 8);
        // A top bit is set where the byte is below 0x20, is 0x7F or has its own.
        auto const below_space = eight - 0x20 * ones;
        auto const above_tilde = eight + ones;
        if (((below_space | above_tilde | eight) & tops) != 0)
            return false;
    }
    return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(i), bytes.end(),
                       [](char c) { return c >= ' ' && c < '\x7F'; });
}

bool reads_as_utf8(std::string_view bytes)
{
    bool beyond_ascii = false;
    for (std::size_t size; (size = utf8_length(bytes)) != 0; bytes.remove_prefix(size))
        beyond_ascii = beyond_ascii || size > 1;
    return beyond_ascii && (bytes.empty() || is_cut_utf8(bytes));
}

std::uint32_t decode(std::string_view bytes, charset const& as, text_form form, std::string& utf8)
{
    if (is_plain(bytes)) {
        utf8 += bytes;
        return 0;
    }
    auto plan = as.plan();
    if (!as.has_label()) {
        if (reads_as_utf8(bytes))
            plan = utf8_plan;
        else if (as.has_fallback())
            plan = as.fallback();
    }
    std::uint32_t lost = 0;
    for (;;) {
        bytes.remove_prefix(append_value(bytes, plan, as, form, utf8, lost));
        if (bytes.empty())
            return lost;
        bytes.remove_prefix(1);
        utf8 += '\\';
        if (bytes.empty())
            return lost;
    }
}

}  // namespace pons::mapping
