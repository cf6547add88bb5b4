#include "mapping/metadata_cutter.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

using namespace pons;
using namespace pons::mapping;

namespace {

result<data_set> cut(std::span<std::byte const> all, encoding as, std::size_t piece)
{
    metadata_cutter cutter(as);
    for (; !all.empty(); all = all.subspan(std::min(piece, all.size()))) {
        auto const put = cutter.put(all.first(std::min(piece, all.size())));
        if (!put)
            return tl::unexpected(put.error());
    }
    return cutter.end("ISO_IR 100");
}

}  // namespace

/// No bytes crash it, and how the network cuts them changes nothing. The first byte chooses the encoding.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    auto const as = static_cast<encoding>(data[0] % 3);
    auto const all = std::as_bytes(std::span(data + 1, size - 1));
    auto const whole = cut(all, as, all.size());
    auto const pieces = cut(all, as, 1 + data[0] / 3 % 16);
    if (whole.has_value() != pieces.has_value() || (whole && *whole != *pieces))
        std::abort();
    return 0;
}
