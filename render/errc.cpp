#include "render/errc.hpp"

#include <string>

namespace pons::render {

namespace {

struct category final : std::error_category {
    char const* name() const noexcept override { return "render"; }

    std::string message(int code) const override
    {
        switch (static_cast<errc>(code)) {
            case errc::unsupported_syntax:
                return "the pixel data of this instance cannot be decoded here";
            case errc::no_pixel_data:
                return "the instance has no pixel data";
            case errc::no_such_frame:
                return "the instance has no such frame";
            case errc::not_acceptable:
                return "the instance cannot be given in any of the forms asked for";
            case errc::malformed:
                return "the instance could not be understood";
            case errc::too_deep:
                return "the sequences of the instance are nested too deeply";
            case errc::too_large:
                return "the image is larger than the limit";
            case errc::out_of_memory:
                return "decoding the image takes more memory than allowed";
            case errc::out_of_time:
                return "decoding the image took longer than allowed";
            case errc::bad_request:
                return "the rendering worker did not understand the request";
            case errc::crashed:
                return "the rendering worker ended unexpectedly";
            case errc::unavailable:
                return "the rendering worker could not be started";
        }
        return "unknown error";
    }
};

}  // namespace

std::error_category const& error_category()
{
    static category const instance;
    return instance;
}

}  // namespace pons::render
