#include "mapping/data_set.hpp"

#include <algorithm>

namespace pons::mapping {

namespace {

constexpr bool leading_spaces_count(vr as)
{
    return as == "ST"_vr || as == "LT"_vr || as == "UT"_vr || as == "UC"_vr;
}

}  // namespace

std::string_view trim(std::string_view value, vr as)
{
    while (!value.empty() && (value.back() == ' ' || value.back() == '\0'))
        value.remove_suffix(1);
    if (!leading_spaces_count(as))
        while (!value.empty() && value.front() == ' ')
            value.remove_prefix(1);
    return value;
}

data_set::data_set()
{
    // What a row of a search holds, so that most rows allocate three times.
    elements_.reserve(32);
    values_.reserve(32);
    text_.reserve(512);
}

data_set::element const* data_set::find(tag t) const
{
    auto const at = std::ranges::lower_bound(elements_, t, {}, &element::t);
    return at != elements_.end() && at->t == t ? &*at : nullptr;
}

data_set::element* data_set::insert(tag t, vr as, bool sequence)
{
    auto at = elements_.end();
    if (!elements_.empty() && elements_.back().t >= t) {
        at = std::ranges::lower_bound(elements_, t, {}, &element::t);
        if (at->t == t)
            return nullptr;
    }
    auto const first = sequence ? sequences_.size() : values_.size();
    return &*elements_.insert(at, {t, as, sequence, static_cast<std::uint32_t>(first), 0});
}

bool data_set::begin(tag t, vr as)
{
    auto const* const e = insert(t, as, false);
    open_ = e ? static_cast<std::uint32_t>(e - elements_.data()) : none;
    return e != nullptr;
}

void data_set::value(std::string_view utf8)
{
    if (open_ == none)
        return;
    auto& e = elements_[open_];
    auto const trimmed = trim(utf8, e.as);
    values_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(trimmed.size())});
    text_.append(trimmed);
    ++e.count;
}

void data_set::add(tag t, vr as, std::span<std::string_view const> values)
{
    if (!begin(t, as))
        return;
    for (auto const v : values)
        value(v);
}

void data_set::add(tag t, vr as, std::initializer_list<std::string_view> values)
{
    add(t, as, std::span(values.begin(), values.size()));
}

void data_set::add(tag t, std::string_view text)
{
    auto const* const known = find_attribute(t);
    add(t, known ? known->vr : "UN"_vr, {text});
}

std::vector<data_set>* data_set::add_sequence(tag t)
{
    open_ = none;
    return insert(t, "SQ"_vr, true) ? &sequences_.emplace_back() : nullptr;
}

std::string_view data_set::text(tag t) const
{
    return text(t, 0);
}

std::size_t data_set::count(tag t) const
{
    auto const* const e = find(t);
    return e && !e->sequence ? e->count : 0;
}

std::string_view data_set::text(tag t, std::size_t index) const
{
    auto const* const e = find(t);
    if (!e || e->sequence || index >= e->count)
        return {};
    auto const v = values_[e->first + index];
    return std::string_view(text_).substr(v.offset, v.size);
}

std::span<data_set const> data_set::items(tag t) const
{
    auto const* const e = find(t);
    return e && e->sequence ? std::span<data_set const>(sequences_[e->first]) : std::span<data_set const>();
}

bool operator==(data_set const& a, data_set const& b)
{
    auto const equal = [&](data_set::element const& x, data_set::element const& y) {
        if (x.t != y.t || x.sequence != y.sequence || x.count != y.count)
            return false;
        if (x.sequence)
            return std::ranges::equal(a.items(x.t), b.items(y.t));
        for (std::size_t i = 0; i < x.count; ++i)
            if (a.text(x.t, i) != b.text(y.t, i))
                return false;
        return true;
    };
    return std::ranges::equal(a.elements_, b.elements_, equal);
}

}  // namespace pons::mapping
