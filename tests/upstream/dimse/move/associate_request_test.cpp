#include "tests/upstream/dimse/move/raw_scu.hpp"
#include "upstream/dimse/wire/associate_answer.hpp"
#include "upstream/dimse/wire/pdu.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

namespace {

using namespace pons;
using namespace pons::test;
using namespace pons::upstream::dimse;
using upstream::errc;

result<associate_request> parse(bytes const& body)
{
    return parse_associate_request(std::as_bytes(std::span(body)));
}

bytes fixed(std::string_view called = "PONS", std::string_view calling = "CT1")
{
    return raw::big(1, 2) + raw::big(0, 2) + raw::ae(called) + raw::ae(calling) + bytes(32, '\0');
}

TEST_CASE("an A-ASSOCIATE-RQ as modalities send it")
{
    std::vector<raw_context> const contexts{{1, "1.2.840.10008.1.1", {"1.2.840.10008.1.2"}},
                                            {255, "1.3.46.670589.2.5.1.1", {"1.2.840.10008.1.2.4.70", "1.2.3"}}};
    auto const role = raw::item(0x54, raw::big(9, 2) + "1.2.840.1" + bytes{'\0', '\1'});
    auto const user = raw::item(
        0x50, raw::item(0x51, raw::big(32768, 4)) + raw::item(0x52, "1.2.3") + role + raw::item(0x55, "OLD "));
    auto const asked = parse(associate_body("PONS_MOVE", " CT1", contexts, user));
    REQUIRE(asked);
    CHECK(asked->protocol_version == 1);
    CHECK(asked->called_ae == "PONS_MOVE");
    CHECK(asked->calling_ae == "CT1");
    CHECK(asked->application_context == "1.2.840.10008.3.1.1.1");
    CHECK(asked->max_pdu == 32768);
    CHECK(asked->implementation_version_name == "OLD");
    CHECK(asked->contexts ==
          std::vector<proposed_context>{{1, "1.2.840.10008.1.1", {"1.2.840.10008.1.2"}},
                                        {255, "1.3.46.670589.2.5.1.1", {"1.2.840.10008.1.2.4.70", "1.2.3"}}});
    CHECK(asked->roles == std::vector<role_selection>{{"1.2.840.1", false, true}});
}

TEST_CASE("extended negotiation is read and answered")
{
    auto const find = std::string("1.2.840.10008.5.1.4.1.2.2.1");
    auto const extended = raw::item(0x56, raw::big(27, 2) + find + bytes("\1\1\0", 3));
    auto const user = [](bytes const& more) { return raw::item(0x50, raw::item(0x51, raw::big(32768, 4)) + more); };
    auto const asked = parse(associate_body("PONS", "CT1", {{}}, user(extended)));
    REQUIRE(asked);
    REQUIRE(asked->extended.size() == 1);
    CHECK(asked->extended.front().sop_class_uid == find);
    CHECK(asked->extended.front().information == std::vector{std::byte{1}, std::byte{1}, std::byte{0}});
    for (auto const& bad :
         {raw::item(0x56, raw::big(99, 2) + find), raw::item(0x56, "\1"), raw::item(0x56, raw::big(3, 2) + "abc")})
        CHECK_FALSE(parse(associate_body("PONS", "CT1", {{}}, user(bad))));

    associate_answer answer;
    answer.extended = asked->extended;
    auto const accepted = encode_accept(*asked, answer, 131072);
    CHECK(bytes(reinterpret_cast<char const*>(accepted.data()), accepted.size()).find(extended) != bytes::npos);
}

TEST_CASE("what an A-ASSOCIATE-RQ may be like all the same")
{
    auto const usual = proposed({}) + user_information();
    struct {
        char const* name;
        bytes body;
    } const cases[] = {
        {"items that we do not know", fixed() + raw::item(0x77, "abc") + usual},
        {"sub-items that we do not know", fixed() + proposed({}) + raw::item(0x50, raw::item(0x58, "user"))},
        {"UIDs padded by NUL",
         fixed() + proposed({1, bytes("1.2\0", 4), {bytes("1.2.840\0", 8)}}) + user_information()},
        {"AE titles padded by NUL",
         raw::big(1, 2) + bytes(2, '\0') + "PONS" + bytes(12, '\0') + raw::ae("CT1") + bytes(32, '\0') + usual},
        {"an even context id", fixed() + proposed({2, "1.2", {"1.2.840"}}) + user_information()},
        {"no context", fixed() + user_information()},
        {"empty user information", fixed() + proposed({}) + raw::item(0x50, "")},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const asked = parse(c.body);
        REQUIRE(asked);
        CHECK(asked->called_ae == "PONS");
        CHECK(asked->calling_ae == "CT1");
    }
}

TEST_CASE("an A-ASSOCIATE-RQ that is none is refused")
{
    auto const context = proposed({});
    bytes many;
    for (int id = 0; id <= 128; ++id)
        many += proposed({static_cast<std::uint8_t>(id), "1.2", {"1.2.840"}});
    struct {
        char const* name;
        bytes body;
        errc why;
    } const cases[] = {
        {"nothing", {}, errc::malformed},
        {"half of the fixed part", fixed().substr(0, 40), errc::malformed},
        {"no user information", fixed() + context, errc::malformed},
        {"an item beyond the end", fixed() + context + user_information() + bytes("\x20\0\xFF\xFF", 4) + "rest",
         errc::malformed},
        {"half an item head", fixed() + user_information() + bytes("\x20\0", 2), errc::malformed},
        {"a sub-item beyond its item", fixed() + raw::item(0x20, bytes("\1\0\0\0\x30\0\0\xFF", 8)) + user_information(),
         errc::malformed},
        {"a context of two bytes", fixed() + raw::item(0x20, bytes(2, '\1')) + user_information(), errc::malformed},
        {"no transfer syntax", fixed() + proposed({1, "1.2", {}}) + user_information(), errc::malformed},
        {"no abstract syntax",
         fixed() + raw::item(0x20, bytes("\1\0\0\0", 4) + raw::item(0x40, "1.2")) + user_information(),
         errc::malformed},
        {"an empty UID", fixed() + proposed({1, "", {"1.2"}}) + user_information(), errc::malformed},
        {"a UID of 65 bytes", fixed() + proposed({1, bytes(65, '1'), {"1.2"}}) + user_information(), errc::malformed},
        {"a UID with letters", fixed() + proposed({1, "1.2\n", {"1.2"}}) + user_information(), errc::malformed},
        {"one context id twice", fixed() + context + context + user_information(), errc::malformed},
        {"a title with a line feed", fixed("PO\nNS") + context + user_information(), errc::malformed},
        {"a maximum length of two bytes", fixed() + context + raw::item(0x50, raw::item(0x51, "ab")), errc::malformed},
        {"a role beyond its item", fixed() + context + raw::item(0x50, raw::item(0x54, raw::big(99, 2) + "1.2")),
         errc::malformed},
        {"129 contexts", fixed() + many + user_information(), errc::too_large},
        {"more than 256 kB", fixed() + bytes(largest_associate_request, '\0'), errc::too_large},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const asked = parse(c.body);
        REQUIRE_FALSE(asked);
        CHECK(asked.error().code == c.why);
    }
}

TEST_CASE("an A-ASSOCIATE-RQ cut anywhere never reads beyond its end")
{
    auto const whole = associate_body("PONS", "CT1", {raw_context{}, {3, "1.2.3", {"1.2", "1.2.4"}}});
    REQUIRE(parse(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::vector<std::byte> const cut(reinterpret_cast<std::byte const*>(whole.data()),
                                         reinterpret_cast<std::byte const*>(whole.data()) + size);
        CAPTURE(size);
        CHECK_FALSE(parse_associate_request(cut));
    }
}

TEST_CASE("A-ASSOCIATE-AC, A-ASSOCIATE-RJ and A-ABORT are those of PS3.8 §9.3")
{
    auto const as_bytes = [](std::vector<std::byte> const& v) {
        return bytes(reinterpret_cast<char const*>(v.data()), v.size());
    };
    associate_request asked;
    asked.called_ae = "PONS";
    asked.calling_ae = "CT1";
    auto const accepted = as_bytes(encode_accept(asked,
                                                 {.contexts = {{1, context_result::acceptance, "1.2.840.10008.1.2.1"},
                                                               {3, context_result::abstract_syntax_not_supported, {}}},
                                                  .roles = {{"1.2.3", true, true}}},
                                                 131072));
    CHECK(accepted.substr(0, 2) == bytes("\2\0", 2));
    CHECK(raw::from_big(accepted.substr(2, 4)) == accepted.size() - 6);
    CHECK(accepted.substr(10, 32) == raw::ae("PONS") + raw::ae("CT1"));
    CHECK(accepted.find(raw::item(0x10, "1.2.840.10008.3.1.1.1")) == 74);
    CHECK(accepted.find(raw::item(0x21, bytes("\1\0\0\0", 4) + raw::item(0x40, "1.2.840.10008.1.2.1"))) != bytes::npos);
    CHECK(accepted.find(raw::item(0x21, bytes("\3\0\3\0", 4) + raw::item(0x40, "1.2.840.10008.1.2"))) != bytes::npos);
    CHECK(accepted.find(raw::item(0x51, raw::big(131072, 4))) != bytes::npos);
    CHECK(accepted.find(raw::item(0x54, raw::big(5, 2) + "1.2.3\1\1")) != bytes::npos);
    CHECK(as_bytes(encode_reject(called_ae_not_recognized)) == raw::pdu(3, bytes("\0\1\1\7", 4)));
    CHECK(as_bytes(encode_abort(abort_reason::unexpected_pdu)) == raw::pdu(7, bytes("\0\0\2\2", 4)));
}

}  // namespace
