#include "upstream/dimse/store_provider.hpp"
#include "tests/support/process.hpp"
#include "tests/upstream/dimse/move/raw_scu.hpp"
#include "tests/upstream/dimse/move/taken.hpp"
#include "upstream/dimse/store_provider_contexts.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <list>
#include <thread>

namespace {

using namespace pons;
using namespace pons::test;
using namespace pons::upstream;
using namespace pons::upstream::dimse;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::uint16_t refused = 0xA700;

bytes instance_of(std::string const& study, std::size_t more = 0)
{
    auto data = explicit_element(0x00080018, "UI", "1.2.3.1", '\0') + explicit_element(0x0020000D, "UI", study, '\0') +
                explicit_element(0x0020000E, "UI", study + ".1", '\0') + explicit_element(0x00200013, "IS", "1");
    if (more > 0)
        data += bytes("\xE0\x7F\x10\0OW\0\0", 8) + raw::little(static_cast<std::uint32_t>(more), 4) + bytes(more, 'p');
    return data;
}

struct provider_at_work {
    explicit provider_at_work(store_provider_times times = {})
        : provider(std::make_shared<store_provider>(registry, times)), door({"127.0.0.1", 0}, {{"PONS_MOVE", provider}})
    {
        REQUIRE(door.start());
    }

    std::uint16_t port() const { return door.endpoint().port(); }

    std::shared_ptr<waiting_move> enter(retrieve_request what, std::shared_ptr<taken> to)
    {
        auto const entered = registry->enter(sources[0], what, {}, std::move(to), [] {});
        REQUIRE(entered);
        return *entered;
    }

