#include "tests/proxy/dimse/store_door.hpp"
#include "tests/upstream/dimse/move/raw_scu.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

namespace {

using namespace pons;
using namespace pons::test;
using namespace std::chrono_literals;
using upstream::errc;

TEST_CASE("an instance goes on as it came, and is acknowledged by the archive's word")
{
    store_door pons;
    raw_scu peer(pons.port());
    REQUIRE(peer.associate("A", "CT1") == 2);
    auto const small = instance_bytes("1.2.3.1");
    auto const large = instance_bytes("1.2.3.2", 3'000'000);
    CHECK(store(peer, "1.2.3.1", small).status == 0);
    CHECK(store(peer, "1.2.3.2", large).status == 0);
    peer.release();
    auto const given = pons.archives["a"].given();
    REQUIRE(given.size() == 2);
    CHECK(given[0].head.sop_class_uid == image_class);
    CHECK(given[0].head.sop_instance_uid == "1.2.3.1");
    CHECK(given[0].head.transfer_syntax_uid == "1.2.840.10008.1.2.1");
    CHECK(given[0].ended);
    CHECK(given[0].file.substr(128, 4) == "DICM");
    CHECK((given[0].file.substr(given[0].head.data_set_offset) == small));
    CHECK((given[1].file.substr(given[1].head.data_set_offset) == large));
    CHECK(pons.archives["b"].given().empty());
    pons.stop();
    CHECK(pons.counts().all == 2);
    CHECK(pons.counts().failed == 0);
}

TEST_CASE("however the data set is cut")
{
    store_door pons;
    auto const data = instance_bytes("1.2.3.1", 3000);
    auto const request = raw_scu::store_request({.message_id = 1, .sop_instance_uid = "1.2.3.1", .originator_ae = {}});
    raw_scu peer(pons.port());
    REQUIRE(peer.associate("A", "CT1") == 2);
    for (std::size_t const fragment : {1UL, 7UL, 999UL, 100'000UL}) {
        CAPTURE(fragment);
        peer.write(request + raw_scu::data_set(data, fragment));
        CHECK(read_response(peer).status == 0);
        auto const last = pons.archives["a"].given().back();
        CHECK((last.file.substr(last.head.data_set_offset) == data));
    }
    peer.write(request + raw::pdu(4, raw::pdv(1, false, false, data)) + raw::pdu(4, raw::pdv(1, false, true, "")));
    CHECK(read_response(peer).status == 0);
    auto const last = pons.archives["a"].given().back();
    CHECK((last.file.substr(last.head.data_set_offset) == data));
}

TEST_CASE("the archive's status is the answer")
{
    struct {
        std::uint16_t said;
        std::uint16_t told;
        char const* comment;
    } const cases[] = {
        {0x0000, 0x0000, ""},
        {0xB000, 0xB000, ""},
        {0xB006, 0xB006, ""},
        {0xB007, 0xB007, ""},
        {0xA700, 0xA700, "source a: A700, out of resources"},
        {0xA900, 0xA900, "source a: A900, data set does not match SOP class"},
        {0xA901, 0xA901, "source a: A901, data set does not match SOP class"},
        {0xC000, 0xC000, "source a: C000, cannot understand"},
        {0xC122, 0xC122, "source a: C122, transfer syntax not supported"},
        {0x0122, 0x0122, "source a: 0122, SOP class not supported"},
        {0x0110, 0x0110, "source a: 0110, processing failure"},
        {0x0001, 0x0110, "source a answered 0001, which is no answer"},
        {0xFF00, 0x0110, "source a answered FF00, which is no answer"},
        {0xFE00, 0x0110, "source a answered FE00, which is no answer"},
    };
    store_door pons;
    raw_scu peer(pons.port());
    REQUIRE(peer.associate("A", "CT1") == 2);
    for (auto const& c : cases) {
        CAPTURE(c.said);
        pons.archives["a"].be({.status = c.said, .fails = {}, .reads = {}});
        auto const rsp = store(peer, "1.2.3.1", instance_bytes("1.2.3.1", 1000));
        CHECK(rsp.status == c.told);
        CHECK(rsp.comment == c.comment);
    }
    pons.stop();
    CHECK(pons.counts().failed == 10);
}

TEST_CASE("the sender hears what the archive says, cut to what a comment may be")
{
    struct {
        char const* name;
        std::uint16_t status;
        char const* said;
        char const* comment;
    } const cases[] = {
        {"words", 0xA900, "Series Description is too long", "source a: A900, Series Description is too long"},
        {"none", 0xA900, "", "source a: A900, data set does not match SOP class"},
        {"more than there is room for", 0xA700, "There are 0 of 4096 gigabytes left on volume seven",
         "source a: A700, There are 0 of 4096 gigabytes left on volume sev"},
        {"what LO does not have", 0xC000,
         "gr\xC3\xB6\xC3\x9F"
         "er\\",
         "source a: C000, gr????er?"},
        {"of a success, nothing", 0x0000, "well done", ""},
    };
    store_door pons;
    raw_scu peer(pons.port());
    REQUIRE(peer.associate("A", "CT1") == 2);
    for (auto const& c : cases) {
        CAPTURE(c.name);
        pons.archives["a"].be({.status = c.status, .fails = {}, .reads = {}, .waits = false, .comment = c.said});
        auto const rsp = store(peer, "1.2.3.1", instance_bytes("1.2.3.1", 1000));
        CHECK(rsp.status == c.status);
        CHECK(rsp.comment == c.comment);
    }
}

TEST_CASE("of what an archive did not answer for the sender hears A700, and why")
{
    store_door pons;
    raw_scu peer(pons.port());
    REQUIRE(peer.associate("A", "CT1") == 2);
    for (auto const code :
         {errc::unreachable, errc::association_rejected, errc::unauthorized, errc::refused, errc::aborted,
          errc::malformed, errc::too_large, errc::timed_out, errc::overloaded, errc::unsupported, errc::closed}) {
        for (auto const reads :
             {std::optional<std::size_t>(), std::optional<std::size_t>(0), std::optional<std::size_t>(100'000)}) {
            CAPTURE(make_error_code(code).message());
            pons.archives["a"].be(
                {.status = 0, .fails = failure{make_error_code(code), "source a: a place"}, .reads = reads});
            auto const rsp = store(peer, "1.2.3.1", instance_bytes("1.2.3.1", 1'500'000));
            CHECK(rsp.status == 0xA700);
            CHECK(rsp.comment.starts_with("source a: a place: "));
        }
    }
    pons.archives["a"].be({});
    CHECK(store(peer, "1.2.3.1", instance_bytes("1.2.3.1", 1'500'000)).status == 0);
}

TEST_CASE("an archive that answers before it has everything has not stored it")
{
    store_door pons;
    pons.archives["a"].be({.status = 0, .fails = {}, .reads = 100'000});
    raw_scu peer(pons.port());
    REQUIRE(peer.associate("A", "CT1") == 2);
    auto const rsp = store(peer, "1.2.3.1", instance_bytes("1.2.3.1", 8'000'000));
    CHECK(rsp.status == 0xA700);
    CHECK(rsp.comment == "source a answered too soon");
}

TEST_CASE("an instance that is not what its command says is refused, and nobody is asked")
{
    constexpr auto ct = "1.2.840.10008.5.1.4.1.1.2";
    struct {
        char const* name;
        std::string said_class;
        std::string said;
        bytes data;
        std::uint16_t status;
    } const cases[] = {
        {"another instance", image_class, "1.2.3.1", instance_bytes("1.2.3.11", 100'000), 0xA900},
        {"another class", image_class, "1.2.3.1", instance_bytes("1.2.3.1", 100'000, ct), 0xA900},
        {"no instance UID in the command", image_class, "", instance_bytes("1.2.3.1"), 0xC000},
        {"no UID", image_class, "1.2.3.x", instance_bytes("1.2.3.x"), 0xC000},
        {"too long", image_class, std::string(65, '1'), instance_bytes(std::string(65, '1')), 0xC000},
        {"no instance UID in the data set", image_class, "1.2.3.1", instance_bytes(""), 0xC000},
        {"no class in the data set", image_class, "1.2.3.1", instance_bytes("1.2.3.1", 0, ""), 0xC000},
    };
    store_door pons;
    raw_scu peer(pons.port());
    REQUIRE(peer.associate("A", "CT1") == 2);
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const rsp = store(peer, c.said, c.data, c.said_class);
        CHECK(rsp.status == c.status);
        CHECK_FALSE(rsp.comment.empty());
        CHECK(rsp.comment.find("1.2.3") == std::string::npos);
    }
    CHECK(pons.archives["a"].given().empty());
    CHECK(store(peer, "1.2.3.1", instance_bytes("1.2.3.1")).status == 0);
}

TEST_CASE("what cannot be read is the archive's to judge")
{
    store_door pons;
    raw_scu peer(pons.port());
    REQUIRE(peer.associate("A", "CT1", {{1, image_class, {"1.2.840.113619.5.2"}}}) == 2);
    CHECK(store(peer, "1.2.3.1", bytes(1000, '\x7F')).status == 0);
    auto const given = pons.archives["a"].given();
    REQUIRE(given.size() == 1);
    CHECK(given[0].head.transfer_syntax_uid == "1.2.840.113619.5.2");
}

TEST_CASE("of several sources one must be named")
{
    SUBCASE("none is")
    {
        store_door pons;
        raw_scu peer(pons.port());
        REQUIRE(peer.associate("PONS", "CT1") == 2);
        auto const rsp = store(peer, "1.2.3.1", instance_bytes("1.2.3.1", 500'000));
        CHECK(rsp.status == 0xA700);
        CHECK(rsp.comment == "dicomweb.store_to names no source of this AE title");
        CHECK(pons.archives["a"].given().empty());
        CHECK(pons.archives["b"].given().empty());
    }
    SUBCASE("one is")
    {
        store_door pons("b");
        raw_scu peer(pons.port());
        REQUIRE(peer.associate("PONS", "CT1") == 2);
        CHECK(store(peer, "1.2.3.1", instance_bytes("1.2.3.1")).status == 0);
        CHECK(pons.archives["b"].given().size() == 1);
        raw_scu other(pons.port());
        REQUIRE(other.associate("A", "CT1") == 2);
        CHECK(store(other, "1.2.3.1", instance_bytes("1.2.3.1")).status == 0);
        CHECK(pons.archives["a"].given().size() == 1);
    }
}

TEST_CASE("a sender that ends within an instance breaks the store off")
{
    proxy::dimse::provider_times times;
    times.silence = 20ms;
    store_door pons({}, times);
    std::optional<raw_scu> peer(pons.port());
    REQUIRE(peer->associate("A", "CT1") == 2);
    auto const data = instance_bytes("1.2.3.1", 1'000'000);
    auto const begun = raw_scu::store_request({.message_id = 1, .sop_instance_uid = "1.2.3.1", .originator_ae = {}}) +
                       raw::pdu(4, raw::pdv(1, false, false, data.substr(0, 500'000)));
    SUBCASE("it aborts")
    {
        peer->write(begun);
        peer->abort();
    }
    SUBCASE("it goes")
    {
        peer->write(begun);
        peer.reset();
    }
    SUBCASE("it is silent")
    {
        peer->write(begun);
        CHECK(peer->read_pdu().type == 7);
    }
    SUBCASE("it sends a command there")
    {
        peer->write(begun +
                    raw_scu::store_request({.message_id = 2, .sop_instance_uid = "1.2.3.2", .originator_ae = {}}));
        CHECK(peer->read_pdu().type == 7);
    }
    auto const given =
        pons.archives["a"].once([](auto const& all) { return !all.empty() && all.back().broken_off.has_value(); });
    REQUIRE(given.size() == 1);
    CHECK_FALSE(given[0].ended);
    CHECK(given[0].broken_off->code == errc::cancelled);
    pons.stop();
    CHECK(pons.counts().failed == 1);
}

TEST_CASE("a sender that goes before the archive has answered ends the store")
{
    store_door pons;
    pons.archives["a"].be({.status = 0, .fails = {}, .reads = {}, .waits = true});
    std::optional<raw_scu> peer(pons.port());
    REQUIRE(peer->associate("A", "CT1") == 2);
    peer->write(raw_scu::store_request({.message_id = 1, .sop_instance_uid = "1.2.3.1", .originator_ae = {}}) +
                raw_scu::data_set(instance_bytes("1.2.3.1", 1000)));
    pons.archives["a"].once([](auto const& all) { return !all.empty() && all.back().ended; });
    SUBCASE("the sender")
    {
        peer.reset();
    }
    SUBCASE("or Pons")
    {
        pons.stop();
    }
    pons.archives["a"].once([](auto const& all) { return all.back().broken_off.has_value(); });
}

TEST_CASE("what is offered: storage, in whatever transfer syntax, and nothing else")
{
    auto const store = proxy::dimse::make_store();
    for (auto const* uid : {image_class, "1.2.840.10008.5.1.4.38.1", "1.3.46.670589.2.5.1.1"})
        CHECK(store.offers(uid));
    for (auto const* uid : {"1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.1.20.1"})
        CHECK_FALSE(store.offers(uid));
    for (auto const* syntax :
         {"1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.201", "1.2.840.113619.5.2"})
        CHECK(store.choose({1, image_class, {syntax}}, {}) == syntax);
}

}  // namespace
