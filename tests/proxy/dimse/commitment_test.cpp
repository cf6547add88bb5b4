#include "proxy/dimse/commitment.hpp"

#include "mapping/storage_commitment.hpp"
#include "proxy/dimse/echo.hpp"
#include "tests/proxy/dimse/provider_door.hpp"
#include "tests/support/dicom_peer.hpp"
#include "upstream/dimse/commitment.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <stdexcept>

using namespace pons;
using namespace pons::test;
using mapping::sop_reference;
using mapping::storage_commitment;
using wire::command;
using element = wire::command_element;
namespace uids = wire::uids;
namespace tags = mapping::tags;

namespace {

constexpr auto ct = "1.2.840.10008.5.1.4.1.1.2";
constexpr auto mr = "1.2.840.10008.5.1.4.1.1.4";

calling const for_commitment{.classes{uids::storage_commitment, uids::verification}};

/// A study "1.1" with a series "1.1.1" of such instances.
fixed_study study_of(std::vector<std::pair<std::string, std::string>> const& instances)
{
    fixed_study study;
    study.attributes.add(tags::StudyInstanceUID, "1.1");
    auto& series = study.series.emplace_back();
    series.attributes.add(tags::SeriesInstanceUID, "1.1.1");
    for (auto const& [uid, sop_class] : instances) {
        auto& one = series.instances.emplace_back();
        one.add(tags::SOPInstanceUID, uid);
        if (!sop_class.empty())
            one.add(tags::SOPClassUID, sop_class);
    }
    return study;
}

storage_commitment const three{.transaction_uid = "1.9.1",
                               .instances = {{.sop_class_uid = ct, .sop_instance_uid = "1.1.1.1"},
                                             {.sop_class_uid = ct, .sop_instance_uid = "1.1.1.2"},
                                             {.sop_class_uid = ct, .sop_instance_uid = "1.1.1.3"}}};

wire::command_set action(std::uint16_t id, std::string_view instance = uids::storage_commitment_instance,
                         std::uint16_t type = 1)
{
    wire::command_set rq;
    rq.set(element::requested_sop_class_uid, uids::storage_commitment);
    rq.set(element::command_field, static_cast<std::uint16_t>(command::n_action_rq));
    rq.set(element::message_id, id);
    rq.set(element::command_data_set_type, std::uint16_t{1});
    rq.set(element::requested_sop_instance_uid, instance);
    rq.set(element::action_type_id, type);
    return rq;
}

/// What N-ACTION is answered.
wire::command_set ask(wire::association& on, storage_commitment const& what, wire::command_set const& rq)
{
    auto const* const in = on.context(uids::storage_commitment);
    REQUIRE(in);
    auto const bytes = mapping::write_storage_commitment(what, mapping::encoding::explicit_le);
    REQUIRE(on.send(in->id, rq, bytes, a_while()));
    auto rsp = on.receive_command(a_while());
    REQUIRE(rsp);
    CHECK(rsp->command.is(command::n_action_rsp));
    return std::move(rsp->command);
}

std::uint16_t ask(wire::association& on, storage_commitment const& what)
{
    return ask(on, what, action(on.next_message_id())).number(element::status).value_or(0xFFFF);
}

struct event {
    std::uint16_t type = 0;
    storage_commitment what;
};

/// The event that `rq` brings, which is answered.
template <class Association>
event take_event(Association& on, wire::message const& rq, std::uint16_t status = 0)
{
    CHECK(rq.command.is(command::n_event_report_rq));
    CHECK(rq.command.text(element::affected_sop_class_uid) == uids::storage_commitment);
    CHECK(rq.command.text(element::affected_sop_instance_uid) == uids::storage_commitment_instance);
    std::vector<std::byte> bytes;
    REQUIRE(on.receive_data_set(bytes, 1 << 20, a_while()));
    auto what = mapping::read_storage_commitment(bytes, mapping::encoding::explicit_le);
    REQUIRE(what);
    REQUIRE(on.send(rq.context, upstream::dimse::event_response(rq.command, status), {}, a_while()));
    return {rq.command.number(element::event_type_id).value_or(0), std::move(*what)};
}

event next_event(wire::association& on)
{
    auto const rq = on.receive_command(a_while());
    REQUIRE(rq);
    return take_event(on, *rq);
}

/// The reason for each of the three, 0 where it is kept.
std::vector<int> reasons(event const& told)
{
    std::vector<int> all;
    for (auto const& asked : three.instances)
        for (auto const& one : told.what.instances)
            if (one.sop_instance_uid == asked.sop_instance_uid)
                all.push_back(one.reason);
    return all;
}

std::vector<proxy::dimse::service> services(proxy::dimse::commitment_bounds bounds = {})
{
    std::vector<proxy::dimse::service> all;
    all.push_back(proxy::dimse::make_echo());
    all.push_back(proxy::dimse::make_commitment(std::make_shared<proxy::dimse::stored_places>(), std::move(bounds)));
    return all;
}

/// A log whose first line with `at` throws what no shortage does; the others it keeps.
struct throwing_log {
    struct sink final : spdlog::sinks::base_sink<std::mutex> {
        explicit sink(std::string where) : at(std::move(where)) {}
        void sink_it_(spdlog::details::log_msg const& line) override
        {
            std::string const text(line.payload.data(), line.payload.size());
            if (!thrown && text.find(at) != text.npos) {
                thrown = true;
                throw std::logic_error("a defect");
            }
            lines += text + '\n';
            worst = std::max(worst, line.level);
        }
        void flush_() override {}