    std::vector<config::source> sources = [] {
        config::source s;
        s.name = "pacs";
        s.called_ae = "ARCHIVE";
        auto big = s;
        big.name = "big";
        big.called_ae = "BIG";
        big.limits.associations = 20;
        return std::vector{s, big};
    }();
    std::shared_ptr<move_registry> registry = std::make_shared<move_registry>(sources);
    std::shared_ptr<store_provider> provider;
    acceptor door;
};

TEST_CASE("which contexts are taken, and with which transfer syntax")
{
    constexpr char ct[] = "1.2.840.10008.5.1.4.1.1.2";
    constexpr char implicit_le[] = "1.2.840.10008.1.2";
    constexpr char explicit_le[] = "1.2.840.10008.1.2.1";
    constexpr char baseline[] = "1.2.840.10008.1.2.4.50";
    constexpr char jpeg_lossless[] = "1.2.840.10008.1.2.4.70";
    constexpr char jpeg_ls[] = "1.2.840.10008.1.2.4.80";
    constexpr char htj2k[] = "1.2.840.10008.1.2.4.201";
    struct {
        char const* name;
        char const* abstract_syntax;
        std::vector<std::string> offered;
        char const* chosen;  // null: not taken
        char const* preferred = "";
    } const cases[] = {
        {"verification", "1.2.840.10008.1.1", {implicit_le}, implicit_le},
        {"one", ct, {explicit_le}, explicit_le},
        {"one that DCMTK does not know", ct, {htj2k}, htj2k},
        {"a private class in a private syntax", "1.3.46.670589.2.5.1.1", {"1.2.840.113619.5.2"}, "1.2.840.113619.5.2"},
        {"uncompressed ones", ct, {explicit_le, implicit_le}, explicit_le},
        {"compressed first", ct, {jpeg_ls, explicit_le, implicit_le}, jpeg_ls},
        {"with loss first", ct, {baseline, jpeg_lossless, implicit_le}, baseline},
        {"without loss last", ct, {implicit_le, jpeg_lossless}, implicit_le},
        {"one that is preferred", ct, {implicit_le, baseline, jpeg_lossless}, jpeg_lossless, jpeg_lossless},
        {"one that is preferred and not offered", ct, {implicit_le, baseline}, implicit_le, jpeg_lossless},
        {"hanging protocols", "1.2.840.10008.5.1.4.38.1", {explicit_le}, explicit_le},
        {"study root find", "1.2.840.10008.5.1.4.1.2.2.1", {explicit_le}, nullptr},
        {"storage commitment", "1.2.840.10008.1.20.1", {explicit_le}, nullptr},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const answer = answer_storage_context({7, c.abstract_syntax, c.offered}, c.preferred);
        CHECK(answer.id == 7);
        CHECK((answer.result == context_result::acceptance) == (c.chosen != nullptr));
        CHECK(answer.transfer_syntax == (c.chosen ? c.chosen : ""));
    }
}

TEST_CASE("what could be taken instead of the first transfer syntax")
{
    constexpr char ct[] = "1.2.840.10008.5.1.4.1.1.2";
    constexpr char mr[] = "1.2.840.10008.5.1.4.1.1.4";
    constexpr char implicit_le[] = "1.2.840.10008.1.2";
    constexpr char explicit_le[] = "1.2.840.10008.1.2.1";
    constexpr char baseline[] = "1.2.840.10008.1.2.4.50";
    constexpr char jpeg_lossless[] = "1.2.840.10008.1.2.4.70";
    constexpr char jpeg_2000[] = "1.2.840.10008.1.2.4.90";
    using contexts = std::vector<proposed_context>;
    struct {
        char const* name;
        contexts asked;
        std::vector<std::string> others;
    } const cases[] = {
        {"one in each", {{1, ct, {explicit_le}}, {3, ct, {jpeg_lossless}}}, {}},
        {"uncompressed ones are all the same", {{1, ct, {explicit_le, implicit_le}}}, {}},
        {"without loss before with", {{1, ct, {explicit_le, baseline, jpeg_lossless}}}, {jpeg_lossless, baseline}},
        {"one uncompressed", {{1, ct, {jpeg_2000, explicit_le, implicit_le}}}, {explicit_le}},
        {"each once", {{1, ct, {explicit_le, jpeg_2000}}, {3, mr, {implicit_le, jpeg_2000}}}, {jpeg_2000}},
        {"the first again", {{1, ct, {jpeg_2000, jpeg_2000}}}, {}},
        {"not of services", {{1, "1.2.840.10008.1.1", {explicit_le, jpeg_2000}}}, {}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        CHECK(other_transfer_syntaxes(c.asked) == c.others);
    }
}

/// Whether `count` associations at once are taken of those that call as `title`, and the next is not.
bool takes(std::uint16_t port, std::list<raw_scu>& open, char const* title, int count)
{
    for (int i = 0; i < count; ++i)
        if (open.emplace_back(port).associate("PONS_MOVE", title) != 2)
            return false;
    return raw_scu(port).associate("PONS_MOVE", title) == 3;
}

TEST_CASE_FIXTURE(provider_at_work,
                  "strangers who are silent take no place from an archive, nor from one by another title")
{
    std::list<raw_scu> open;
    CHECK(takes(port(), open, "STRANGER", 16));
    raw_scu archive(port());
    CHECK(archive.associate("PONS_MOVE", "ARCHIVE") == 2);
    raw_scu other_title(port());
    CHECK(other_title.associate("PONS_MOVE", "ARCHIVE2") == 3);
    auto const waiting = enter({.study_instance_uid = "1.2"}, std::make_shared<taken>());
    raw_scu again(port());
    CHECK(again.associate("PONS_MOVE", "ARCHIVE2") == 2);
    registry->leave(*waiting);
    raw_scu late(port());
    CHECK(late.associate("PONS_MOVE", "ARCHIVE2") == 3);
}

TEST_CASE_FIXTURE(provider_at_work,
                  "an archive may have many associations for few C-MOVEs, and takes no place from another")
{
    std::list<raw_scu> open;
    CHECK(takes(port(), open, "ARCHIVE", 16));
    CHECK(takes(port(), open, "BIG", 40));
}

TEST_CASE("who calls by an archive's title from elsewhere takes none of its places")
{
    config::source numbered;
    numbered.name = "numbered";
    numbered.host = "192.0.2.7";
    numbered.called_ae = "NUMBERED";
    auto named = numbered;
    named.name = "named";
    named.host = "pacs.example";
    named.called_ae = "NAMED";
    named.limits.associations = 20;
    auto const moves = std::make_shared<move_registry>(std::vector{numbered, named});
    store_provider provider(moves);
    auto const places = [&](char const* calling, char const* address) {
        associate_request asked;
        asked.called_ae = "PONS_MOVE";
        asked.calling_ae = calling;
        asked.address = address;
        return *provider.places_for(asked);
    };
    auto const own = places("NUMBERED", "192.0.2.7");
    auto const elsewhere = places("NUMBERED", "192.0.2.8");
    CHECK(own.whose != elsewhere.whose);
    CHECK(own.most == 16);
    CHECK(elsewhere.most == 16);  // as many: it may be the archive
    CHECK(places("NUMBERED", "198.51.100.1").whose == elsewhere.whose);
    CHECK(places("OTHER", "192.0.2.7").whose != own.whose);  // an address alone is nobody's title

    // Where a name leads is known when the archive has been reached there; it may be several addresses, or change.
    auto const unknown = places("NAMED", "2001:db8::1");
    moves->reached("named", "2001:db8::1");
    moves->reached("named", "192.0.2.9");
    moves->reached("named", "");  // the connection had ended
    auto const known = places("NAMED", "2001:db8::1");
    CHECK(known.whose != unknown.whose);
    CHECK(known.whose != own.whose);
    CHECK(known.most == 40);
    CHECK(places("NAMED", "192.0.2.9").whose == known.whose);
    CHECK(places("NAMED", "192.0.2.7").whose == unknown.whose);
    CHECK(places("NAMED", "").whose == unknown.whose);
    for (int i = 0; i < 16; ++i)
        moves->reached("named", "198.51.100." + std::to_string(i));
    CHECK(places("NAMED", "2001:db8::1").whose == unknown.whose);
    CHECK(places("NAMED", "198.51.100.0").whose == known.whose);
}

TEST_CASE_FIXTURE(provider_at_work, "C-ECHO is answered, other services are not recognized")
{
    raw_scu peer(port());
    REQUIRE(peer.associate("PONS_MOVE", "ANYBODY", {{1, "1.2.840.10008.1.1", {"1.2.840.10008.1.2"}}}) == 2);
    CHECK(peer.echo() == 0);
    auto const rest = raw::number(0x0100, 0x0020) + raw::number(0x0110, 7) + raw::number(0x0800, 1);
    peer.write(raw::pdu(4, raw::pdv(1, true, true, raw::with_group_length(rest))) + raw_scu::data_set("abcd"));
    CHECK(peer.read_status() == 0x0211);
    CHECK(peer.echo() == 0);
}

TEST_CASE_FIXTURE(provider_at_work, "an instance goes to the one that waits for it, as it came")
{
    auto const to = std::make_shared<taken>();
    auto const move = enter({"1.2.3", {}, {}}, to);
    auto const data = instance_of("1.2.3", 300'000);
    raw_scu peer(port());
    REQUIRE(peer.associate("PONS_MOVE", "ARCHIVE") == 2);
    CHECK(peer.store({1, "1.2.3.1", "PONS", move->message_id()}, data) == 0);
    CHECK(peer.store({2, "1.2.3.2", {}, 0}, data) == 0);
    CHECK(peer.store({3, "1.2.3.3", {}, 0}, instance_of("1.2.3")) == 0);
    peer.release();
    REQUIRE(to->heads.size() == 3);
    CHECK(to->heads[0].sop_class_uid == "1.2.840.10008.5.1.4.1.1.7");
    CHECK(to->heads[0].sop_instance_uid == "1.2.3.1");
    CHECK(to->heads[0].transfer_syntax_uid == "1.2.840.10008.1.2.1");
    CHECK(to->instances["1.2.3.1"] == data);
    CHECK(to->instances["1.2.3.2"] == data);
    CHECK(to->instances["1.2.3.3"] == instance_of("1.2.3"));
    CHECK(move->now().delivered == 3);
    CHECK(provider->counts().delivered == 3);
}

TEST_CASE_FIXTURE(provider_at_work, "however the data set is cut")
{
    auto const to = std::make_shared<taken>();
    auto const move = enter({"1.2.3", {}, {}}, to);
    auto const data = instance_of("1.2.3", 3000);
    raw_store const rq{1, "1.2.3.1", "PONS", move->message_id()};
    raw_scu peer(port());
    REQUIRE(peer.associate("PONS_MOVE", "ARCHIVE") == 2);
    for (std::size_t const fragment : {1UL, 7UL, 999UL, 100'000UL}) {
        CAPTURE(fragment);
        to->instances.clear();
        peer.write(raw_scu::store_request(rq) + raw_scu::data_set(data, fragment));
        CHECK(peer.read_status() == 0);
        CHECK(to->instances["1.2.3.1"] == data);
    }
    to->instances.clear();
    peer.write(raw_scu::store_request(rq) + raw::pdu(4, raw::pdv(1, false, false, data)) +
               raw::pdu(4, raw::pdv(1, false, true, "")));
    CHECK(peer.read_status() == 0);
    CHECK(to->instances["1.2.3.1"] == data);
    peer.write(raw_scu::store_request(rq) + raw_scu::data_set(""));  // an empty one
    CHECK(peer.read_status() == 0);
    CHECK(to->instances["1.2.3.1"].empty());
}

TEST_CASE_FIXTURE(provider_at_work, "what nobody waits for is refused with A700, and the association goes on")
{
    auto const to = std::make_shared<taken>();
    auto const move = enter({"1.2.3", {}, {}}, to);
    auto const late = enter({"1.2.4", {}, {}}, to);
    registry->leave(*late);
    raw_scu peer(port());
    REQUIRE(peer.associate("PONS_MOVE", "ARCHIVE") == 2);
    CHECK(peer.store({1, "1.2.3.1", {}, 0}, instance_of("1.2.9", 300'000)) == refused);
    CHECK(peer.store({2, "1.2.3.1", "PONS", late->message_id()}, instance_of("1.2.4")) == refused);
    CHECK(peer.store({3, "1.2.3.1", "PONS", move->message_id()}, instance_of("1.2.4")) == refused);
    CHECK(peer.store({4, "1.2.3.1", {}, 0}, bytes(200'000, 'x')) == refused);
    CHECK(provider->counts().unexpected == 4);
    CHECK(to->instances.empty());
    CHECK(peer.store({5, "1.2.3.1", {}, 0}, instance_of("1.2.3")) == 0);
    CHECK(to->instances.size() == 1);
}

TEST_CASE_FIXTURE(provider_at_work, "Success is answered when the instance has been handed on, not before")
{
    auto const to = std::make_shared<taken>();
    auto const move = enter({"1.2.3", {}, {}}, to);
    to->hold(true);
    raw_scu peer(port());
    REQUIRE(peer.associate("PONS_MOVE", "ARCHIVE") == 2);
    peer.write(raw_scu::store_request({1, "1.2.3.1", {}, 0}) + raw_scu::data_set(instance_of("1.2.3")));
    while (move->now().under_way == 0)
        std::this_thread::yield();
    CHECK(move->now().delivered == 0);
    CHECK(provider->counts().delivered == 0);
    SUBCASE("and it is")
    {
        to->hold(false);
        CHECK(peer.read_status() == 0);
        CHECK(to->instances.size() == 1);
    }
    SUBCASE("nobody listens any more")
    {
        to->leave();
        CHECK(peer.read_status() == refused);
        CHECK(provider->counts().undelivered == 1);
        while (move->now().under_way > 0)
            std::this_thread::yield();
        CHECK(move->now().broken);
    }
}

TEST_CASE("in the middle of an instance that nobody wants any more the association is aborted")
{
    provider_at_work at({.idle = 1h, .silence = 1h, .drain = 1ms});
    auto const to = std::make_shared<taken>();
    auto const move = at.enter({"1.2.3", {}, {}}, to);
    to->hold(true);
    raw_scu peer(at.port());
    REQUIRE(peer.associate("PONS_MOVE", "ARCHIVE") == 2);
    peer.write(raw_scu::store_request({1, "1.2.3.1", {}, 0}) +
               raw::pdu(4, raw::pdv(1, false, false, instance_of("1.2.3", 3000).substr(0, 2000))));
    while (move->now().under_way == 0)
        std::this_thread::yield();
    to->leave();
    CHECK(peer.read_pdu().type == 7);
    CHECK(peer.closed());
}

TEST_CASE("an association that ends within an instance breaks the retrieve")
{
    provider_at_work at({.idle = 1h, .silence = 20ms, .drain = 1h});
    auto const to = std::make_shared<taken>();
    auto const move = at.enter({"1.2.3", {}, {}}, to);
    auto const begun = raw_scu::store_request({1, "1.2.3.1", {}, 0}) +
                       raw::pdu(4, raw::pdv(1, false, false, instance_of("1.2.3", 3000).substr(0, 2000)));
    std::optional<raw_scu> peer(at.port());
    REQUIRE(peer->associate("PONS_MOVE", "ARCHIVE") == 2);
    peer->write(begun);
    SUBCASE("it aborts")
    {
        peer->abort();
    }
    SUBCASE("it goes")
    {
        peer.reset();
    }
    SUBCASE("it is silent")
    {
        CHECK(peer->read_pdu().type == 7);
    }
    SUBCASE("it sends a command there")
    {
        peer->write(raw_scu::store_request({2, "1.2.3.2", {}, 0}));
        CHECK(peer->read_pdu().type == 7);
    }
    while (at.provider->counts().broken == 0)
        std::this_thread::yield();
    at.door.stop();
    REQUIRE(to->abandoned);
    CHECK(to->abandoned->code == errc::aborted);
    CHECK(to->abandoned->where == "source pacs, C-STORE of a C-MOVE");
    CHECK(move->now().delivered == 0);
}

TEST_CASE_FIXTURE(provider_at_work, "several associations for one retrieve take turns, instance by instance")
{
    auto const to = std::make_shared<taken>();
    auto const move = enter({"1.2.3", {}, {}}, to);
    auto const data = instance_of("1.2.3", 200'000);
    std::vector<std::thread> senders;
    std::atomic<int> stored{0};
    for (int s = 0; s < 4; ++s)
        senders.emplace_back([&, s] {
            raw_scu peer(port());
            if (peer.associate("PONS_MOVE", "ARCHIVE") != 2)
                return;
            for (int i = 0; i < 10; ++i)
                if (peer.store({1, "1.2.3." + std::to_string(100 * s + i), "PONS", move->message_id()}, data) == 0)
                    ++stored;
            peer.release();
        });
    for (auto& each : senders)
        each.join();
    CHECK(stored == 40);
    REQUIRE(to->instances.size() == 40);
    for (auto const& [uid, bytes] : to->instances)
        CHECK(bytes == data);
}

/// A file of DCMTK's making, and the data set in it.
struct made_file {
    made_file()
    {
        auto const text = folder.path() / "image.dump";
        std::ofstream(text) << "(0008,0016) UI [1.2.840.10008.5.1.4.1.1.7]\n(0008,0018) UI [1.2.3.1]\n"
                               "(0010,0010) PN [Nobody]\n(0020,000D) UI [1.2.3]\n(0020,000E) UI [1.2.3.9]\n";
        path = (folder.path() / "image.dcm").string();
        REQUIRE(run({"dump2dcm", "+te", text.string(), path}) == 0);
        auto const bare = (folder.path() / "bare").string();
        REQUIRE(run({"dcmconv", "-F", path, bare}) == 0);
        std::ifstream in(bare, std::ios::binary);
        data_set.assign(std::istreambuf_iterator<char>(in), {});
    }

    temporary_folder folder;
    std::string path;
    bytes data_set;
};

TEST_CASE_FIXTURE(provider_at_work, "storescu, with and without Nagle's algorithm")
{
    made_file const file;
    auto const to = std::make_shared<taken>();
    auto const move = enter({"1.2.3", {}, {}}, to);
    std::vector<std::string> store{
        "storescu", "-R", "-aet", "ARCHIVE", "-aec", "PONS_MOVE", "127.0.0.1", std::to_string(port()), file.path};
    for (char const* const nodelay : {"TCP_NODELAY=0", "TCP_NODELAY=1"}) {
        CAPTURE(nodelay);
        std::vector<std::string> command{"env", nodelay};
        command.insert(command.end(), store.begin(), store.end());
        CHECK(run(command) == 0);
        auto instances = to->take();
        REQUIRE(instances.size() == 1);
        CHECK(instances["1.2.3.1"] == file.data_set);
    }
    registry->leave(*move);
    CHECK(run(store) != 0);  // nobody waits any more
    CHECK(provider->counts().unexpected == 1);
}

}  // namespace
