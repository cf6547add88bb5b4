#include "upstream/dimse/wire/associate_items.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace pons::upstream::dimse;

namespace {

using bytes = std::vector<std::byte>;

bytes of(std::string_view text)
{
    auto const all = std::as_bytes(std::span(text));
    return {all.begin(), all.end()};
}

bytes item(std::uint8_t kind, bytes const& content)
{
    bytes out{std::byte{kind}, std::byte{0}};
    pdu::put_big_endian(out, static_cast<std::uint32_t>(content.size()), 2);
    out.insert(out.end(), content.begin(), content.end());
    return out;
}

bytes operator+(bytes left, bytes const& right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

bytes const fixed(pdu::fixed_part_of_association);
bytes const context = item(0x21, bytes(4) + item(0x40, of("1.2.840.10008.1.2")));
bytes const refused{std::byte{1}, {}, std::byte{3}, {}};
bytes const role = item(0x54, bytes{std::byte{0}, std::byte{3}} + of("1.2") + bytes(2));
bytes const user = item(0x50, item(0x51, bytes(4)) + item(0x52, of("1.2.3")) + role +
                                  item(0x59, bytes{std::byte{0}, std::byte{3}} + of("any")));

}  // namespace

TEST_CASE("an answer to A-ASSOCIATE-RQ is well formed where each item lies within its own")
{
    auto const whole = fixed + item(0x10, of("1.2.840.10008.3.1.1.1")) + context + user;
    CHECK(pdu::is_well_formed_accept(whole));
    // A context that was refused may name no transfer syntax.
    CHECK(pdu::is_well_formed_accept(fixed + item(0x21, refused) + item(0x21, refused + item(0x40, {}))));
    CHECK(pdu::is_well_formed_accept(fixed));
    // Nor is it looked at what it holds.
    CHECK(pdu::is_well_formed_accept(fixed + item(0x21, refused + item(0x40, bytes(65, std::byte{'1'})))));
    CHECK(pdu::is_well_formed_accept(fixed + item(0x21, refused + bytes(3))));
    // Items of unrecognized types are skipped (PS3.8 §9.3.1).
    CHECK(pdu::is_well_formed_accept(fixed + item(0x77, of("1.2")) + context));
    CHECK(pdu::is_well_formed_accept(fixed + item(0x21, bytes(4) + item(0x40, of("1.2")) + item(0x77, bytes(99)))));
    // Cut anywhere but between two items it is none.
    std::size_t sound = 0;
    for (std::size_t size = 0; size < whole.size(); ++size)
        sound += pdu::is_well_formed_accept(std::span(whole).first(size));
    CHECK(sound == 3);  // before each of the three
}

TEST_CASE("rubbish in an answer to A-ASSOCIATE-RQ is seen")
{
    struct {
        char const* what;
        bytes body;
    } const cases[] = {
        {"an item of another kind that is cut", fixed + bytes{std::byte{0x77}, {}, {}, std::byte{9}}},
        {"a context of the request", fixed + item(0x20, bytes(4) + item(0x40, of("1.2")))},
        {"a context that is too short", fixed + item(0x21, bytes(3))},
        {"another item in a context", fixed + item(0x21, bytes(4) + item(0x30, of("1.2")))},
        {"a UID that is too long", fixed + item(0x21, bytes(4) + item(0x40, bytes(65, std::byte{'1'})))},
        {"a transfer syntax beyond its context",
         fixed + item(0x21, bytes(4) + bytes{std::byte{0x40}, {}, {}, std::byte{9}})},
        {"a maximum length of two bytes", fixed + item(0x50, item(0x51, bytes(2)))},
        {"an implementation without UID", fixed + item(0x50, item(0x52, {}))},
        {"a role without its flags", fixed + item(0x50, item(0x54, bytes{std::byte{0}, std::byte{3}} + of("1.2")))},
        {"an extended negotiation beyond its item", fixed + item(0x50, item(0x56, bytes{std::byte{0}, std::byte{9}}))},
        {"an accepted context without a transfer syntax", fixed + item(0x21, bytes(4))},
        {"an accepted context with another item only", fixed + item(0x21, bytes(4) + item(0x77, of("1.2")))},
        {"an accepted context with two transfer syntaxes",
         fixed + item(0x21, bytes(4) + item(0x40, of("1.2")) + item(0x40, of("1.3")))},
        {"an identity that is shorter than its item",
         fixed + item(0x50, item(0x59, bytes{std::byte{0}, std::byte{1}} + of("abc")))},
        {"a sub-item that is cut", fixed + item(0x50, bytes(3))},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        CHECK_FALSE(pdu::is_well_formed_accept(c.body));
    }
}
