#include "render/picture.hpp"

#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace pons::render {

namespace {

constexpr std::uint32_t longest_side = 65'535;

struct free_map {
    void operator()(ColorMapObject* map) const { GifFreeMapObject(map); }
};
using color_map = std::unique_ptr<ColorMapObject, free_map>;

color_map greys()
{
    color_map map(GifMakeMapObject(256, nullptr));
    for (int i = 0; map && i < 256; ++i)
        map->Colors[i] = {static_cast<GifByteType>(i), static_cast<GifByteType>(i), static_cast<GifByteType>(i)};
    return map;
}

int write(GifFileType* gif, GifByteType const* bytes, int size)
{
    (*static_cast<byte_sink const*>(gif->UserData))(std::as_bytes(std::span(bytes, static_cast<std::size_t>(size))));
    return size;
}

}  // namespace

struct gif_writer::state {
    byte_sink to;
    int delay = 10;  // hundredths of a second
    GifFileType* gif = nullptr;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::vector<GifByteType> indices;

    bool begin(picture const& first);
    color_map quantize(picture const& frame);
    bool put(ColorMapObject* colors);
};

gif_writer::gif_writer(byte_sink to, double frame_milliseconds) : state_(std::make_unique<state>())
{
    state_->to = std::move(to);
    // Browsers show frames of less than 20 ms much slower.
    state_->delay = static_cast<int>(std::lround(std::clamp(frame_milliseconds, 20.0, 60'000.0) / 10));
}

gif_writer::~gif_writer()
{
    if (state_->gif)
        EGifCloseFile(state_->gif, nullptr);
}

bool gif_writer::state::begin(picture const& first)
{
    width = first.width;
    height = first.height;
    gif = EGifOpen(&to, write, nullptr);
    if (!gif)
        return false;
    EGifSetGifVersion(gif, true);
    auto const map = greys();
    if (!map || EGifPutScreenDesc(gif, static_cast<int>(width), static_cast<int>(height), 8, 0, map.get()) == GIF_ERROR)
        return false;
    static constexpr std::array<GifByteType, 3> forever{1, 0, 0};
    return EGifPutExtensionLeader(gif, APPLICATION_EXT_FUNC_CODE) != GIF_ERROR &&
           EGifPutExtensionBlock(gif, 11, "NETSCAPE2.0") != GIF_ERROR &&
           EGifPutExtensionBlock(gif, static_cast<int>(forever.size()), forever.data()) != GIF_ERROR &&
           EGifPutExtensionTrailer(gif) != GIF_ERROR;
}

color_map gif_writer::state::quantize(picture const& frame)
{
    auto const count = std::size_t{frame.width} * frame.height;
    std::vector<GifByteType> red(count), green(count), blue(count);
    for (std::size_t i = 0; i < count; ++i) {
        red[i] = static_cast<GifByteType>(frame.pixels[3 * i]);
        green[i] = static_cast<GifByteType>(frame.pixels[3 * i + 1]);
        blue[i] = static_cast<GifByteType>(frame.pixels[3 * i + 2]);
    }
    color_map map(GifMakeMapObject(256, nullptr));
    int size = 256;
    if (!map || GifQuantizeBuffer(frame.width, frame.height, &size, red.data(), green.data(), blue.data(),
                                  indices.data(), map->Colors) == GIF_ERROR)
        return {};
    return map;
}

bool gif_writer::state::put(ColorMapObject* colors)
{
    GraphicsControlBlock control{};
    control.DelayTime = delay;
    control.TransparentColor = NO_TRANSPARENT_COLOR;
    std::array<GifByteType, 4> block{};
    EGifGCBToExtension(&control, block.data());
    if (EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(block.size()), block.data()) == GIF_ERROR ||
        EGifPutImageDesc(gif, 0, 0, static_cast<int>(width), static_cast<int>(height), false, colors) == GIF_ERROR)
        return false;
    for (std::uint32_t row = 0; row < height; ++row)
        if (EGifPutLine(gif, indices.data() + std::size_t{row} * width, static_cast<int>(width)) == GIF_ERROR)
            return false;
    return true;
}

result<void> gif_writer::add(picture const& frame)
{
    auto& s = *state_;
    if (frame.width > longest_side || frame.height > longest_side)
        return fail(errc::too_large, "Rows (0028,0010)");
    if (!s.gif && !s.begin(frame))
        return fail(errc::out_of_memory);
    if (frame.width != s.width || frame.height != s.height)
        return fail(errc::malformed, "Rows (0028,0010)");
    s.indices.resize(std::size_t{s.width} * s.height);
    color_map colors;
    if (frame.samples == 1) {
        std::ranges::transform(frame.pixels, s.indices.begin(),
                               [](std::byte b) { return static_cast<GifByteType>(b); });
    } else {
        colors = s.quantize(frame);
        if (!colors)
            return fail(errc::out_of_memory);
    }
    if (!s.put(colors.get()))
        return fail(errc::out_of_memory);
    return {};
}

result<void> gif_writer::finish()
{
    if (!state_->gif || EGifCloseFile(std::exchange(state_->gif, nullptr), nullptr) == GIF_ERROR)
        return fail(errc::out_of_memory);
    return {};
}

}  // namespace pons::render
