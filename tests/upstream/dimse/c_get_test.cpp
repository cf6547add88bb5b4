#include "tests/upstream/dimse/getting.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;

TEST_CASE("fragments of any size come together, byte by byte, and Success follows each instance")
{
    auto const data = some_bytes(300001);
    struct {
        char const* name;
        std::vector<std::size_t> sizes;
        bool together = false;
    } const cases[] = {
        {"one PDV after the other", {}},
        {"odd ones", {1, 3, 5, 7, 4097}},
        {"empty ones", {0, 2, 0, 0, 100}},
        {"an empty last one", {100000, 100000, 100001}},
        {"several to a PDU", {1, 4096, 3, 2, 30000, 16}, true},
        {"several to a PDU, odd ones and empty ones", {0, 5000, 1, 0, 4097, 0, 1}, true},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        std::vector<std::uint16_t> answers;
        raw_scp const peer(gets([&](get_peer& p) {
            for (auto const& uid : {first_instance, second_instance}) {
                p.store(context_of(p), ct_class, uid, data, c.sizes, true, c.together);
                answers.push_back(p.read_response().status);
                p.respond(0xFF00, {.completed = static_cast<int>(answers.size()), .failed = 0});
            }
            p.respond(0x0000, {.completed = 2, .failed = 0, .warning = 0});
        }));
        part_list parts;
        auto const got = fetch(peer, parts);
        REQUIRE(got);
        CHECK(got->instances == 2);
        CHECK(got->completed == 2);
        CHECK(answers == std::vector<std::uint16_t>{0, 0});
        REQUIRE(parts.parts.size() == 2);
        CHECK(parts.parts[0].head.sop_instance_uid == first_instance);
        CHECK(parts.parts[1].head.sop_instance_uid == second_instance);
        for (auto const& part : parts.parts) {
            CHECK(part.ended);
            CHECK((part.data_set() == data));
            CHECK(part.head.sop_class_uid == ct_class);
            CHECK(part.head.transfer_syntax_uid == explicit_le);
        }
        CHECK(parts.on == std::this_thread::get_id());
    }
}

TEST_CASE("every transfer syntax passes, known to the toolkit or not")
{
    for (auto const* syntax : {"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.110", "1.3.46.670589.33.1.4.1"}) {
        CAPTURE(syntax);
        auto const data = some_bytes(5000);
        raw_scp const peer(gets(
            [&](get_peer& p) {
                p.store(context_of(p, "1.3.46.670589.11.0.0.12.1", syntax), "1.3.46.670589.11.0.0.12.1", first_instance,
                        data);
                (void)p.read_response();
                p.respond(0x0000, {.completed = 1});
            },
            {.sop_class = "1.3.46.670589.11.0.0.12.1", .transfer_syntax = syntax}));
        part_list parts;
        REQUIRE(fetch(peer, parts));
        REQUIRE(parts.parts.size() == 1);
        CHECK(parts.parts[0].head.transfer_syntax_uid == syntax);
        CHECK(parts.parts[0].header().find(syntax) != std::string::npos);
        CHECK((parts.parts[0].data_set() == data));
    }
}

TEST_CASE("how the archive ends it")
{
    struct {
        char const* name;
        std::uint16_t status;
        get_peer::counters counters;
        int instances;
        bool told;
        errc error;
        bool later = false;  // worth repeating
    } const cases[] = {
        {"success with nothing, and it told of nothing", 0x0000, {}, 0, false, errc::not_found},
        {"success with nothing, counted", 0x0000, {.completed = 0, .failed = 0}, 0, false, errc::not_found},
        {"success with nothing, and it told of one", 0x0000, {}, 0, true, errc::not_yet, true},
        {"nothing but a failure", 0xB000, {.completed = 0, .failed = 1}, 0, true, errc::incomplete},
        {"some failed", 0xB000, {.completed = 1, .failed = 1}, 1, true, errc::incomplete},
        {"some failed, not counted", 0xB000, {}, 1, true, errc::incomplete},
        {"success, and yet some failed", 0x0000, {.completed = 1, .failed = 1}, 1, true, errc::incomplete},
        {"all failed", 0xA702, {.completed = 0, .failed = 2}, 0, true, errc::refused},
        {"the rest failed", 0xA702, {.completed = 1, .failed = 2}, 1, true, errc::incomplete},
        {"out of resources", 0xA700, {}, 0, true, errc::refused, true},
        {"matches cannot be counted", 0xA701, {}, 0, true, errc::refused, true},
        {"unable to process anything", 0xC000, {}, 0, true, errc::refused, true},
        {"unable to process what failed", 0xC000, {.completed = 0, .failed = 1}, 0, true, errc::refused},
        {"an identifier that it does not understand", 0xA900, {}, 0, true, errc::refused},
        {"unable to process the rest", 0xC001, {}, 1, true, errc::refused, true},
        {"no such SOP class", 0x0122, {}, 0, true, errc::refused},
        {"cancelled by itself", 0xFE00, {.completed = 1}, 1, true, errc::refused},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        raw_scp const peer(gets(
            [&](get_peer& p) {
                for (int i = 0; i < c.instances; ++i) {
                    p.store(context_of(p), ct_class, first_instance, some_bytes(100));
                    (void)p.read_response();
                }
                p.respond(c.status, c.counters, c.status == 0xB000 ? some_bytes(10) : bytes());
            },
            c.told ? told{ct_class, explicit_le} : told{}));
        part_list parts;
        auto const got = fetch(peer, parts);
        REQUIRE_FALSE(got);
        CHECK(got.error().code == c.error);
        CHECK((got.error().retry_after > 0s) == c.later);
        CHECK(parts.parts.size() == static_cast<std::size_t>(c.instances));
    }
}

