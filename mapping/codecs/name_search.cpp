#include "mapping/codecs/name_search.hpp"

#include "mapping/codecs/folding.hpp"
#include "mapping/data_set.hpp"

#include <algorithm>
#include <span>

namespace pons::mapping::codecs {

namespace {

bool goes_on_with(folded_reader& in, std::u32string_view needle)
{
    return std::ranges::all_of(needle, [&](char32_t c) { return in.next() == c; });
}

/// Whether `f` says yes to one of the words of `text`, when it has several.
template <class F>
bool any_word(std::string_view text, F&& f)
{
    if (text.find(' ') == text.npos)
        return false;
    while (!text.empty()) {
        auto at = std::min(text.find(' '), text.size());
        if (at != 0 && f(text.substr(0, at)))
            return true;
        text.remove_prefix(std::min(at + 1, text.size()));
    }
    return false;
}

bool fits_in_a_component(std::string_view value)
{
    return std::ranges::none_of(
        value, [](unsigned char c) { return c == '\\' || c == '^' || c == '=' || c < 0x20 || c == 0x7F; });
}

constexpr bool is_plain(char32_t c, name_letters letters)
{
    constexpr std::u32string_view sure = U"bfmpqvx", accented_in_the_west = U"aceinouy";
    if (c >= '0' && c <= '9')
        return true;
    if (letters == name_letters::sure)
        return sure.find(c) != sure.npos;
    return c >= 'a' && c <= 'z' && accented_in_the_west.find(c) == accented_in_the_west.npos;
}
constexpr bool is_ideograph(char32_t c)
{
    return (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF);
}

/// The two letters into which one letter of the archive's may fold.
constexpr bool is_folded_pair(char32_t a, char32_t b)
{
    return (a == 's' && b == 's') || ((a == 'a' || a == 'o') && b == 'e') || (a == 't' && b == 'h');
}

/// A word as a pattern, `*` for what is not certain.
struct pattern {
    std::string text;
    std::size_t literals = 0;
    bool ascii = true;

    void wild()
    {
        if (!text.ends_with('*'))
            text.push_back('*');
    }
    void literal(char32_t c)
    {
        ++literals;
        if (c < 0x80) {
            text.push_back(static_cast<char>(c));
            return;
        }
        ascii = false;
        wild();  // a variation selector may stand between
        text.push_back(static_cast<char>(0xE0 | c >> 12));
        text.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
        text.push_back(static_cast<char>(0x80 | (c & 0x3F)));
        ++literals;  // says as much as two letters
    }
};

/// `cut_front`, `cut_back`: the word may be the rest or the beginning of a longer one, so that its first or last letter
/// may be half of a pair.
pattern to_pattern(std::u32string_view word, bool cut_front, bool cut_back, name_letters letters)
{
    pattern p;
    p.wild();
    for (std::size_t i = 0; i != word.size(); ++i) {
        auto c = word[i];
        bool first = i == 0;
        bool last = i + 1 == word.size();
        bool pair = (!first && is_folded_pair(word[i - 1], c)) || (!last && is_folded_pair(c, word[i + 1])) ||
                    (first && cut_front && (c == 's' || c == 'e' || c == 'h')) ||
                    (last && cut_back && (c == 's' || c == 'a' || c == 'o' || c == 't'));
        if (!pair && (is_plain(c, letters) || is_ideograph(c)))
            p.literal(c);
        else
            p.wild();
    }
    p.wild();
    return p;
}

}  // namespace

name_query::name_query(name_part part, string_match how, std::string_view value)
    : part_(part),
      how_(how),
      impossible_(!fits_in_a_component(value)),
      value_(trim(value, "PN"_vr)),
      needle_(fold(value_, how == string_match::exact ? folding::none : folding::search))
{
    impossible_ = impossible_ || needle_.empty();
}

bool name_query::meets(std::span<std::string_view const> pieces) const
{
    folded_reader in(pieces, how_ == string_match::exact ? folding::none : folding::search);
    switch (how_) {
        case string_match::starts_with:
            return goes_on_with(in, needle_);
        case string_match::exact:
            return goes_on_with(in, needle_) && in.next() == folded_reader::end;
        case string_match::contains:
            break;
    }
    for (auto c = in.next(); c != folded_reader::end; c = in.next()) {
        if (c != needle_.front())
            continue;
        auto probe = in;
        if (goes_on_with(probe, std::u32string_view(needle_).substr(1)))
            return true;
    }
    return false;
}

bool name_query::matches(person_name const& name) const
{
    if (impossible_)
        return false;
    auto one = [&](std::string_view text) { return !text.empty() && meets({&text, 1}); };
    // What is in a word or a component is in the whole as well.
    bool whole_alone = how_ == string_match::contains;
    auto one_or_word = [&](std::string_view text) { return one(text) || (!whole_alone && any_word(text, one)); };
    for (auto const* group : name.groups()) {
        if (group->empty())
            continue;
        if (part_ == name_part::any) {
            auto text = display_pieces(*group, group != &name.alphabetic);
            if (meets({text.pieces.data(), text.count}))
                return true;
            if (whole_alone)
                continue;
            if (one(group->prefix) || one(group->suffix))
                return true;
        }
        if (part_ != name_part::given && one(group->family))
            return true;
        if (part_ != name_part::family && (one_or_word(group->given) || one_or_word(group->middle)))
            return true;
    }
    return false;
}

std::optional<name_query::key> name_query::to_key(name_letters letters) const
{
    if (impossible_)
        return std::nullopt;
    auto folded = fold(value_, folding::search);
    pattern best;
    std::u32string_view rest = folded;
    for (bool first = true; !rest.empty(); first = false) {
        auto at = std::min(rest.find(U' '), rest.size());
        bool last = at == rest.size();
        auto p = to_pattern(rest.substr(0, at), first && how_ == string_match::contains,
                            last && how_ != string_match::exact, letters);
        // A word in ASCII is safer than one that says more.
        if (p.literals >= 2 &&
            (best.literals < 2 || p.ascii > best.ascii || (p.ascii == best.ascii && p.literals > best.literals)))
            best = std::move(p);
        rest.remove_prefix(std::min(at + 1, rest.size()));
    }
    if (best.literals < 2)
        return std::nullopt;
    return key{std::move(best.text), best.ascii};
}

bool has_part(person_name const& name, name_part part)
{
    return std::ranges::any_of(name.groups(), [&](name_group const* group) {
        switch (part) {
            case name_part::family:
                return !group->family.empty();
            case name_part::given:
                return !group->given.empty() || !group->middle.empty();
            case name_part::any:
                break;
        }
        return !group->empty();
    });
}

std::string widen_accents(std::string_view name_key, name_letters letters)
{
    std::string wide;
    for (char const c : name_key) {
        auto const small = static_cast<char32_t>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        bool const is_letter = (small >= 'a' && small <= 'z') || static_cast<unsigned char>(c) >= 0x80;
        if (c != '*' && (!is_letter || is_plain(small, letters)))
            wide.push_back(c);
        else if (!wide.ends_with('*'))
            wide.push_back('*');
    }
    return wide;
}

}  // namespace pons::mapping::codecs
