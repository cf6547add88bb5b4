#include "render/decode.hpp"

#include "mapping/element_values.hpp"

#include <algorithm>

namespace pons::render {

namespace {

/// One segment (PS3.5 §G.3.2) to every `step`th byte of `to`. False when it ends before that is full.
bool unpack(std::span<std::byte const> segment, std::span<std::byte> to, std::size_t step)
{
    std::size_t at = 0;
    std::size_t out = 0;
    while (out < to.size()) {
        if (at == segment.size())
            return false;
        auto const n = static_cast<signed char>(segment[at++]);
        if (n == -128)
            continue;
        auto const count = static_cast<std::size_t>(n >= 0 ? n + 1 : 1 - n);
        auto const taken = n >= 0 ? count : 1;
        if (taken > segment.size() - at)
            return false;
        for (std::size_t i = 0; i < count && out < to.size(); ++i, out += step)
            to[out] = segment[at + (n >= 0 ? i : 0)];
        at += taken;
    }
    return true;
}

}  // namespace

result<void> decode_rle(image const& of, std::span<std::byte const> stored, decoded& to)
{
    constexpr std::size_t header = 64;
    // Single bits are packed before they are compressed (PS3.5 §8.2.2).
    auto const bytes = std::max(of.bits_allocated / 8, 1u);
    auto const segments = of.samples * bytes;
    auto const wrong = fail(errc::malformed, "PixelData (7FE0,0010)");
    bool const whole = of.frame_bits() == std::uint64_t{of.rows} * of.columns * segments * 8;
    if (!whole && (of.bits_allocated != 1 || of.samples != 1))
        return fail(errc::unsupported_syntax, "BitsAllocated (0028,0100)");
    if (stored.size() < header || segments > 15 || mapping::number<std::uint32_t>(stored.data(), false) != segments)
        return wrong;

    to.pixels.resize(of.frame_bytes());
    for (std::uint32_t s = 0; s < segments; ++s) {
        auto const* const offsets = stored.data() + 4;
        std::size_t const begin = mapping::number<std::uint32_t>(offsets + 4 * s, false);
        std::size_t end = stored.size();
        if (s + 1 < segments)
            end = mapping::number<std::uint32_t>(offsets + 4 * (s + 1), false);
        if (begin < header || begin > end || end > stored.size())
            return wrong;
        // Segments are the bytes of a sample from the most significant one, sample by sample.
        auto const place = (s / bytes) * bytes + (bytes - 1 - s % bytes);
        if (!unpack(stored.subspan(begin, end - begin), std::span(to.pixels).subspan(place), segments))
            return wrong;
    }
    return {};
}

}  // namespace pons::render
