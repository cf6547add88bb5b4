#include "mapping/metadata_cutter.hpp"

#include "mapping/binary.hpp"
#include "mapping/element_values.hpp"
#include "mapping/tables/value_representation.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace pons::mapping {

namespace {

constexpr tag item{0xFFFEE000};
constexpr tag item_delimiter{0xFFFEE00D};
constexpr tag sequence_delimiter{0xFFFEE0DD};
constexpr tag pixel_representation{0x00280103};
constexpr tag trailing_padding{0xFFFCFFFC};
constexpr std::uint32_t undefined_length = 0xFFFFFFFF;

tl::unexpected<failure> malformed(tag t)
{
    return fail(stream_errc::malformed_data_set, describe(t));
}

/// "??" was written for an unknown VR by some.
bool is_vr(std::byte first, std::byte second)
{
    auto const letter = [](std::byte b) { return b >= std::byte{'A'} && b <= std::byte{'Z'}; };
    return (letter(first) && letter(second)) || (first == std::byte{'?'} && second == first);
}

}  // namespace

metadata_cutter::metadata_cutter(encoding as) : big_(as == encoding::explicit_be)
{
    frames_.push_back({.implicit = as == encoding::implicit_le, .end = ~std::uint64_t{0}});
}

metadata_cutter::metadata_cutter(encoding as, std::string_view place) : big_(as == encoding::explicit_be), place_(place)
{
    frames_.push_back({.implicit = as == encoding::implicit_le, .end = ~std::uint64_t{0}});
    last_ = tag_from_hex(place.substr(place.rfind('/') + 1)).value_or(tag{});
}

/// Whether `head_` holds a whole header (PS3.5 §7.1).
bool metadata_cutter::has_header() const
{
    if (head_size_ < 8)
        return false;
    auto const group = number<std::uint16_t>(head_.data(), big_);
    if (head_size_ == head_.size() || group == 0xFFFE || frames_.back().implicit)
        return true;
    return !has_long_length(vr_of(static_cast<char>(head_[4]), static_cast<char>(head_[5])));
}

metadata_cutter::header metadata_cutter::parse() const
{
    auto const* const p = head_.data();
    header h;
    h.t = tag{number<std::uint16_t>(p, big_) * 0x10000u + number<std::uint16_t>(p + 2, big_)};
    if (group(h.t) == 0xFFFE || frames_.back().implicit) {
        h.length = number<std::uint32_t>(p + 4, big_);
        return h;
    }
    h.as = vr_of(static_cast<char>(p[4]), static_cast<char>(p[5]));
    h.length = head_size_ == head_.size() ? number<std::uint32_t>(p + 8, big_) : number<std::uint16_t>(p + 6, big_);
    return h;
}

bool metadata_cutter::fits(std::uint32_t length) const
{
    return length <= frames_.back().end - position_;
}

/// Frames that have a length and are at their end.
void metadata_cutter::leave_ended()
{
    while (frames_.size() > 1 && !frames_.back().undefined && position_ >= frames_.back().end)
        leave();
}

void metadata_cutter::leave()
{
    auto const& f = frames_.back();
    whole_ = whole_ || f.wanted;
    if (!f.fragments)
        tell_item(f.sequence ? sequence_delimiter : item_delimiter);
    frames_.pop_back();
}

