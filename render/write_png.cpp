#include "render/picture.hpp"

#include <png.h>

#include <csetjmp>

namespace pons::render {

namespace {

constexpr int level = 2;

void write(png_structp png, png_bytep bytes, std::size_t size)
{
    (*static_cast<byte_sink const*>(png_get_io_ptr(png)))(std::as_bytes(std::span(bytes, size)));
}

void flush(png_structp) {}

void quiet(png_structp, png_const_charp) {}

void fault(png_structp png, png_const_charp)
{
    png_longjmp(png, 1);
}

/// libpng comes back here by longjmp, so nothing in this function has a destructor.
bool encode(png_structp png, png_infop info, picture const& from)
{
    if (setjmp(png_jmpbuf(png)) != 0)
        return false;
    png_set_compression_level(png, level);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
    png_set_IHDR(png, info, from.width, from.height, 8, from.samples == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    auto const* const pixels = reinterpret_cast<png_byte const*>(from.pixels.data());
    for (png_uint_32 row = 0; row < from.height; ++row)
        png_write_row(png, pixels + std::size_t{row} * from.width * from.samples);
    png_write_end(png, info);
    return true;
}

}  // namespace

result<void> write_png(picture const& from, byte_sink const& to)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, fault, quiet);
    png_infop info = png ? png_create_info_struct(png) : nullptr;
    if (info)
        png_set_write_fn(png, const_cast<byte_sink*>(&to), write, flush);
    auto const done = info && encode(png, info, from);
    png_destroy_write_struct(&png, &info);
    if (!done)
        return fail(errc::out_of_memory);
    return {};
}

}  // namespace pons::render
