#include "mapping/image_head.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

using namespace pons::mapping;

namespace {

/// What is found in a beginning is found in all that is longer, and it is one that DICOM has a form for.
void check(image_look (*look)(std::span<std::byte const>, image_head&), std::span<std::byte const> all)
{
    image_head whole;
    auto const end = look(all, whole);
    if (end == image_look::found &&
        (whole.rows == 0 || whole.columns == 0 || (whole.samples != 1 && whole.samples != 3) || whole.bits > 16 ||
         whole.begins > all.size() || !may_be(whole, whole.transfer_syntax_uid) ||
         whole.photometric_interpretation.empty()))
        std::abort();
    for (auto const size : {all.size() / 2, all.size() - all.size() / 8}) {
        image_head part;
        auto const seen = look(all.first(size), part);
        if (seen != image_look::more && (seen != end || (seen == image_look::found && part != whole)))
            std::abort();
    }
}

}  // namespace

/// No bytes crash the readers of image heads, and how much has come changes nothing but that it may be too little.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const all = std::as_bytes(std::span(data, size));
    check(look_at_jpeg, all);
    check(look_at_jpeg_2000, all);
    return 0;
}
