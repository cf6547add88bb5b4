#include "render/picture.hpp"

#include <turbojpeg.h>

namespace pons::render {

namespace {

struct encoder {
    tjhandle handle = tjInitCompress();
    unsigned char* bytes = nullptr;
    unsigned long size = 0;

    encoder() = default;
    encoder(encoder const&) = delete;
    encoder& operator=(encoder const&) = delete;
    ~encoder()
    {
        tjFree(bytes);
        if (handle)
            tjDestroy(handle);
    }
};

constexpr std::uint32_t fine = 90;  // from here on, colours keep their resolution

}  // namespace

result<void> write_jpeg(picture const& from, std::uint32_t quality, byte_sink const& to)
{
    encoder e;
    if (!e.handle)
        return fail(errc::out_of_memory);
    auto const grey = from.samples == 1;
    auto const sampling = grey ? TJSAMP_GRAY : quality >= fine ? TJSAMP_444 : TJSAMP_420;
    auto const* const pixels = reinterpret_cast<unsigned char const*>(from.pixels.data());
    if (tjCompress2(e.handle, pixels, static_cast<int>(from.width), 0, static_cast<int>(from.height),
                    grey ? TJPF_GRAY : TJPF_RGB, &e.bytes, &e.size, sampling, static_cast<int>(quality), 0) != 0)
        return fail(errc::too_large, "Rows (0028,0010)");
    to(std::as_bytes(std::span(e.bytes, e.size)));
    return {};
}

}  // namespace pons::render
