#include "render/decode.hpp"

#include "render/byte_order.hpp"
#include "render/inflate.hpp"

namespace pons::render {

decoder::decoder(image const& of) : of_(of), syntax_(syntax_of(of.transfer_syntax_uid)) {}

result<void> decoder::decode(std::span<std::byte const> stored, decoded& to, unsigned reduce)
{
    to.rows = of_.rows;
    to.columns = of_.columns;
    to.planar = 0;
    to.photometric = of_.photometric;
    switch (syntax_.codec) {
        case codec::native:
            return native(stored, to);
        case codec::rle:
            return decode_rle(of_, stored, to);
        case codec::jpeg:
        case codec::jpeg_ls:
            return decode_jpeg(of_, stored, to);
        case codec::jpeg_2000:
            return decode_jpeg_2000(of_, stored, to, reduce);
        case codec::deflate:
            to.planar = of_.planar;
            to.pixels.resize(of_.frame_bytes());
            if (!inflate_all(stored, to.pixels))
                return fail(errc::malformed, "PixelData (7FE0,0010)");
            return {};
        case codec::other:
            break;
    }
    return fail(errc::unsupported_syntax, "TransferSyntaxUID (0002,0010)");
}

result<void> decoder::native(std::span<std::byte const> stored, decoded& to) const
{
    if (stored.size() != of_.frame_bytes())
        return fail(errc::malformed, "PixelData (7FE0,0010)");
    to.pixels.assign(stored.begin(), stored.end());
    to.planar = of_.planar;
    if (syntax_.as != encoding::explicit_be || of_.bits_allocated <= 8)
        return {};
    swap_units(to.pixels, of_.bits_allocated / 8);
    return {};
}

}  // namespace pons::render
