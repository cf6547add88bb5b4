#include "render/element_reader.hpp"

#include "mapping/element_values.hpp"
#include "render/vr_dictionary.hpp"

#include <array>

namespace pons::render {

namespace {

using mapping::operator""_vr;
using kind = event::kind;

constexpr tag item{0xFFFEE000};
constexpr tag item_delimiter{0xFFFEE00D};
constexpr tag sequence_delimiter{0xFFFEE0DD};

bool is_letter(std::byte b)
{
    return b >= std::byte{'A'} && b <= std::byte{'Z'};
}

// A delimiter where a length says enough: it does no harm.
event const nothing{.what = kind::nothing};

auto malformed(tag at)
{
    return fail(errc::malformed, mapping::describe(at));
}

}  // namespace

element_reader::element_reader(input& from, encoding as, reader_limits limits) : from_(from), limits_(limits)
{
    levels_.push_back({.as = as});
}

event element_reader::here() const
{
    event e;
    e.as = levels_.back().as;
    e.depth = depth_;
    e.inside_un = levels_.back().un;
    return e;
}

bool element_reader::take(std::span<std::byte> into)
{
    position_ += into.size();
    return from_.read_all(into);
}

bool element_reader::fits(std::uint64_t length) const
{
    auto const& at = levels_.back();
    return at.undefined || (position_ <= at.end && length <= at.end - position_);
}

std::size_t element_reader::read(std::span<std::byte> into)
{
    if (into.size() > left_)
        into = into.first(left_);
    if (into.empty())
        return 0;
    auto const got = from_.read(into);
    left_ -= static_cast<std::uint32_t>(got);
    position_ += got;
    broken_ = broken_ || got == 0;
    return got;
}

result<std::vector<std::byte>> element_reader::value(std::uint32_t limit)
{
    if (left_ > limit)
        return fail(errc::too_large);
    std::vector<std::byte> bytes(left_);
    broken_ = broken_ || !take(bytes);
    left_ = 0;
    if (broken_)
        return fail(errc::malformed);
    return bytes;
}

result<event> element_reader::next()
{
    auto e = step();
    while (e && e->what == kind::nothing)
        e = step();
    return e;
}

result<event> element_reader::step()
{
    position_ += left_;
    if (broken_ || !from_.skip(left_))
        return fail(errc::malformed, "a value that is cut off");
    left_ = 0;
    if (++elements_ > limits_.elements)
        return fail(errc::too_large, "number of elements");
    auto const& at = levels_.back();
    if (!at.undefined && position_ == at.end)
        return leave(at.sequence ? kind::sequence_end : kind::item_end);
    return at.sequence ? next_item() : next_element();
}

result<event> element_reader::leave(event::kind what)
{
    auto const undefined = levels_.back().undefined;
    levels_.pop_back();
    depth_ -= what == kind::sequence_end ? 1 : 0;
    auto e = here();
    e.what = what;
    e.length = undefined ? undefined_length : 0;
    // What ends by its length may end what is around it too; one that ends by a delimiter must fit into it.
    if (!fits(0))
        return malformed(e.t);
    return e;
}

result<event> element_reader::enter(event e, level inside)
{
    if (inside.sequence && ++depth_ > limits_.depth)
        return fail(errc::too_deep, mapping::describe(e.t));
    inside.un = inside.un || levels_.back().un;
    inside.undefined = e.length == undefined_length;
    inside.end = position_ + e.length;
    if (!inside.undefined && !fits(e.length))
        return malformed(e.t);
    levels_.push_back(inside);
    return e;
}

bool element_reader::read_header(event& e)
{
    std::array<std::byte, 8> raw;
    if (!fits(raw.size()) || !take(raw))
        return false;
    auto const big = e.as == encoding::explicit_be;
    e.t = tag{mapping::number<std::uint16_t>(raw.data(), big) * 0x10000u +
              mapping::number<std::uint16_t>(raw.data() + 2, big)};
    e.length = mapping::number<std::uint32_t>(raw.data() + 4, big);
    if (group(e.t) == 0xFFFE)
        return true;
    if (e.as == encoding::implicit_le) {
        e.vr = vr_by_dictionary(e.t, signed_);
        return true;
    }
    // "??" was written for an unknown VR by some, with a short length.
    if (!(is_letter(raw[4]) && is_letter(raw[5])) && !(raw[4] == std::byte{'?'} && raw[5] == raw[4]))
        return false;
    e.vr = mapping::vr_of(static_cast<char>(raw[4]), static_cast<char>(raw[5]));
    e.length = mapping::number<std::uint16_t>(raw.data() + 6, big);
    if (!mapping::has_long_length(e.vr))
        return true;
    std::array<std::byte, 4> length;
    if (!fits(length.size()) || !take(length))
        return false;
    e.length = mapping::number<std::uint32_t>(length.data(), big);
    return true;
}

result<event> element_reader::next_element()
{
    auto e = here();
    // One byte of zero may follow an odd data set, since a PDV is even (PS3.8 §9.3.1).
    if (levels_.size() == 1) {
        auto const coming = from_.peek(2);
        if (coming.empty() || (coming.size() == 1 && coming[0] == std::byte{0}))
            return e;
    }
    if (!read_header(e))
        return malformed(e.t);
    if (e.t == item_delimiter && levels_.size() > 1) {
        if (levels_.back().undefined)
            return leave(kind::item_end);
        return nothing;
    }
    if (group(e.t) == 0xFFFE || (e.length != undefined_length && !fits(e.length)))
        return malformed(e.t);

    auto const text_of_un = e.vr == "UN"_vr && e.length == undefined_length;
    if (e.length == undefined_length && e.vr != "SQ"_vr && !text_of_un) {
        e.what = kind::fragments;
        if (e.vr != "OB"_vr && e.vr != "OW"_vr)
            return malformed(e.t);
        return enter(e, {.sequence = true, .fragments = true, .as = e.as});
    }
    if (e.vr == "SQ"_vr || text_of_un) {
        e.what = kind::sequence;
        bool const un = text_of_un && e.as != encoding::implicit_le;
        return enter(e, {.sequence = true, .un = un, .as = un ? encoding::implicit_le : e.as});
    }
    e.what = kind::value;
    left_ = e.length;
    return e;
}

result<event> element_reader::next_item()
{
    auto e = here();
    if (!read_header(e))
        return malformed(e.t);
    if (e.t == sequence_delimiter) {
        if (levels_.back().undefined)
            return leave(kind::sequence_end);
        return nothing;
    }
    if (e.t != item)
        return malformed(e.t);
    if (levels_.back().fragments) {
        if (e.length == undefined_length || !fits(e.length))
            return malformed(e.t);
        e.what = kind::fragment;
        left_ = e.length;
        return e;
    }
    e.what = kind::item;
    return enter(e, {.as = e.as});
}

}  // namespace pons::render
