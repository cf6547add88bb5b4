#pragma once

#include "mapping/dictionary.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pons::mapping {

/// Without the padding that PS3.5 §6.2 allows for `as`.
std::string_view trim(std::string_view value, vr as);

/// One DICOM data set by the DICOM JSON Model (PS3.18 Annex F), whichever way it came: every value as UTF-8 text.
///
/// A value is the text between two backslashes, so numbers are text too ("4", as IS and DS are on the wire) and a
/// person name keeps its groups ("Yamada^Tarou=山田^太郎=やまだ^たろう", PS3.5 §6.2.1). AT is eight hexadecimal digits.
/// Padding is gone: leading and trailing spaces (trailing only for ST, LT, UT, UC) and trailing NULs (PS3.5 §6.2).
/// An empty value in the middle keeps its place; an attribute without value is present and empty. Bulk data (OB, OW,
/// UN, …) is present without values. Element order does not matter; a repeated element: the first stays.
///
/// Values live in the data set; views of them end when it is changed, moved or gone.
class data_set {
public:
    // --- building -----------------------------------------------------------------------------------------------

    /// Adds an attribute with all its values. No effect when `t` is there already.
    void add(tag t, vr as, std::initializer_list<std::string_view> values);
    void add(tag t, vr as, std::span<std::string_view const> values);
    /// The same, VR by the dictionary ("UN" for a tag it does not hold).
    void add(tag t, std::string_view value);

    /// Makes room for what a row of a search usually holds, at once.
    void expect_row();

    /// Opens an attribute to which `value` adds one value after the other. False when `t` is there already: its
    /// values then go nowhere.
    bool begin(tag t, vr as);
    void value(std::string_view utf8);
    /// Both at once, for the attribute with one value.
    void add_one(tag t, vr as, std::string_view utf8);
    /// The quick way for a reader: the same for a value without padding, behind which `slack` bytes can be read. False,
    /// and nothing is added, when it is no such easy case: `t` is not behind all others, or the space is used up.
    bool append(tag t, vr as, std::string_view utf8);
    static constexpr std::size_t slack = 16;

    /// Adds a sequence attribute and returns its items, to be filled before the next attribute is added; null when `t`
    /// is there already.
    std::vector<data_set>* add_sequence(tag t);

    // --- reading ------------------------------------------------------------------------------------------------

    bool contains(tag t) const { return find(t) != nullptr; }
    bool empty() const { return elements_.empty(); }
    /// The first value, empty when there is none.
    std::string_view text(tag t) const;
    /// How many values there are, empty ones included; 0 when absent or empty.
    std::size_t count(tag t) const;
    /// The value at `index`, empty when there is none.
    std::string_view text(tag t, std::size_t index) const;
    /// The items of a sequence; none when absent.
    std::span<data_set const> items(tag t) const;

    /// Calls `f(tag, vr, is_sequence)` for each attribute, ascending by tag.
    template <class F>
    void for_each(F&& f) const
    {
        for (auto const& e : elements_)
            f(e.t, e.as, e.what == holds::items);
    }

    friend bool operator==(data_set const& a, data_set const& b);

private:
    struct span_of_text {
        std::uint32_t offset;
        std::uint32_t size;
    };
    enum class holds : std::uint8_t { nothing, value, values, items };

    struct element {
        tag t;
        vr as;
        holds what = holds::nothing;
        std::uint32_t at = 0;    // of a value: its begin in text_; of values: in values_; of items: in sequences_
        std::uint32_t size = 0;  // of a value: its length; of values: how many
    };

    element const* find(tag t) const;
    std::string_view view(span_of_text v) const { return {text_.data() + v.offset, v.size}; }
    static void hold(element& e, span_of_text one)
    {
        e.what = holds::value;
        e.at = one.offset;
        e.size = one.size;
    }

    element* insert(tag t, vr as);
    element* insert_otherwise(tag t, vr as);
    span_of_text store(std::string_view utf8, vr as);
    void make_room(std::size_t size);
    static std::size_t slot(tag t) { return static_cast<std::uint32_t>(t) * 0x9E3779B1u >> 26; }

    std::vector<element> elements_;         // ascending by tag
    std::array<std::uint8_t, 64> index_{};  // by slot: position + 1 of an element, 0 when there is none
    std::vector<span_of_text> values_;
    std::vector<char> text_;  // its first used_ characters
    std::uint32_t used_ = 0;
    std::vector<std::vector<data_set>> sequences_;
    std::uint32_t open_ = none;  // the element that takes values

    static constexpr std::uint32_t none = ~std::uint32_t{0};
};

[[gnu::always_inline]] inline bool data_set::append(tag t, vr as, std::string_view utf8)
{
    auto const count = elements_.size();
    if (count == elements_.capacity() || (count != 0 && elements_.back().t >= t) ||
        utf8.size() + slack > text_.size() - used_)
        return false;
    auto const size = static_cast<std::uint32_t>(utf8.size());
    index_[slot(t)] = static_cast<std::uint8_t>(std::min<std::size_t>(count + 1, 255));
    elements_.push_back({.t = t, .as = as, .what = holds::value, .at = used_, .size = size});
    auto* const to = text_.data() + used_;
    used_ += size;
    open_ = none;
    for (std::size_t i = 0; i < utf8.size(); i += slack)
        std::memcpy(to + i, utf8.data() + i, slack);
    return true;
}

}  // namespace pons::mapping
