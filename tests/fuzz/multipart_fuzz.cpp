#include "upstream/dicomweb/media_type.hpp"
#include "upstream/dicomweb/multipart_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace pons::upstream::dicomweb;

namespace {

std::string read(std::string_view body, std::string_view boundary, std::size_t piece)
{
    using kind = multipart_reader::kind;
    multipart_reader reader(boundary);
    std::string seen;
    while (!body.empty()) {
        std::string const now(body.substr(0, piece));
        body.remove_prefix(now.size());
        for (std::string_view rest = now;;) {
            auto const e = reader.next(rest);
            if (!e)
                return seen + "!" + e.error().code.message();
            if (e->what == kind::more)
                break;
            if (e->what == kind::bytes)
                seen += e->bytes;
            else
                seen.append("\n<").append(std::to_string(static_cast<int>(e->what))).append(">");
            if (e->what == kind::part)
                seen += reader.header("content-type");
        }
    }
    return seen + (reader.ended() ? "." : "");
}

}  // namespace

/// No bytes crash the reader, and how the network cuts them changes nothing. The first line is a Content-Type.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const all(reinterpret_cast<char const*>(data), size);
    auto const line = all.substr(0, all.find('\n'));
    auto const body = all.substr(std::min(line.size() + 1, all.size()));
    auto const boundary = multipart_boundary(line);
    if (!boundary)
        return 0;
    auto const whole = read(body, *boundary, body.size());
    if (whole != read(body, *boundary, 1) || whole != read(body, *boundary, 1 + size % 13))
        std::abort();
    return 0;
}