        std::string const at;
        bool thrown = false;
        std::string lines;
        spdlog::level::level_enum worst = spdlog::level::trace;
    };

    explicit throwing_log(std::string at) : to(std::make_shared<sink>(std::move(at)))
    {
        auto logger = std::make_shared<spdlog::logger>("test", to);
        logger->set_error_handler([](std::string const& what) { throw std::logic_error(what); });
        spdlog::set_default_logger(std::move(logger));
    }
    ~throwing_log() { spdlog::set_default_logger(before); }

    std::shared_ptr<spdlog::logger> const before = spdlog::default_logger();
    std::shared_ptr<sink> const to;
};

/// A door to one archive, by whose rows commitment is told.
struct by_query : provider_door {
    explicit by_query(config::commitment_way how = config::commitment_way::by_query)
    {
        state().studies.push_back(study_of({{"1.1.1.1", ct}, {"1.1.1.2", mr}}));
        settings.sources.front().commitment = how;
    }
    fixed_state& state() { return states.empty() ? add_source("web") : states.front(); }
};

}  // namespace

TEST_CASE("what the archive lists is confirmed, with its SOP class, on the same association")
{
    by_query door;
    auto on = call(door.open(services()), for_commitment);
    REQUIRE(on);
    auto const rsp = ask(*on, three, action(7));
    CHECK(rsp.number(element::status) == 0);
    CHECK(rsp.number(element::message_id_being_responded_to) == 7);
    CHECK(rsp.text(element::affected_sop_class_uid) == uids::storage_commitment);
    CHECK(rsp.text(element::affected_sop_instance_uid) == uids::storage_commitment_instance);
    CHECK(rsp.number(element::action_type_id) == 1);
    auto const told = next_event(*on);
    CHECK(told.type == 2);
    CHECK(told.what.transaction_uid == three.transaction_uid);
    CHECK(reasons(told) == std::vector{0, 0x0119, 0x0112});

    auto all = three;
    all.instances.resize(1);
    CHECK(ask(*on, all) == 0);
    CHECK(next_event(*on).type == 1);
}

