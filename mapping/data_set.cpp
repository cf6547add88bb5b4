#include "mapping/data_set.hpp"

#include "mapping/short_copy.hpp"

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

data_set::element const* data_set::find(tag t) const
{
    auto const position = index_[slot(t)];
    if (position == 0)
        return nullptr;
    auto const there = elements_.begin() + (position - 1);
    if (there < elements_.end() && there->t == t)
        return &*there;
    auto const at = std::ranges::lower_bound(elements_, t, {}, &element::t);
    return at != elements_.end() && at->t == t ? &*at : nullptr;
}

/// Null when it is there already. Archives write attributes in ascending order, so the new one is nearly always last.
inline data_set::element* data_set::insert(tag t, vr as)
{
    auto const count = elements_.size();
    if (count == 0 || count == elements_.capacity() || elements_.back().t >= t)
        return insert_otherwise(t, as);
    index_[slot(t)] = static_cast<std::uint8_t>(std::min<std::size_t>(count + 1, 255));
    return &elements_.emplace_back(element{.t = t, .as = as});
}

data_set::element* data_set::insert_otherwise(tag t, vr as)
{
    if (elements_.empty())
        elements_.reserve(8);
    auto const at = std::ranges::lower_bound(elements_, t, {}, &element::t);
    if (at != elements_.end() && at->t == t)
        return nullptr;
    auto const position = static_cast<std::size_t>(at - elements_.begin()) + 1;
    index_[slot(t)] = static_cast<std::uint8_t>(std::min<std::size_t>(position, 255));
    return &*elements_.insert(at, element{.t = t, .as = as});
}

inline data_set::span_of_text data_set::store(std::string_view utf8, vr as)
{
    auto const plain = [](char c) { return c != ' ' && c != '\0'; };
    if (utf8.empty() || !plain(utf8.front()) || !plain(utf8.back()))
        utf8 = trim(utf8, as);
    if (utf8.size() > text_.size() - used_)
        make_room(utf8.size());
    span_of_text const place{used_, static_cast<std::uint32_t>(utf8.size())};
    copy(text_.data() + used_, utf8);
    used_ += place.size;
    return place;
}

void data_set::make_room(std::size_t size)
{
    text_.resize((used_ + size) * 2 + slack);
}

void data_set::expect_row()
{
    elements_.reserve(24);
    text_.resize(400);
}

bool data_set::begin(tag t, vr as)
{
    auto const* const e = insert(t, as);
    open_ = e ? static_cast<std::uint32_t>(e - elements_.data()) : none;
    return e != nullptr;
}

void data_set::add_one(tag t, vr as, std::string_view utf8)
{
    open_ = none;
    if (auto* const e = insert(t, as))
        hold(*e, store(utf8, as));
}

void data_set::value(std::string_view utf8)
{
    if (open_ == none)
        return;
    auto& e = elements_[open_];
    auto const place = store(utf8, e.as);
    if (e.what == holds::nothing)
        return hold(e, place);
    if (e.what == holds::value) {
        auto const first = static_cast<std::uint32_t>(values_.size());
        values_.reserve(std::max<std::size_t>(4, values_.size() * 2));
        values_.push_back({e.at, e.size});
        e = {.t = e.t, .as = e.as, .what = holds::values, .at = first, .size = 1};
    }
    values_.push_back(place);
    ++e.size;
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
    auto* const e = insert(t, "SQ"_vr);
    if (!e)
        return nullptr;
    e->what = holds::items;
    e->at = static_cast<std::uint32_t>(sequences_.size());
    return &sequences_.emplace_back();
}

std::string_view data_set::text(tag t) const
{
    auto const* const e = find(t);
    return e && e->what == holds::value ? view({e->at, e->size}) : text(t, 0);
}

std::size_t data_set::count(tag t) const
{
    auto const* const e = find(t);
    return !e ? 0 : e->what == holds::value ? 1 : e->what == holds::values ? e->size : 0;
}

std::string_view data_set::text(tag t, std::size_t index) const
{
    auto const* const e = find(t);
    if (e && e->what == holds::value && index == 0)
        return view({e->at, e->size});
    return e && e->what == holds::values && index < e->size ? view(values_[e->at + index]) : std::string_view();
}

std::span<data_set const> data_set::items(tag t) const
{
    auto const* const e = find(t);
    return e && e->what == holds::items ? std::span<data_set const>(sequences_[e->at]) : std::span<data_set const>();
}

bool operator==(data_set const& a, data_set const& b)
{
    auto const equal = [&](data_set::element const& x, data_set::element const& y) {
        if (x.t != y.t || x.what != y.what || a.count(x.t) != b.count(y.t))
            return false;
        if (x.what == data_set::holds::items)
            return std::ranges::equal(a.items(x.t), b.items(y.t));
        for (std::size_t i = 0; i < a.count(x.t); ++i)
            if (a.text(x.t, i) != b.text(y.t, i))
                return false;
        return true;
    };
    return std::ranges::equal(a.elements_, b.elements_, equal);
}

}  // namespace pons::mapping
