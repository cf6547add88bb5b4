#include "upstream/dimse/commitment.hpp"

#include "tests/support/dicom_peer.hpp"
#include "tests/support/run.hpp"
#include "upstream/dimse/dimse_archive.hpp"
#include "upstream/dimse/store_provider.hpp"
#include "upstream/dimse/wire/association.hpp"
#include "upstream/dimse/wire/connect.hpp"
#include "upstream/dimse/wire/encoding.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using namespace pons::upstream::dimse;
using mapping::storage_commitment;
using element = command_element;

namespace {

constexpr auto ct = "1.2.840.10008.5.1.4.1.1.2";
constexpr auto mr = "1.2.840.10008.5.1.4.1.1.4";

patience a_while()
{
    return {clock::now() + std::chrono::seconds(20)};
}

command_set make_event(std::uint16_t id)
{
    command_set rq;
    rq.set(element::affected_sop_class_uid, uids::storage_commitment);
    rq.set(element::command_field, static_cast<std::uint16_t>(command::n_event_report_rq));
    rq.set(element::message_id, id);
    rq.set(element::command_data_set_type, std::uint16_t{1});
    rq.set(element::affected_sop_instance_uid, uids::storage_commitment_instance);
    rq.set(element::event_type_id, std::uint16_t{2});
    return rq;
}

/// Takes an N-ACTION and answers it with `status`; what it asks for.
storage_commitment take_action(accepted_association& over, std::uint16_t status = 0)
{
    auto const rq = over.receive_command(a_while());
    REQUIRE(rq);
    CHECK(rq->command.is(command::n_action_rq));
    CHECK(rq->command.text(element::requested_sop_class_uid) == uids::storage_commitment);
    CHECK(rq->command.text(element::requested_sop_instance_uid) == uids::storage_commitment_instance);
    CHECK(rq->command.number(element::action_type_id) == 1);
    std::vector<std::byte> bytes;
    REQUIRE(over.receive_data_set(bytes, 1 << 20, a_while()));
    auto what = mapping::read_storage_commitment(bytes, encoding_of(over.context(rq->context)->transfer_syntax));
    REQUIRE(what);
    command_set rsp;
    rsp.set(element::command_field, static_cast<std::uint16_t>(command::n_action_rsp));
    rsp.set(element::message_id_being_responded_to, rq->command.number(element::message_id).value_or(0));
    rsp.set(element::command_data_set_type, no_data_set);
    rsp.set(element::status, status);
    REQUIRE(over.send(rq->context, rsp, {}, a_while()));
    return *what;
}

/// The first is kept, the second has another class, the third has failed, of the fourth nothing is said.
storage_commitment verdict_on(storage_commitment told)
{
    told.instances.pop_back();
    told.instances[1].sop_class_uid = mr;
    told.instances[2].reason = 0x0112;
    return told;
}

struct asking {
    config::source source;
    std::shared_ptr<commitment_registry> registry = std::make_shared<commitment_registry>();

    explicit asking(std::uint16_t port)
    {
        source.name = "pacs";
        source.host = "127.0.0.1";
        source.port = port;
        source.called_ae = "PACS";
    }

    result<std::vector<mapping::sop_reference>> ask(std::chrono::milliseconds time = std::chrono::seconds(20))
    {
        auto const who = make_committing(source, make_pool(source), registry);
        std::vector<mapping::sop_reference> four;
        for (auto const* const uid : {"1.1", "1.2", "1.3", "1.4"})
            four.push_back({.sop_class_uid = ct, .sop_instance_uid = uid});
        return run(who->commit(std::move(four), clock::now() + time));
    }
};

std::vector<int> reasons(result<std::vector<mapping::sop_reference>> const& told)
{
    REQUIRE(told);
    std::vector<int> all;
    for (auto const& one : *told)
        all.push_back(one.reason);
    return all;
}

std::vector<int> const expected{0, 0x0119, 0x0112, 0x0110};

}  // namespace

