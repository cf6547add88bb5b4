#include "upstream/dimse/wire/rejection.hpp"

#include <algorithm>
#include <iterator>

namespace pons::upstream::dimse {

namespace {

struct {
    std::uint16_t source_and_reason;
    char const* words;
} constexpr reasons[] = {
    {0x0101, "no reason given"},
    {0x0102, "application context name not supported"},
    {0x0103, "calling AE title not recognized"},
    {0x0107, "called AE title not recognized"},
    {0x0201, "no reason given by its ACSE"},
    {0x0202, "protocol version not supported"},
    {0x0301, "temporary congestion"},
    {0x0302, "local limit exceeded"},
};

}  // namespace

std::string rejection_in_words(bool transient, std::uint16_t source_and_reason)
{
    auto const known =
        std::ranges::find_if(reasons, [&](auto const& r) { return r.source_and_reason == source_and_reason; });
    return std::string(transient ? "rejected for now: " : "rejected: ") +
           (known != std::end(reasons) ? known->words : "unknown reason");
}

}  // namespace pons::upstream::dimse
