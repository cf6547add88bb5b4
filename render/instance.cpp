#include "render/instance.hpp"

#include "render/byte_order.hpp"

#include <limits>

namespace pons::render {

namespace {

using kind = event::kind;

constexpr tag pixel_representation{0x00280103};
constexpr std::uint32_t longest_value = 16 << 20;

bool is_pixels(event const& e)
{
    if (e.depth != 0 || (e.what != kind::fragments && e.what != kind::value))
        return false;
    return e.t == tags::pixel_data || e.t == tags::float_pixel_data || e.t == tags::double_pixel_data;
}

}  // namespace

result<void> instance::open()
{
    auto meta = read_meta(raw_);
    if (!meta)
        return tl::unexpected(meta.error());
    meta_ = std::move(*meta);
    syntax_ = syntax_of(meta_.transfer_syntax_uid);
    auto* elements_from = &raw_;
    if (syntax_.deflated) {
        inflated_ = std::make_unique<inflating_source>(raw_);
        elements_from = &inside_.emplace(*inflated_);
    }
    elements_.emplace(*elements_from, syntax_.as);
    return {};
}

void instance::pass_over_rest()
{
    raw_.skip(std::numeric_limits<std::uint64_t>::max());
}

result<std::vector<std::byte>> little_endian_value(element_reader& from, event const& e, std::uint32_t limit)
{
    auto value = from.value(limit);
    if (value && e.as == encoding::explicit_be)
        swap_units(*value, unit_of(e.vr));
    return value;
}

result<opened_image> find_pixels(instance& in, bool with_look)
{
    opened_image found;
    found.of.transfer_syntax_uid = in.meta().transfer_syntax_uid;
    image_collector collect(found.of, with_look);
    for (;;) {
        auto const e = in.elements().next();
        if (!e)
            return tl::unexpected(e.error());
        if (e->what == kind::end)
            return fail(errc::no_pixel_data);
        if (is_pixels(*e)) {
            found.pixels = *e;
            break;
        }
        bool const offsets = e->what == kind::value && e->depth == 0 && e->t == tags::extended_offset_table;
        if (!collect.wants(*e) && !offsets)
            continue;
        auto value = little_endian_value(in.elements(), *e, longest_value);
        if (!value)
            return tl::unexpected(value.error());
        if (offsets) {
            found.extended_offsets = std::move(*value);
            continue;
        }
        if (auto taken = collect.take(*e, std::move(*value)); !taken)
            return tl::unexpected(taken.error());
        if (e->t == pixel_representation && e->depth == 0)
            in.elements().set_signed(found.of.is_signed);
    }
    if (auto good = check(found.of); !good)
        return tl::unexpected(good.error());
    bool const compressed = in.syntax().codec != codec::native;
    if (compressed != (found.pixels.what == kind::fragments))
        return fail(errc::malformed, "PixelData (7FE0,0010)");
    return found;
}

result<void> each_frame(instance& in, opened_image const& found, std::vector<std::uint32_t> const& numbers, bool exact,
                        frame_taker const& take)
{
    auto const described = found.of.described_frames;
    if (exact && (found.of.frames != numbers.size() || (described != 0 && described != found.of.frames)))
        return fail(errc::malformed, "NumberOfFrames (0028,0008)");
    frame_source frames(in.elements(), found.pixels, found.of, found.extended_offsets);
    if (exact)
        frames.hold_to_their_number();
    auto const count = numbers.empty() ? found.of.frames : static_cast<std::uint32_t>(numbers.size());
    for (std::uint32_t i = 0; i < count; ++i) {
        auto const number = numbers.empty() ? i + 1 : numbers[i];
        if (auto passed = frames.skip(number - 1 - frames.passed()); !passed)
            return passed;
        auto const frame = frames.next();
        if (!frame)
            return tl::unexpected(frame.error());
        if (frames.at_end())
            in.pass_over_rest();
        if (auto taken = take(number, *frame); !taken)
            return taken;
    }
    return {};
}

}  // namespace pons::render
