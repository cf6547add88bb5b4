#include "proxy/http/chunked.hpp"

#include <doctest/doctest.h>

using pons::proxy::http::chunked_decoder;
using state = chunked_decoder::state;

TEST_CASE("chunks, however they are cut")
{
    struct {
        char const* name;
        std::string bytes;
        state at;
        char const* body;
        std::size_t left;  // of the bytes, not taken
    } const cases[] = {
        {"nothing", "0\r\n\r\n", state::done, "", 0},
        {"two", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", state::done, "abcde", 0},
        {"with more behind", "1\r\na\r\n0\r\n\r\nGET", state::done, "a", 3},
        {"extensions", "1;a=\"b;c\"; d\r\na\r\n0 ;e\r\n\r\n", state::done, "a", 0},
        {"trailers", "0\r\nA: b\r\nC:\r\n\r\n", state::done, "", 0},
        {"leading zeros", "0000000000000001\r\na\r\n0\r\n\r\n", state::done, "a", 0},
        {"upper case", "A\r\n0123456789\r\n0\r\n\r\n", state::done, "0123456789", 0},
        {"exactly the limit", "a\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", state::done, "01234567890123456789",
         0},
        {"beyond the limit", "15\r\n", state::too_large, "", 0},
        {"beyond the limit together", "a\r\n0123456789\r\nb\r\n", state::too_large, "0123456789", 0},
        {"beyond 64 bits", "10000000000000000\r\n", state::malformed, "", 0},
        {"huge", "ffffffffffffffff\r\n", state::too_large, "", 0},
        {"not whole", "3\r\nab", state::more, "ab", 0},
        {"no size", "\r\n", state::malformed, "", 0},
        {"sign", "+1\r\n", state::malformed, "", 0},
        {"prefix", "0x1\r\n", state::malformed, "", 0},
        {"something behind the size", "1 a\r\n", state::malformed, "", 0},
        {"bare line feed", "1\na", state::malformed, "", 2},
        {"carriage return inside", "1;\r\r\n", state::malformed, "", 0},
        {"data too long", "1\r\nab", state::malformed, "a", 1},
        {"trailer without a name", "0\r\n: a\r\n", state::malformed, "", 0},
        {"folded trailer", "0\r\nA: b\r\n c\r\n", state::malformed, "", 0},
        {"endless line", "1;" + std::string(1100, 'a'), state::malformed, "", 0},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        for (std::size_t const piece :
             {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{5}, c.bytes.size()}) {
            CAPTURE(piece);
            chunked_decoder decoder;
            std::string body;
            std::string pending;
            for (std::size_t i = 0; i < c.bytes.size(); i += piece) {
                pending += c.bytes.substr(i, piece);
                if (decoder.at() == state::more)
                    pending.erase(0, decoder.put(pending, body, 20));
            }
            CHECK(decoder.at() == c.at);
            CHECK(body == c.body);
            if (c.at == state::done)
                CHECK(pending.size() == c.left);
        }
    }
}

TEST_CASE("trailers have an end")
{
    chunked_decoder decoder;
    std::string body;
    decoder.put("0\r\n", body, 20);
    for (int i = 0; i < 2000 && decoder.at() == state::more; ++i)
        decoder.put("A: b\r\n", body, 20);
    CHECK(decoder.at() == state::malformed);
}
