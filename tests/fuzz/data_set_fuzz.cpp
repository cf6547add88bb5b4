// A data set from a stranger: the first byte says how it is encoded, the rest is the data set.
#include "mapping/dicom_stream.hpp"
#include "mapping/utf8.hpp"
#include "tests/fuzz/expect.hpp"

#include <string_view>

using namespace pons::mapping;

namespace {

void expect_utf8(data_set const& set)
{
    set.for_each([&](tag t, vr, bool is_sequence) {
        for (std::size_t i = 0; !is_sequence && i < set.count(t); ++i)
            PONS_EXPECT(is_utf8(set.text(t, i)));
        for (auto const& item : set.items(t))
            expect_utf8(item);
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    static constexpr encoding encodings[] = {encoding::implicit_le, encoding::explicit_le, encoding::explicit_be};
    static constexpr std::string_view charsets[] = {"", "ISO_IR 100", "GB18030", "ISO 2022 IR 13\\ISO 2022 IR 87"};
    auto const as = encodings[data[0] % 3];
    auto const fallback = charsets[data[0] / 3 % 4];
    auto const set = read_data_set(std::as_bytes(std::span(data + 1, size - 1)), as, fallback);
    if (!set)
        return 0;
    expect_utf8(*set);

    // UTF-8 says all, so what was read is there again; once more, since items lose their own label, which the first
    // writing leaves out.
    auto const first = write_data_set(*set, encoding::explicit_be, "ISO_IR 192");
    auto const once = read_data_set(first.bytes, encoding::explicit_be, "ISO_IR 192", {.size = 1 << 26});
    PONS_EXPECT(once.has_value());
    expect_utf8(*once);
    auto const second = write_data_set(*once, encoding::explicit_le, "ISO_IR 192");
    auto const twice = read_data_set(second.bytes, encoding::explicit_le, "ISO_IR 192", {.size = 1 << 26});
    PONS_EXPECT(twice.has_value());
    if (first.lossless && second.lossless)
        PONS_EXPECT(*once == *twice);
    return 0;
}
