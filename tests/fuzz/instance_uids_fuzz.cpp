// The beginning of a data set from a stranger: the first byte says in which transfer syntax, the second where it is
// cut.
#include "tests/fuzz/expect.hpp"
#include "upstream/instance_uids.hpp"

#include <algorithm>
#include <span>
#include <string_view>

using namespace pons::upstream;

/// What a part of it says is what the whole says.
extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size)
{
    if (size < 2)
        return 0;
    static constexpr std::string_view syntaxes[] = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2",
                                                    "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.1.99"};
    auto const syntax = syntaxes[data[0] % std::size(syntaxes)];
    auto const all = std::as_bytes(std::span(data + 2, size - 2));
    instance_uids of_all, of_part;
    auto const whole = peek_instance_uids(all, syntax, true, of_all);
    auto const more = peek_instance_uids(all, syntax, false, of_all);
    auto const part = peek_instance_uids(all.first(std::min<std::size_t>(all.size(), data[1])), syntax, false, of_part);
    PONS_EXPECT(whole != peeked::more);
    PONS_EXPECT(part == peeked::more || part == more);
    PONS_EXPECT(part != peeked::found || of_part == of_all);

    sop_uids what_all, what_part;
    auto const known = peek_sop_uids(all, syntax, false, what_all);
    auto const front = all.first(std::min<std::size_t>(all.size(), data[1]));
    auto const partly = peek_sop_uids(front, syntax, false, what_part);
    PONS_EXPECT(partly == peeked::more || partly == known);
    PONS_EXPECT(partly != peeked::found || what_part == what_all);
    return 0;
}