TEST_CASE("only warnings: everything came")
{
    raw_scp const peer(gets([&](get_peer& p) {
        p.store(context_of(p), ct_class, first_instance, some_bytes(100));
        (void)p.read_response();
        p.respond(0xB000, {.completed = 0, .failed = 0, .warning = 1});
    }));
    part_list parts;
    auto const got = fetch(peer, parts);
    REQUIRE(got);
    CHECK(got->instances == 1);
    CHECK(got->completed == 1);
}

TEST_CASE("C-GET that is not accepted is no way to retrieve")
{
    raw_scp const peer(gets([](get_peer&) {}, {ct_class, explicit_le}, get_peer::get_class));
    part_list parts;
    auto const got = fetch(peer, parts);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::unsupported);
}

TEST_CASE("an instance in a context that was not accepted is refused, the others come, and it is told")
{
    std::vector<std::uint16_t> answers;
    raw_scp const peer(gets(
        [&](get_peer& p) {
            p.store(253, ct_class, first_instance, some_bytes(100));
            answers.push_back(p.read_response().status);
            p.store(context_of(p), ct_class, second_instance, some_bytes(100));
            answers.push_back(p.read_response().status);
            p.respond(0x0000, {.completed = 2});
        },
        {ct_class, explicit_le}));
    part_list parts;
    auto const got = fetch(peer, parts);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::incomplete);
    CHECK(answers == std::vector<std::uint16_t>{0x0122, 0x0000});
    REQUIRE(parts.parts.size() == 1);
    CHECK(parts.parts[0].head.sop_instance_uid == second_instance);
}

TEST_CASE("what belongs to another study or series is refused, the others come, and it is told")
{
    auto const of = [](std::string study, std::string series) {  // Study and Series Instance UID, then pixels
        bytes b;
        for (auto [tag, uid] : {std::pair{'\x0D', &study}, std::pair{'\x0E', &series}}) {
            uid->resize((uid->size() + 1) / 2 * 2, '\0');
            b += bytes{'\x20', '\0', tag, '\0', 'U', 'I', static_cast<char>(uid->size()), '\0'} + *uid;
        }
        return b + bytes{'\xE0', '\x7F', '\x10', '\0', 'O', 'W', '\0', '\0'} + some_bytes(200000);
    };
    std::vector<std::uint16_t> answers;
    raw_scp const peer(gets([&](get_peer& p) {
        for (auto const& data : {of("1.2.4", "1.2.3.4"), of("1.2.3", "1.2.3.5"), of("1.2.3", "1.2.3.4")}) {
            p.store(context_of(p), ct_class, second_instance, data, {10, 20});
            answers.push_back(p.read_response().status);
        }
        p.respond(0x0000, {.completed = 3, .failed = 0});
    }));
    fetcher us(source_at(peer.port()));
    part_list parts;
    auto const got = us.fetch({"1.2.3", "1.2.3.4", {}}, parts);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::incomplete);
    CHECK(answers == std::vector<std::uint16_t>{0xA700, 0xA700, 0x0000});
    REQUIRE(parts.parts.size() == 1);
    CHECK((parts.parts[0].data_set() == of("1.2.3", "1.2.3.4")));
}

TEST_CASE("what sent everything in one syntax is asked again for compressed ones alone")
{
    std::atomic<int> times{0};
    raw_scp const peer(gets([&](get_peer& p) {
        if (++times == 1)
            return p.respond(0xA702, {.completed = 0, .failed = 1});
        CHECK_FALSE(p.find(ct_class, explicit_le));
        auto const* const c = p.find(ct_class, {});
        REQUIRE(c);
        p.store(c->id, ct_class, first_instance, some_bytes(100));
        (void)p.read_response();
        p.respond(0x0000, {.completed = 1});
    }));
    part_list parts;
    auto const got = fetch(peer, parts);
    REQUIRE(got);
    CHECK(got->instances == 1);
    CHECK(parts.parts.at(0).head.transfer_syntax_uid == "1.2.840.10008.1.2.4.70");
}

TEST_CASE("a retrieve takes one of the associations, and leaves one for searches")
{
    std::promise<void> running, go_on;
    auto const released = go_on.get_future().share();
    std::atomic<int> gets_begun{0};
    raw_scp const peer(gets([&](get_peer& p) {
        if (++gets_begun == 1)
            running.set_value();
        released.wait();
        p.store(context_of(p), ct_class, first_instance, some_bytes(100));
        (void)p.read_response();
        p.respond(0x0000, {.completed = 1});
    }));
    auto source = source_at(peer.port());
    source.limits.associations = 2;
    auto const pool = upstream::dimse::make_pool(source);
    auto const retrieve = [&](retrieve_answer& answer) {
        fetcher us(source, pool);
        part_list parts;
        answer = us.fetch({"1.2.3", {}, {}}, parts);
    };
    retrieve_answer one, two;
    std::thread first(retrieve, std::ref(one));
    running.get_future().wait();
    std::thread second(retrieve, std::ref(two));
    caller searching(source, pool);
    for (int i = 0; i < 5; ++i)
        CHECK(searching.find());
    CHECK(gets_begun == 1);
    go_on.set_value();
    first.join();
    second.join();
    CHECK(one);
    CHECK(two);
    CHECK(gets_begun == 2);
}

}  // namespace