result<void> metadata_cutter::put(std::span<std::byte const> bytes)
{
    pieces_.clear();
    while (!bytes.empty()) {
        if (auto& left = copying_ != 0 ? copying_ : skipping_; left != 0) {
            auto const now = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size())));
            if (copying_ != 0)
                held_.insert(held_.end(), now.begin(), now.end());
            else if (handing_out_)
                pieces_.push_back(now);
            left -= now.size();
            position_ += now.size();
            bytes = bytes.subspan(now.size());
            if (left == 0 && std::exchange(copies_sign_, false))
                is_signed_ = number<std::uint16_t>(held_.data() + held_.size() - 2, big_) == 1;
            if (left == 0 && std::exchange(handing_out_, false))
                whole_ = !found_->encapsulated;
            continue;
        }
        if (head_size_ == 0)
            leave_ended();
        head_[head_size_++] = bytes.front();
        ++position_;
        bytes = bytes.subspan(1);
        if (!has_header())
            continue;
        auto const h = parse();
        if (group(h.t) != 0xFFFE && !frames_.back().implicit && !is_vr(head_[4], head_[5]))
            return malformed(h.t);
        head_size_ = 0;
        if (auto const taken = take(h); !taken)
            return taken;
        if (held_.size() + copying_ > max_held)
            return fail(stream_errc::too_large, describe(h.t));
    }
    return {};
}

result<void> metadata_cutter::take(header const& h)
{
    if (position_ > frames_.back().end)
        return malformed(h.t);
    if (++elements_ > max_elements)
        return fail(stream_errc::too_many_elements, describe(h.t));
    if (frames_.back().sequence)
        return take_item(h);
    if (h.t == item_delimiter && frames_.size() > 1) {
        if (frames_.back().undefined)
            leave();
        return {};
    }
    if (group(h.t) == 0xFFFE)
        return malformed(h.t);
    return take_element(h);
}

result<void> metadata_cutter::take_item(header const& h)
{
    auto& f = frames_.back();
    if (h.t == sequence_delimiter) {
        if (f.undefined)
            leave();
        return {};
    }
    if (h.t != item || (h.length != undefined_length && !fits(h.length)) ||
        (f.fragments && h.length == undefined_length))
        return malformed(h.t);
    if (f.fragments) {
        skipping_ = h.length;
        handing_out_ = f.wanted && f.items++ != 0 && h.length != 0;
        return {};
    }
    ++f.items;
    tell_item(item);
    return enter({.implicit = f.implicit}, h);
}

/// Goes into a sequence or an item whose header was just told.
result<void> metadata_cutter::enter(frame f, header const& h)
{
    if (frames_.size() > 2 * max_depth)
        return fail(stream_errc::too_deep, describe(h.t));
    f.undefined = h.length == undefined_length;
    f.end = f.undefined ? frames_.back().end : position_ + h.length;
    f.t = h.t;
    frames_.push_back(f);
    return {};
}

/// The VR that an element is to be read by.
vr metadata_cutter::resolved(header const& h) const
{
    bool const implicit = frames_.back().implicit;
    if (!implicit && (h.as != "UN"_vr || big_))
        return h.as;
    if (element_number(h.t) == 0)
        return "UL"_vr;
    if (group(h.t) % 2 != 0)
        return implicit && element_number(h.t) >= 0x10 && element_number(h.t) <= 0xFF ? "LO"_vr : "UN"_vr;
    auto const known = tables::value_representation(h.t);
    if (known == tables::us_or_ss)
        return is_signed_ ? "SS"_vr : "US"_vr;
    return known;
}

result<void> metadata_cutter::take_element(header h)
{
    bool const undefined = h.length == undefined_length;
    if (!undefined && !fits(h.length))
        return malformed(h.t);
    auto const as = resolved(h);
    if (element_number(h.t) == 0 || h.t == trailing_padding) {
        if (undefined)
            return malformed(h.t);
        skipping_ = h.length;
        return {};
    }
    bool const in_unknown = !frames_.back().implicit && h.as == "UN"_vr;  // PS3.5 §6.2.2: implicit, whatever is around
    bool const implicit = frames_.back().implicit || in_unknown;
    bool const encapsulated = undefined && !in_unknown && (as == "OB"_vr || as == "OW"_vr);
    if (as != "SQ"_vr && (!undefined || encapsulated) && is_looked_for(h.t))
        return find(h, as);
    if (as == "SQ"_vr || (undefined && (as == "UN"_vr || in_unknown))) {
        if (in_unknown && big_)
            return malformed(h.t);
        tell(h.t, "SQ"_vr, undefined_length);
        return enter({.sequence = true, .implicit = implicit}, h);
    }
    if (undefined) {
        if (as != "OB"_vr && as != "OW"_vr)
            return malformed(h.t);
        pass_over(h, as);
        return enter({.sequence = true, .fragments = true}, h);
    }
    auto const longest = held_.size() < max_held / 2 ? long_value : short_value;
    bool const too_long = h.length > longest || (h.length > 0xFFFE && !has_long_length(as));
    if (h.length != 0 && (is_binary(as) || too_long)) {
        pass_over(h, as);
        lacks_values_ = lacks_values_ || !is_binary(as);
        skipping_ = h.length;
        return {};
    }
    if (!place_.empty()) {
        skipping_ = h.length;
        return {};
    }
    tell(h.t, as, h.length);
    copying_ = h.length;
    copies_sign_ = h.t == pixel_representation && h.length == 2;
    return {};
}