TEST_CASE("an archive tells what it keeps on the association of the N-ACTION")
{
    std::uint16_t answer = 0xFFFF;
    dicom_peer archive({"PACS"}, [&](accepted_association& over) {
        CHECK(over.calling_ae() == "PONS_MOVE");
        auto const told = verdict_on(take_action(over));
        auto const& in = over.contexts().front();
        auto const bytes = mapping::write_storage_commitment(told, encoding_of(in.transfer_syntax));
        REQUIRE(over.send(in.id, make_event(5), bytes, a_while()));
        auto const rsp = over.receive_command(a_while());
        REQUIRE(rsp);
        CHECK(rsp->command.number(element::message_id_being_responded_to) == 5);
        answer = rsp->command.number(element::status).value_or(0xFFFF);
        static_cast<void>(over.receive_command(a_while()));
    });
    asking pons(archive.port());
    CHECK(reasons(pons.ask()) == expected);
    archive.stop();
    CHECK(answer == 0);
}

TEST_CASE("an archive tells what it keeps on an association of its own, at store_ae")
{
    asking pons(0);
    auto const moves = std::make_shared<move_registry>(std::span<config::source const>());
    acceptor door({"127.0.0.1", 0},
                  {{"PONS_MOVE", std::make_shared<store_provider>(moves, store_provider_times{}, pons.registry)}});
    REQUIRE(door.start());
    std::vector<int> answers;
    dicom_peer archive({"PACS"}, [&](accepted_association& over) {
        auto const told = verdict_on(take_action(over));
        auto connected = connect(*resolve("127.0.0.1", door.endpoint().port(), a_while()), a_while());
        REQUIRE(connected);
        auto back =
            association::request(transport{.socket = std::move(*connected)},
                                 {.calling_ae = "PACS",
                                  .called_ae = "PONS_MOVE",
                                  .contexts = {{uids::storage_commitment, {uids::implicit_vr_little_endian}, true}}},
                                 a_while());
        REQUIRE(back);
        auto const* const in = back->context(uids::storage_commitment);
        REQUIRE(in);
        auto of_nobody = told;
        of_nobody.transaction_uid = "1.2.3";
        for (auto const& each : {of_nobody, told}) {
            auto const bytes = mapping::write_storage_commitment(each, encoding_of(in->transfer_syntax));
            REQUIRE(back->send(in->id, make_event(back->next_message_id()), bytes, a_while()));
            auto const rsp = back->receive_command(a_while());
            REQUIRE(rsp);
            answers.push_back(rsp->command.number(element::status).value_or(0xFFFF));
        }
        back->release(a_while());
        static_cast<void>(over.receive_command(a_while()));
    });
    pons.source.port = archive.port();
    CHECK(reasons(pons.ask()) == expected);
    archive.stop();
    CHECK(answers == std::vector{0x0112, 0});
}

TEST_CASE("an archive that does not commit itself is told apart from one that does not answer")
{
    dicom_peer without(
        {"PACS"}, [](accepted_association& over) { static_cast<void>(over.receive_command(a_while())); },
        uids::verification);
    auto const none = asking(without.port()).ask();
    REQUIRE_FALSE(none);
    CHECK(none.error().code == upstream::errc::unsupported);

    dicom_peer refusing({"PACS"}, [](accepted_association& over) {
        take_action(over, 0x0110);
        static_cast<void>(over.receive_command(a_while()));
    });
    auto const refused = asking(refusing.port()).ask();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == upstream::errc::refused);

    dicom_peer silent({"PACS"}, [](accepted_association& over) {
        take_action(over);
        static_cast<void>(over.receive_command(a_while()));
    });
    auto const late = asking(silent.port()).ask(std::chrono::milliseconds(300));
    REQUIRE_FALSE(late);
    CHECK(late.error().code == upstream::errc::timed_out);
}