TEST_CASE("nothing is confirmed that was not seen")
{
    struct {
        char const* name;
        config::commitment_way how;
        std::function<void(fixed_state&)> with;
        std::vector<int> told;
    } const cases[] = {
        {"no commitment", config::commitment_way::none, [](fixed_state&) {}, {0x0112, 0x0112, 0x0112}},
        {"an archive that cannot be asked to",
         config::commitment_way::forward,
         [](fixed_state&) {},
         {0x0112, 0x0112, 0x0112}},
        {"an archive that is down",
         config::commitment_way::by_query,
         [](fixed_state& s) { s.fail_everywhere(upstream::errc::unreachable); },
         {0x0110, 0x0110, 0x0110}},
        {"an archive that holds back",
         config::commitment_way::by_query,
         [](fixed_state& s) { s.truncates = true; },
         {0, 0x0119, 0x0110}},
        {"an archive that tells no class",
         config::commitment_way::by_query,
         [](fixed_state& s) {
             s.studies = {study_of({{"1.1.1.1", ""}, {"1.1.1.2", ct}})};
         },
         {0x0110, 0, 0x0112}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        by_query door(c.how);
        c.with(door.state());
        auto on = call(door.open(services()), for_commitment);
        REQUIRE(on);
        CHECK(ask(*on, three) == 0);
        CHECK(reasons(next_event(*on)) == c.told);
        on->abort();
        door.close();
    }
}

TEST_CASE("a peer that does not wait is served, and told in between")
{
    by_query door;
    auto on = call(door.open(services()), for_commitment);
    REQUIRE(on);
    CHECK(ask(*on, three) == 0);
    auto const* const in = on->context(uids::verification);
    REQUIRE(in);
    REQUIRE(on->send(in->id, request(command::c_echo_rq, uids::verification, 9, false), {}, a_while()));
    bool echoed = false;
    bool told = false;
    while (!echoed || !told) {
        auto const came = on->receive_command(a_while());
        REQUIRE(came);
        if (came->command.is(command::c_echo_rsp))
            echoed = true;
        else
            told = reasons(take_event(*on, *came)).size() == 3;
    }
}

TEST_CASE("a peer whose association has ended is called, as its SCP")
{
    std::promise<event> came;
    std::promise<bool> as_provider;
    dicom_peer peer({"CT1"}, [&](dicom_peer::association& over) {
        auto const* const role = over.role(uids::storage_commitment);
        as_provider.set_value(role && role->scp && !role->scu && over.calling_ae() == "PONS");
        auto const rq = over.receive_command(a_while());
        REQUIRE(rq);
        came.set_value(take_event(over, *rq));
        static_cast<void>(over.receive_command(a_while()));  // A-RELEASE
    });
    by_query door;
    door.state().silent = true;  // so that the association ends first
    door.times.commitment = std::chrono::milliseconds(300);
    door.settings.peers.front().port = peer.port();
    auto on = call(door.open(services()), for_commitment);
    REQUIRE(on);
    CHECK(ask(*on, three) == 0);
    on->release(a_while());
    CHECK(as_provider.get_future().get());
    auto const told = came.get_future().get();
    CHECK(told.what.transaction_uid == three.transaction_uid);
    CHECK(reasons(told) == std::vector{0x0110, 0x0110, 0x0110});
    door.close();
}

TEST_CASE("a peer that has not taken it is told again, on another association, until it has")
{
    std::vector<std::uint16_t> answers;
    std::promise<std::vector<int>> at_last;
    dicom_peer peer({"CT1"}, [&](dicom_peer::association& over) {
        auto const rq = over.receive_command(a_while());
        REQUIRE(rq);
        answers.push_back(answers.empty() ? 0x0213 : 0);  // at first it has no room
        auto const told = take_event(over, *rq, answers.back());
        if (answers.back() == 0)
            at_last.set_value(reasons(told));
        static_cast<void>(over.receive_command(a_while()));
    });
    by_query door;
    door.settings.peers.front().port = peer.port();
    proxy::dimse::commitment_bounds bounds;
    bounds.pauses = {std::chrono::milliseconds(0), std::chrono::milliseconds(1)};
    auto on = call(door.open(services(bounds)), for_commitment);
    REQUIRE(on);
    CHECK(ask(*on, three) == 0);
    auto const rq = on->receive_command(a_while());
    REQUIRE(rq);
    SUBCASE("it answers with a failure")
    {
        take_event(*on, *rq, 0x0110);
    }
    SUBCASE("its association breaks before it answers")
    {
        on->abort();
    }
    auto last = at_last.get_future();
    REQUIRE(last.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    CHECK(last.get() == std::vector{0, 0x0119, 0x0112});
    peer.stop();
    CHECK(answers == std::vector<std::uint16_t>{0x0213, 0});
    door.close();
}

TEST_CASE("without descriptors an order waits, and costs nothing else")
{
    by_query door;
    proxy::dimse::commitment_bounds bounds;
    bounds.pauses.assign(10'000, std::chrono::milliseconds(1));
    auto on = call(door.open(services(bounds)), for_commitment);
    REQUIRE(on);
    auto const* const in = on->context(uids::verification);
    REQUIRE(in);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    int const lowest = ::dup(0);
    REQUIRE(lowest > 0);
    ::close(lowest);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(lowest);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    auto const accepted = ask(*on, three);
    bool echoed = true;
    for (std::uint16_t id = 100; echoed && id < 120; ++id) {
        echoed = on->send(in->id, request(command::c_echo_rq, uids::verification, id, false), {}, a_while()) &&
                 on->receive_command(a_while());
    }
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(accepted == 0);
    CHECK(echoed);
    CHECK(reasons(next_event(*on)) == std::vector{0, 0x0119, 0x0112});
}

TEST_CASE("an exception that is no shortage is called so, and the order tried again")
{
    throwing_log log("1 of 3 instances kept");
    by_query door;
    proxy::dimse::commitment_bounds bounds;
    bounds.pauses.assign(2, std::chrono::milliseconds(1));
    auto on = call(door.open(services(bounds)), for_commitment);
    REQUIRE(on);
    CHECK(ask(*on, three) == 0);
    CHECK(reasons(next_event(*on)) == std::vector{0, 0x0119, 0x0112});
    door.close();
    CHECK(log.to->thrown);
    CHECK(log.to->lines.find("storage commitment for CT1: ended by an exception") != std::string::npos);
    CHECK(log.to->lines.find("out of descriptors") == std::string::npos);
    CHECK(log.to->worst == spdlog::level::critical);
}

TEST_CASE("what is not understood, or too much, is refused at once")
{
    struct {
        char const* name;
        wire::command_set rq;
        storage_commitment what;
        int status;
    } const cases[] = {
        {"another instance", action(1, "1.2.3"), three, 0x0112},
        {"another action", action(1, uids::storage_commitment_instance, 2), three, 0x0123},
        {"no instances", action(1), {.transaction_uid = "1.2", .instances = {}}, 0x0115},
        {"no transaction", action(1), {.transaction_uid = "", .instances = three.instances}, 0x0115},
        {"no UID", action(1), {.transaction_uid = "1.2", .instances = {{"1.2", "abc"}}}, 0x0115},
    };
    by_query door;
    auto const port = door.open(services());
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto on = call(port, for_commitment);
        REQUIRE(on);
        CHECK(ask(*on, c.what, c.rq).number(element::status) == c.status);
    }

    by_query full;
    full.state().silent = true;
    auto on = call(full.open(services({.orders = 1})), for_commitment);
    REQUIRE(on);
    CHECK(ask(*on, three) == 0);
    CHECK(ask(*on, three) == 0x0213);
    on->abort();
    full.close();  // at once, though one is not settled
}
