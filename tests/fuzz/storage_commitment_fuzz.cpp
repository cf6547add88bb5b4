// The data set of an N-ACTION or N-EVENT-REPORT from a stranger: the first byte says how it is encoded. What was read
// comes back the same when it is written and read again.
#include "mapping/storage_commitment.hpp"
#include "tests/fuzz/expect.hpp"

using namespace pons::mapping;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    static constexpr encoding encodings[] = {encoding::implicit_le, encoding::explicit_le, encoding::explicit_be};
    auto const as = encodings[data[0] % 3];
    auto const what = read_storage_commitment(std::as_bytes(std::span(data + 1, size - 1)), as);
    if (!what)
        return 0;
    PONS_EXPECT(!what->transaction_uid.empty() && !what->instances.empty());
    auto const again = read_storage_commitment(write_storage_commitment(*what, as), as);
    PONS_EXPECT(again && *again == *what);
    return 0;
}