bool metadata_cutter::is_looked_for(tag t) const
{
    return t == last_ && !found_ && !place_.empty() && place(t) == place_;
}

/// The element of the one value that is looked for.
result<void> metadata_cutter::find(header const& h, vr as)
{
    bool const undefined = h.length == undefined_length;
    if (h.length == 0)
        return {};
    found_ = {.as = as, .length = undefined ? 0 : h.length, .encapsulated = undefined};
    if (undefined)
        return enter({.sequence = true, .fragments = true, .wanted = true}, h);
    skipping_ = h.length;
    handing_out_ = true;
    return {};
}

/// The place of a value stands for it.
void metadata_cutter::pass_over(header const& h, vr as)
{
    if (!place_.empty())
        return;
    auto where = place(h.t);
    if (where.size() % 2 != 0)
        where += ' ';
    tell(h.t, is_binary(as) ? as : "UN"_vr, static_cast<std::uint32_t>(where.size()));
    auto const bytes = std::as_bytes(std::span(where));
    held_.insert(held_.end(), bytes.begin(), bytes.end());
}

std::string metadata_cutter::place(tag t) const
{
    std::string way;
    for (auto const& f : frames_)
        if (f.sequence)
            way.append(to_hex(f.t)).append("/").append(std::to_string(f.items)).append("/");
    return way + to_hex(t);
}

void metadata_cutter::tell(tag t, vr as, std::uint32_t length)
{
    if (!place_.empty())
        return;
    append_number(group(t), big_, held_);
    append_number(element_number(t), big_, held_);
    auto const letters = static_cast<std::uint16_t>(as);
    append_number(letters, true, held_);
    if (has_long_length(as)) {
        append_number(std::uint16_t{0}, big_, held_);
        append_number(length, big_, held_);
    } else {
        append_number(static_cast<std::uint16_t>(length), big_, held_);
    }
}

/// An item, or a delimiter: items end with one.
void metadata_cutter::tell_item(tag t)
{
    if (!place_.empty())
        return;
    append_number(group(t), big_, held_);
    append_number(element_number(t), big_, held_);
    append_number(t == item ? undefined_length : std::uint32_t{0}, big_, held_);
}

result<data_set> metadata_cutter::end(source_text const& text)
{
    if (head_size_ == 0)
        leave_ended();
    // One byte of zero may follow an odd one.
    bool const padding = head_size_ == 1 && head_[0] == std::byte{0};
    if (frames_.size() == 2 && frames_.back().fragments)
        frames_.pop_back();  // encapsulated pixel data at the very end: some leave its delimiter out
    if (copying_ != 0 || skipping_ != 0 || frames_.size() != 1 || (head_size_ != 0 && !padding))
        return fail(stream_errc::malformed_data_set);
    return read_data_set(held_, big_ ? encoding::explicit_be : encoding::explicit_le, text,
                         {.depth = max_depth, .elements = 2 * max_elements, .size = max_held + 64, .everything = true});
}

}  // namespace pons::mapping
