#pragma once

#include "tests/upstream/collected_parts.hpp"
#include "tests/upstream/dicomweb/client.hpp"

#include <cstdio>
#include <string>

/// Answers that hold instances, and retrieving to the end.
namespace pons::test {

inline std::string part(std::string const& bytes, std::string const& headers = "Content-Type: application/dicom\r\n")
{
    return "--edge\r\n" + headers + "\r\n" + bytes + "\r\n";
}

inline std::string const closing = "--edge--\r\n";

inline http_reply multipart(std::string const& body, std::string const& headers = {}, unsigned status = 200)
{
    return answer(status, body,
                  "Content-Type: multipart/related; type=\"application/dicom\"; boundary=edge\r\n" + headers);
}

inline http_reply unframed(std::string const& body, std::string const& headers)
{
    return {
        .bytes = "HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary=\"edge\"\r\n" + headers + "\r\n" + body,
        .close = true};
}

inline std::string chunked(std::string const& body, std::size_t size)
{
    std::string all;
    char hex[20];
    for (std::size_t at = 0; at < body.size(); at += size) {
        auto const one = body.substr(at, size);
        std::snprintf(hex, sizeof hex, "%zx\r\n", one.size());
        all += hex + one + "\r\n";
    }
    return all;
}

inline result<upstream::retrieved> retrieve(client& c, upstream::part_sink& parts,
                                            upstream::retrieve_request const& request = {"1.2", {}, {}},
                                            std::chrono::milliseconds time = 20s)
{
    return run_on(c.on, c.archive->retrieve(request, parts, clock::now() + time));
}

}  // namespace pons::test
