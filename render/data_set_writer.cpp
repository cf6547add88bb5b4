#include "render/data_set_writer.hpp"

#include "mapping/element_values.hpp"
#include "render/byte_order.hpp"

#include <algorithm>
#include <array>

namespace pons::render {

namespace {

using kind = event::kind;
using mapping::append_number;
using mapping::operator""_vr;

constexpr tag item{0xFFFEE000};
constexpr tag item_delimiter{0xFFFEE00D};
constexpr tag sequence_delimiter{0xFFFEE0DD};
constexpr std::uint32_t longest_short_value = 0xFFFE;

void append_tag(tag t, std::vector<std::byte>& to)
{
    append_number(group(t), false, to);
    append_number(element_number(t), false, to);
}

/// Without a VR: items, delimiters, and what is in implicit VR.
std::vector<std::byte> plain_header(tag t, std::uint32_t length)
{
    std::vector<std::byte> bytes;
    append_tag(t, bytes);
    append_number(length, false, bytes);
    return bytes;
}

}  // namespace

std::vector<std::byte> data_set_writer::header(tag t, vr as, std::uint32_t length, bool implicit_vr)
{
    if (implicit_vr)
        return plain_header(t, length);
    std::vector<std::byte> bytes;
    append_tag(t, bytes);
    bytes.push_back(static_cast<std::byte>(static_cast<std::uint16_t>(as) >> 8));
    bytes.push_back(static_cast<std::byte>(static_cast<std::uint16_t>(as) & 0xFF));
    if (mapping::has_long_length(as)) {
        append_number<std::uint16_t>(0, false, bytes);
        append_number(length, false, bytes);
    } else {
        append_number(static_cast<std::uint16_t>(length), false, bytes);
    }
    return bytes;
}

std::vector<std::byte> data_set_writer::element(tag t, vr as, std::span<std::byte const> value, bool implicit_vr)
{
    auto bytes = header(t, as, static_cast<std::uint32_t>(value.size() + value.size() % 2), implicit_vr);
    bytes.insert(bytes.end(), value.begin(), value.end());
    if (value.size() % 2 != 0)
        bytes.push_back(as == "UI"_vr || as == "OB"_vr || as == "UN"_vr ? std::byte{0} : std::byte{' '});
    return bytes;
}

result<void> data_set_writer::copy(event const& e, vr as, element_reader& from)
{
    auto const unit = e.as == encoding::explicit_be ? unit_of(as) : 1;
    std::array<std::byte, 64 * 1024> piece;
    std::uint32_t left = e.length;
    while (left > 0) {
        auto const size = std::min<std::size_t>(left, piece.size());
        for (auto into = std::span(piece).first(size); !into.empty();) {
            auto const got = from.read(into);
            if (got == 0)
                return fail(errc::malformed, mapping::describe(e.t));
            into = into.subspan(got);
        }
        swap_units(std::span(piece).first(size), unit);
        to_(std::span(piece).first(size));
        left -= static_cast<std::uint32_t>(size);
    }
    return {};
}

result<void> data_set_writer::write(event const& e, element_reader& from)
{
    bool const lengths_hold = keeps_lengths_ && (e.depth > 0 || e.inside_un);
    switch (e.what) {
        case kind::value: {
            if (element_number(e.t) == 0 && !lengths_hold)
                return {};
            if (e.inside_un) {
                to_(plain_header(e.t, e.length));
                return copy(e, e.vr, from);
            }
            auto as = e.vr;
            if (!implicit_ && !mapping::has_long_length(as) && e.length > longest_short_value)
                as = "UN"_vr;  // PS3.5 §6.2.2
            to_(header(e.t, as, e.length, implicit_));
            return copy(e, as == "UN"_vr ? as : e.vr, from);
        }
        case kind::sequence: {
            auto const length = keeps_lengths_ ? e.length : undefined_length;
            if (e.inside_un)
                to_(plain_header(e.t, length));
            else if (!keeps_lengths_)
                to_(header(e.t, "SQ"_vr, length, implicit_));
            else
                to_(header(e.t, e.vr, length, implicit_));
            return {};
        }
        case kind::fragments:
            to_(e.inside_un ? plain_header(e.t, e.length) : header(e.t, e.vr, e.length, implicit_));
            return {};
        case kind::item:
            to_(plain_header(item, keeps_lengths_ ? e.length : undefined_length));
            return {};
        case kind::fragment:
            to_(plain_header(item, e.length));
            return copy(e, "OB"_vr, from);
        case kind::item_end:
            if (e.length == undefined_length || !keeps_lengths_)
                to_(plain_header(item_delimiter, 0));
            return {};
        case kind::sequence_end:
            if (e.length == undefined_length || !keeps_lengths_)
                to_(plain_header(sequence_delimiter, 0));
            return {};
        case kind::end:
        case kind::nothing:
            break;
    }
    return {};
}

}  // namespace pons::render
