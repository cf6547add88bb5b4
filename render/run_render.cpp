#include "mapping/element_values.hpp"
#include "render/decode.hpp"
#include "render/instance.hpp"
#include "render/picture.hpp"
#include "render/run_job.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace pons::render {

namespace {

std::string to_decimal(double number)
{
    char digits[32];
    return {digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr};
}

/// Real numbers as 16-bit ones with a rescale that gives them back, since DCMTK does not show real ones.
template <class Real>
result<image> without_reals(image const& of, decoded& frame, std::uint32_t number)
{
    auto const count = frame.pixels.size() / sizeof(Real);
    auto const at = [&](std::size_t i) {
        auto const n = static_cast<double>(mapping::number<Real>(frame.pixels.data() + i * sizeof(Real), false));
        return std::isfinite(n) ? n : 0;
    };
    double least = at(0);
    double most = least;
    for (std::size_t i = 1; i < count; ++i) {
        least = std::min(least, at(i));
        most = std::max(most, at(i));
    }
    auto const slope = most > least ? (most - least) / 65'535 : 1;
    if (!std::isfinite(slope) || slope == 0)
        return fail(errc::unsupported_syntax, "FloatPixelData (7FE0,0008)");
    for (std::size_t i = 0; i < count; ++i) {
        auto const sample = static_cast<std::uint16_t>(std::lround((at(i) - least) / slope));
        std::memcpy(frame.pixels.data() + i * sizeof sample, &sample, sizeof sample);
    }
    frame.pixels.resize(count * sizeof(std::uint16_t));

    auto whole = of;
    whole.bits_allocated = whole.bits_stored = 16;
    whole.high_bit = 15;
    whole.is_signed = false;
    if (number <= whole.per_frame.size() && !whole.per_frame[number - 1].width.empty())
        whole.shared = whole.per_frame[number - 1];
    whole.per_frame.clear();
    whole.shared.slope = to_decimal(slope);
    whole.shared.intercept = to_decimal(least);
    // The other linear function counts whole numbers.
    if (whole.shared.voi_function != "SIGMOID")
        whole.shared.voi_function = "LINEAR_EXACT";
    return whole;
}

class rendering {
public:
    rendering(job const& asked, answer& to) : asked_(asked), to_(to) {}

    result<void> add(picture const& seen, std::uint32_t number, double milliseconds)
    {
        auto const sink = [this](std::span<std::byte const> bytes) { to_.write(bytes); };
        part_info part;
        part.frame = number;
        switch (asked_.format) {
            case image_format::jpeg:
                part.content_type = "image/jpeg";
                to_.begin(part);
                return write_jpeg(seen, asked_.quality, sink);
            case image_format::png:
                part.content_type = "image/png";
                to_.begin(part);
                return write_png(seen, sink);
            case image_format::gif:
                break;
        }
        if (!gif_) {
            part.content_type = "image/gif";
            part.frame = 0;
            to_.begin(part);
            gif_.emplace(sink, milliseconds);
        }
        return gif_->add(seen);
    }

    result<void> finish() { return gif_ ? gif_->finish() : result<void>{}; }

private:
    job const& asked_;
    answer& to_;
    std::optional<gif_writer> gif_;
};

result<picture> look_at(opened_image const& found, decoded& frame, std::uint32_t number, job const& asked)
{
    if (found.pixels.t == tags::pixel_data)
        return to_picture(found.of, frame, number, asked.viewport, asked.window);
    bool const twice = found.pixels.t == tags::double_pixel_data;
    if (found.of.bits_allocated != (twice ? 64u : 32u) || frame.pixels.empty())
        return fail(errc::malformed, "BitsAllocated (0028,0100)");
    auto const whole =
        twice ? without_reals<double>(found.of, frame, number) : without_reals<float>(found.of, frame, number);
    if (!whole)
        return tl::unexpected(whole.error());
    auto through = asked.window;
    if (through && through->function == window::shape::linear)
        through->function = window::shape::linear_exact;
    return to_picture(*whole, frame, number, asked.viewport, through);
}

/// What is asked for; all frames (none is named) for a GIF, else the one that stands for the instance.
std::vector<std::uint32_t> chosen(job const& asked, image const& of)
{
    if (asked.frames.empty() && asked.format != image_format::gif)
        return {std::min(of.representative_frame, of.frames)};
    return asked.frames;
}

}  // namespace

result<void> run_render(job const& asked, byte_source& from, answer& to)
{
    instance in(from);
    if (auto opened = in.open(); !opened)
        return opened;
    auto const found = find_pixels(in, true);
    if (!found)
        return tl::unexpected(found.error());
    auto const& of = found->of;
    auto const numbers = chosen(asked, of);
    if (!numbers.empty() && numbers.back() > of.frames)
        return fail(errc::no_such_frame);
    decoder decode(of);
    if (!decode.can())
        return fail(errc::unsupported_syntax, "TransferSyntaxUID (0002,0010)");

    rendering made(asked, to);
    decoded pixels;
    auto const add = [&](std::uint32_t number, std::span<std::byte const> frame) -> result<void> {
        if (auto done = decode.decode(frame, pixels, reduction(of, asked.viewport)); !done)
            return done;
        auto const seen = look_at(*found, pixels, number, asked);
        if (!seen)
            return tl::unexpected(seen.error());
        return made.add(*seen, number, of.frame_milliseconds);
    };
    if (auto done = each_frame(in, *found, numbers, asked.exact, add); !done)
        return done;
    return made.finish();
}

}  // namespace pons::render
