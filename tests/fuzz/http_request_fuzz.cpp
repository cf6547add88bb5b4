#include "proxy/http/request_reader.hpp"
#include "proxy/http/router.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace pons::proxy::http;

namespace {

router const& routes()
{
    static router const table({
        {.verbs = {verb::get}, .pattern = "/fhir/ImagingStudy/{id}", .name = "read", .handler = {}},
        {.verbs = {verb::post}, .pattern = "/fhir/ImagingStudy/_search", .name = "search", .handler = {}},
    });
    return table;
}

/// What came of the whole stream, in words that do not depend on how it was cut.
std::string read(std::string_view bytes, std::size_t piece)
{
    request_reader reader({.header = 1024, .target = 256, .fields = 16, .body = 512});
    std::string pending;
    std::string told;
    while (!bytes.empty()) {
        pending += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        for (bool more = true; more && !pending.empty();) {
            auto const used = reader.put(pending);
            if (used > pending.size())
                std::abort();
            pending.erase(0, used);
            more = used > 0;
            auto const& req = reader.request();
            if (reader.at() == request_reader::state::faulty)
                return told + std::to_string(static_cast<unsigned>(reader.fault()->status));
            if (reader.at() != request_reader::state::complete)
                continue;
            if (req.path.empty() || req.path.size() + req.query.size() > 256 || req.body.size() > 512)
                std::abort();
            routes().find(req.method, req.path);
            told += req.path + "?" + req.query + " " + req.body + "\n";
            reader.reset();
            more = true;
        }
    }
    return told;
}

}  // namespace

/// No bytes crash the reader, its limits hold, and how the network cuts the stream changes nothing.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    if (read(bytes, bytes.size()) != read(bytes, 1 + data[0] % 64))
        std::abort();
    return 0;
}
