#include "upstream/dimse/byte_ring.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace {

using pons::upstream::dimse::byte_ring;

/// Writes what fits, in as many pieces as that takes.
std::size_t put(byte_ring& ring, std::string_view text)
{
    std::size_t all = 0;
    while (!text.empty() && !ring.full()) {
        auto const room = ring.room();
        auto const size = std::min(room.size(), text.size());
        std::ranges::copy(std::as_bytes(std::span(text).first(size)), room.begin());
        ring.wrote(size);
        text.remove_prefix(size);
        all += size;
    }
    return all;
}

std::string get(byte_ring& ring, std::size_t most)
{
    auto const bytes = ring.front(most);
    std::string text(reinterpret_cast<char const*>(bytes.data()), bytes.size());
    ring.took(text.size());
    return text;
}

TEST_CASE("a ring gives what was put into it, in order, round its end")
{
    byte_ring ring(10);
    CHECK(ring.size() == 0);
    CHECK(put(ring, "abcdefgh") == 8);
    CHECK(get(ring, 5) == "abcde");
    CHECK(put(ring, "ijklmnopq") == 7);
    CHECK(ring.full());
    CHECK(ring.size() == 10);
    CHECK(get(ring, 100) == "fghij");  // to the end of the memory
    CHECK(get(ring, 100) == "klmno");
    CHECK(ring.size() == 0);
    CHECK(ring.room().size() == 10);  // empty: from the beginning again
}

TEST_CASE("what is being read stays as it is while the rest is written")
{
    byte_ring ring(8);
    put(ring, "abcd");
    auto const reading = ring.front(4);
    CHECK(put(ring, "efghij") == 4);
    CHECK(std::string(reinterpret_cast<char const*>(reading.data()), reading.size()) == "abcd");
    ring.took(4);
    CHECK(put(ring, "ij") == 2);
    CHECK(get(ring, 100) == "efgh");
    CHECK(get(ring, 100) == "ij");
}

}  // namespace
