#include "tests/fuzz/expect.hpp"
#include "upstream/dimse/wire/command_set.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

using namespace pons::upstream::dimse;

/// Whatever a peer sends as a command is read or refused, and what was read means the same when it is written again.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const read = command_set::decode(std::as_bytes(std::span(data, size)));
    if (!read)
        return 0;
    auto const again = command_set::decode(read->encode());
    PONS_EXPECT(again);
    for (unsigned number = 0; number < 0x1100; ++number) {
        auto const e = static_cast<command_element>(number);
        if (e == command_element::group_length)
            continue;
        PONS_EXPECT(again->number(e) == read->number(e));
        PONS_EXPECT(again->text(e) == read->text(e));
    }
    PONS_EXPECT(again->has_data_set() == read->has_data_set());
    return 0;
}
