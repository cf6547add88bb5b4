#include "upstream/dimse/wire/command_set.hpp"

#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace {

using namespace pons::upstream;
using namespace pons::upstream::dimse;
using namespace std::string_literals;

std::span<std::byte const> raw(std::string const& s)
{
    return std::as_bytes(std::span(s));
}

TEST_CASE("writes a C-FIND-RQ byte for byte as PS3.7 §6.3.1 says")
{
    command_set rq;
    rq.set(command_element::command_data_set_type, std::uint16_t{1});
    rq.set(command_element::affected_sop_class_uid, "1.2.3");
    rq.set(command_element::command_field, static_cast<std::uint16_t>(command::c_find_rq));
    rq.set(command_element::message_id, std::uint16_t{0x1234});

    auto const expected =
        "\0\0\0\0\x04\0\0\0\x2C\0\0\0"s
        "\0\0\x02\0\x06\0\0\0"s
        "1.2.3\0"s
        "\0\0\0\x01\x02\0\0\0\x20\0"s
        "\0\0\x10\x01\x02\0\0\0\x34\x12"s
        "\0\0\0\x08\x02\0\0\0\x01\0"s;
    auto const bytes = rq.encode();
    CHECK(std::string(reinterpret_cast<char const*>(bytes.data()), bytes.size()) == expected);
}

TEST_CASE("reads back what it wrote")
{
    command_set rsp;
    rsp.set(command_element::command_field, static_cast<std::uint16_t>(command::c_find_rsp));
    rsp.set(command_element::message_id_being_responded_to, std::uint16_t{65535});
    rsp.set(command_element::status, std::uint16_t{0xA700});
    rsp.set(command_element::error_comment, "odd");
    rsp.set(command_element::command_data_set_type, no_data_set);

    auto const decoded = command_set::decode(rsp.encode());
    REQUIRE(decoded);
    CHECK(decoded->is(command::c_find_rsp));
    CHECK(decoded->number(command_element::message_id_being_responded_to) == 65535);
    CHECK(decoded->number(command_element::status) == 0xA700);
    CHECK(decoded->text(command_element::error_comment) == "odd");
    CHECK_FALSE(decoded->has_data_set());
    CHECK_FALSE(decoded->number(command_element::message_id));
}

TEST_CASE("pads instance UIDs with a null and titles with a space (PS3.5 §6.2)")
{
    command_set rq;
    rq.set(command_element::affected_sop_instance_uid, "1.2");
    rq.set(command_element::move_originator_ae_title, "ABC");
    auto const bytes = rq.encode();
    CHECK(std::string(reinterpret_cast<char const*>(bytes.data()), bytes.size()) ==
          "\0\0\0\0\x04\0\0\0\x18\0\0\0"s
          "\0\0\0\x10\x04\0\0\0"s
          "1.2\0"s
          "\0\0\x30\x10\x04\0\0\0"s
          "ABC "s);
}

TEST_CASE("the padding of an AE title is on both its ends")
{
    command_set rq;
    rq.set(command_element::move_destination, "  CT 1 ");
    rq.set(command_element::move_originator_ae_title, "   ");
    rq.set(command_element::error_comment, " as it is");
    CHECK(rq.text(command_element::move_destination) == "CT 1");
    CHECK(rq.text(command_element::move_originator_ae_title).empty());
    CHECK(rq.text(command_element::error_comment) == " as it is");
}

TEST_CASE("tolerates what old archives write")
{
    struct {
        char const* name;
        std::string bytes;
    } const cases[] = {
        {"no group length", "\0\0\0\x09\x02\0\0\0\0\xFF"s},
        {"a wrong group length",
         "\0\0\0\0\x04\0\0\0\xFF\xFF\0\0"s
         "\0\0\0\x09\x02\0\0\0\0\xFF"s},
        {"elements out of order",
         "\0\0\x02\x09\x02\0\0\0ab"s
         "\0\0\0\x09\x02\0\0\0\0\xFF"s},
        {"an odd length",
         "\0\0\x02\x09\x01\0\0\0a"s
         "\0\0\0\x09\x02\0\0\0\0\xFF"s},
        {"an element twice",
         "\0\0\0\x09\x02\0\0\0\0\xFF"s
         "\0\0\0\x09\x02\0\0\0\x01\xFF"s},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const decoded = command_set::decode(raw(c.bytes));
        REQUIRE(decoded);
        CHECK(decoded->number(command_element::status) == 0xFF00);
    }
}

TEST_CASE("refuses what is no command set")
{
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += "\0\0"s + static_cast<char>(i & 0xFF) + static_cast<char>(i >> 8) + "\0\0\0\0"s;
    struct {
        char const* name;
        std::string bytes;
        errc code;
    } const cases[] = {
        {"a cut header", "\0\0\0\x09\x02\0\0"s, errc::malformed},
        {"a length beyond the end", "\0\0\0\x09\x03\0\0\0\0\xFF"s, errc::malformed},
        {"an undefined length", "\0\0\0\x09\xFF\xFF\xFF\xFF"s, errc::malformed},
        {"another group", "\x08\0\x52\0\x02\0\0\0ab"s, errc::malformed},
        {"more than 64 KiB", std::string(command_set::size_limit + 1, '\0'), errc::too_large},
        {"a thousand elements", many, errc::too_large},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const decoded = command_set::decode(raw(c.bytes));
        REQUIRE_FALSE(decoded);
        CHECK(decoded.error().code == c.code);
    }
}

TEST_CASE("a status of another length than two bytes is no number")
{
    auto const decoded = command_set::decode(raw("\0\0\0\x09\x04\0\0\0\0\xFF\0\0"s));
    REQUIRE(decoded);
    CHECK_FALSE(decoded->number(command_element::status));
}

TEST_CASE("survives any bytes")
{
    std::mt19937 random(20261121);
    int read = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes(random() % 64, '\0');
        for (auto& b : bytes)
            b = random() % 3 == 0 ? static_cast<char>(random()) : '\0';
        if (auto const decoded = command_set::decode(raw(bytes))) {
            ++read;
            CHECK(command_set::decode(decoded->encode()));
        }
    }
    CHECK(read > 0);
}

}  // namespace
