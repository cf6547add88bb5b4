#include "proxy/http/accept.hpp"
#include "proxy/http/etag.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace pons::proxy::http;

/// Whatever a client writes into its negotiation headers is read without fault, and the choice is one of the offers.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const header(reinterpret_cast<char const*>(data), size);
    constexpr std::string_view offers[] = {"application/fhir+json; fhirVersion=4.0", "application/fhir+xml"};
    auto const ranges = parse_accept(header);
    for (auto const& range : ranges)
        if (range.q < 0 || range.q > 1000 || range.type.empty() || range.subtype.empty())
            std::abort();
    if (auto const chosen = choose(ranges, offers); chosen && *chosen >= std::size(offers))
        std::abort();
    accepts_gzip(header);
    preference(header, "handling");
    names_etag(header, "W/\"1\"");
    return 0;
}
