#include "tests/proxy/dimse/retrieve_door.hpp"
#include "tests/support/dicom_peer.hpp"

#include <future>

using namespace pons;
using namespace pons::test;
namespace tags = mapping::tags;
namespace uids = upstream::dimse::uids;
using texts = std::vector<std::string>;

TEST_CASE("C-GET brings what is named, as it is stored, and tells how far it is")
{
    retrieved_from pons;
    auto const port = pons.open();
    auto const study = get(port, study_1);
    CHECK(study.status == 0x0000);
    CHECK(study.counts() == counts(3, 0, 0));
    CHECK_FALSE(study.remaining);
    CHECK(study.pending == 3);
    CHECK(names(study) == texts{"1.2.1.1.1", "1.2.1.1.2", "1.2.1.2.1"});
    for (auto const& [uid, data] : study.got)
        CHECK(data.substr(0, uid.size() + 8) == "<" + uid + "> bytes");
    CHECK(names(get(port, {{tags::StudyInstanceUID, "1.2.1"}, {tags::SeriesInstanceUID, "1.2.1.2"}}, {}, "SERIES")) ==
          texts{"1.2.1.2.1"});
    auto const images = get(port,
                            {{tags::StudyInstanceUID, "1.2.1"},
                             {tags::SeriesInstanceUID, "1.2.1.1"},
                             {tags::SOPInstanceUID, "1.2.1.1.2\\1.2.1.1.9"}},
                            {}, "IMAGE");
    CHECK(names(images) == texts{"1.2.1.1.2"});
    CHECK(images.counts() == counts(1, 0, 0));
    receiving by_patient;
    by_patient.model = uids::patient_root_get;
    CHECK(get(port, {{tags::PatientID, "P1"}}, by_patient, "PATIENT").counts() == counts(3, 0, 0));
    CHECK(get(port, {{tags::PatientID, "P2"}, {tags::StudyInstanceUID, "1.2.1"}}, by_patient).counts() ==
          counts(0, 0, 0));
}

TEST_CASE("what is not there is Success without sub-operations, where the archives say so")
{
    retrieved_from pons;
    auto const port = pons.open();
    auto const none = get(port, {{tags::StudyInstanceUID, "1.2.9"}});
    CHECK(none.status == 0x0000);
    CHECK(none.counts() == counts(0, 0, 0));
    CHECK(none.pending == 0);
    pons.close();
    CHECK(pons.web.retrieves.empty());
}

TEST_CASE("where an archive cannot be asked what there is, it is not known")
{
    retrieved_from pons;
    auto& other = pons.add_source("other");
    SUBCASE("one of two is down")
    {
        other.fail_everywhere(upstream::errc::unreachable);
    }
    SUBCASE("one held something back")
    {
        other.truncates = true;
    }
    auto const none = get(pons.open(), {{tags::StudyInstanceUID, "1.2.9"}});
    CHECK(none.status == 0xA701);
    CHECK_FALSE(none.comment.empty());
}

TEST_CASE("of a list, what is not listed with a doubt is not left out")
{
    retrieved_from pons;
    auto& other = pons.add_source("other");
    // It is asked at STUDY level whether it holds the study, and does; what is in it it cannot tell now.
    other.studies.push_back(a_study(1));
    add_instances(other, other.studies.back(), explicit_le);
    keys_of_find keys{{tags::StudyInstanceUID, "1.2.1"},
                      {tags::SeriesInstanceUID, "1.2.1.1"},
                      {tags::SOPInstanceUID, "1.2.1.1.1\\1.2.1.1.9"}};
    SUBCASE("an instance, by one of two sources")
    {
        other.fails[2] = failure{make_error_code(upstream::errc::refused), "source other"};
    }
    SUBCASE("an instance, by a source that held something back")
    {
        other.truncates = true;
    }
    SUBCASE("all is told, and it is not there")
    {
        auto const got = get(pons.open(), keys, {}, "IMAGE");
        CHECK(got.status == 0x0000);
        CHECK(names(got) == texts{"1.2.1.1.1"});
        return;
    }
    auto const got = get(pons.open(), keys, {}, "IMAGE");
    CHECK(got.status == 0xA701);
    CHECK_FALSE(got.comment.empty());
}

TEST_CASE("a study of a list that an archive may hold back is not left out")
{
    retrieved_from pons;
    pons.web.tells = {{issue::kind::incomplete, "the archive held something back"}};
    CHECK(get(pons.open(), {{tags::StudyInstanceUID, "1.2.1\\1.2.9"}}).status == 0xA701);
}

TEST_CASE("a study or series that is listed without its instances is asked for all the same")
{
    retrieved_from pons;
    auto& study = pons.web.studies.front();
    receiving by_patient;
    by_patient.model = uids::patient_root_get;
    SUBCASE("a study without series")
    {
        study.series.clear();
        auto const got = get(pons.open(), study_1);
        CHECK(got.status == 0x0000);
        CHECK(got.counts() == counts(3, 0, 0));
    }
    SUBCASE("a study of the patient")
    {
        study.series.clear();
        CHECK(get(pons.open(), {{tags::PatientID, "P1"}}, by_patient, "PATIENT").counts() == counts(3, 0, 0));
    }
    SUBCASE("of another patient it is not")
    {
        study.series.clear();
        auto const got = get(pons.open(), {{tags::PatientID, "P2"}, {tags::StudyInstanceUID, "1.2.1"}}, by_patient);
        CHECK(got.status == 0x0000);
        CHECK(got.counts() == counts(0, 0, 0));
    }
    SUBCASE("a series without instances")
    {
        study.series.back().instances.clear();
        auto const got =
            get(pons.open(), {{tags::StudyInstanceUID, "1.2.1"}, {tags::SeriesInstanceUID, "1.2.1.2"}}, {}, "SERIES");
        CHECK(got.status == 0x0000);
        CHECK(names(got) == texts{"1.2.1.2.1"});
    }
    SUBCASE("and what does not come is not Success")
    {
        study.series.clear();
        pons.web.instances.clear();
        auto const got = get(pons.open(), study_1);
        CHECK(got.status == 0xA702);
        CHECK_FALSE(got.comment.empty());
    }
}

TEST_CASE("two patients of one Patient ID are never retrieved as one")
{
    retrieved_from pons;
    receiving by_patient;
    by_patient.model = uids::patient_root_get;
    auto const retrieve_patient = [&] { return get(pons.open(), {{tags::PatientID, "P1"}}, by_patient, "PATIENT"); };
    auto const add_study = [](fixed_state& to, std::string_view issuer) {
        auto study = a_study(2);
        if (!issuer.empty())
            study.attributes.add(tags::IssuerOfPatientID, issuer);
        to.studies.push_back(study);
        add_instances(to, study, explicit_le);
    };
    SUBCASE("of two sources with issuers of their own")
    {
        add_study(pons.add_source("other"), {});
        pons.settings.sources[0].issuer.system = "urn:oid:1.2.3";
        pons.settings.sources[1].issuer.system = "urn:oid:1.2.4";
    }
    SUBCASE("of one archive that tells the issuers")
    {
        pons.web.studies.front().attributes.add(tags::IssuerOfPatientID, "WEST");
        add_study(pons.web, "EAST");
    }
    SUBCASE("of one issuer it is one")
    {
        add_study(pons.add_source("other"), {});
        pons.settings.sources[0].issuer.system = pons.settings.sources[1].issuer.system = "urn:oid:1.2.3";
        auto const got = retrieve_patient();
        CHECK(got.status == 0x0000);
        CHECK(got.counts() == counts(6, 0, 0));
        return;
    }
    auto const got = retrieve_patient();
    CHECK(got.status == 0xA701);
    CHECK_FALSE(got.comment.empty());
    CHECK(got.got.empty());
}

TEST_CASE("a study that one of two sources may hold a part of is not Success without it")
{
    retrieved_from pons;
    pons.add_source("other").fail_everywhere(upstream::errc::unreachable);
    auto const got = get(pons.open(), study_1);
    CHECK(got.status == 0xA702);
    CHECK(got.counts() == counts(0, 3, 0));
    CHECK(got.failed_uids.size() == 3);
}

TEST_CASE("the union of what several sources hold, each instance once")
{
    retrieved_from pons;
    auto& other = pons.add_source("other");
    auto study = a_study(1);
    auto& more = study.series.back().instances.emplace_back();
    more.add(tags::SOPInstanceUID, "1.2.1.2.7");
    more.add(tags::SOPClassUID, ct);
    other.studies.push_back(study);
    add_instances(other, study, explicit_le);
    auto const got = get(pons.open(), study_1);
    CHECK(got.status == 0x0000);
    CHECK(got.counts() == counts(4, 0, 0));
    CHECK(got.got.contains("1.2.1.2.7"));
}

TEST_CASE("the peer's answers are counted, and what failed is listed")
{
    retrieved_from pons;
    auto const port = pons.open();
    receiving how;
    how.answers = [](std::size_t n) { return std::array<std::uint16_t, 3>{0x0000, 0xA700, 0xB000}[n]; };
    auto const got = get(port, study_1, how);
    CHECK(got.status == 0xB000);
    CHECK(got.counts() == counts(1, 1, 1));
    CHECK(got.failed_uids == texts{"1.2.1.1.2"});
    CHECK(got.comment == "C-STORE was answered A700H");
}

TEST_CASE("what the peer does not take, and nobody can make of it, has failed")
{
    retrieved_from pons(jpeg);
    auto const port = pons.open();
    SUBCASE("its transfer syntax")
    {
        auto const got = get(port, study_1);
        CHECK(got.status == 0xA702);
        CHECK(got.counts() == counts(0, 3, 0));
        CHECK(got.failed_uids == texts{"1.2.1.1.1", "1.2.1.1.2", "1.2.1.2.1"});
        CHECK(got.got.empty());
        CHECK(got.comment == "no accepted context has their class and a possible syntax");
    }
    SUBCASE("in a context whose SCP it is not")
    {
        receiving how;
        how.syntaxes = {explicit_le, jpeg};
        how.provider = false;
        auto const got = get(port, study_1, how);
        CHECK(got.status == 0xA702);
        CHECK(got.comment == "no SCP role was selected for their class (PS3.7 D.3.3.4)");
    }
    SUBCASE("but as it is stored it goes where it is taken so")
    {
        receiving how;
        how.syntaxes = {explicit_le, jpeg};
        CHECK(get(port, study_1, how).counts() == counts(3, 0, 0));
    }
}

TEST_CASE("a failed or broken retrieve is never Success")
{
    retrieved_from pons;
    SUBCASE("what it listed did not come")
    {
        pons.web.instances.pop_back();
        auto const got = get(pons.open(), study_1);
        CHECK(got.status == 0xB000);
        CHECK(got.counts() == counts(2, 1, 0));
        CHECK(got.failed_uids == texts{"1.2.1.2.1"});
    }
    SUBCASE("it broke off within an instance")
    {
        pons.web.gives_half = true;
        pons.web.retrieve_ends = failure{make_error_code(upstream::errc::aborted), "source web"};
        auto const got = get(pons.open(), study_1);
        CHECK(got.status == 0xB000);
        CHECK(got.counts() == counts(2, 1, 0));
        CHECK(got.comment.starts_with("source web: "));
    }
    SUBCASE("all came, and nothing confirms that it was all")
    {
        pons.web.retrieve_ends = failure{make_error_code(upstream::errc::incomplete), "source web"};
        auto const got = get(pons.open(), study_1);
        CHECK(got.status == 0xA702);
        CHECK(got.counts() == counts(3, 0, 0));
    }
    SUBCASE("of a large instance a part was sent: the association ends without a last PDV")
    {
        pons.web.instances.back().bytes.assign(8'000'000, 'x');
        pons.web.gives_half = true;
        pons.web.retrieve_ends = failure{make_error_code(upstream::errc::aborted), "source web"};
        auto const got = get(pons.open(), study_1);
        CHECK_FALSE(got.status);
        CHECK(names(got) == texts{"1.2.1.1.1", "1.2.1.1.2"});
    }
}

TEST_CASE("an instance that comes twice is sent and counted once; one that was not listed is sent")
{
    retrieved_from pons;
    pons.web.instances.push_back(pons.web.instances.front());
    auto more = pons.web.instances.back();
    more.head.sop_instance_uid = more.where.sop_instance_uid = "1.2.1.1.8";
    pons.web.instances.push_back(more);
    auto const got = get(pons.open(), study_1);
    CHECK(got.status == 0x0000);
    CHECK(got.counts() == counts(4, 0, 0));
    CHECK(got.got.contains("1.2.1.1.8"));
}

TEST_CASE("C-CANCEL ends it, and what is left is told")
{
    retrieved_from pons;
    for (auto& one : pons.web.instances)
        one.bytes.assign(3'000'000, 'x');
    receiving how;
    how.cancels_after = 1;
    auto const port = pons.open();
    auto on = open_line(port, how);
    auto const got = retrieve(on, how, "STUDY", study_1);
    CHECK(got.status == 0xFE00);
    CHECK(got.counts() == counts(1, 0, 0));
    CHECK(got.remaining == 2);
    CHECK(on.usable());
    how.cancels_after = {};
    CHECK(retrieve(on, how, "STUDY", study_1).counts() == counts(3, 0, 0));
}

TEST_CASE("an identifier that names nothing is refused")
{
    retrieved_from pons;
    auto const got = get(pons.open(), {}, {}, "STUDY");
    CHECK(got.status == 0xA900);
    CHECK(got.comment.starts_with("at least one"));
}

TEST_CASE("who asked for a C-MOVE has gone: the instance on its way is broken off at the destination, not released")
{
    retrieved_from pons;
    pons.web.instances.back().bytes.assign(8'000'000, 'x');
    pons.web.holds_at_half = true;
    std::promise<void> begun;
    std::promise<void> held;
    pons.web.on_silence = [&held] { held.set_value(); };
    std::promise<bool> released;
    dicom_peer taker({"TAKER"}, [&](dicom_peer::association& over) {
        for (bool whole = true; whole;) {
            auto const rq = over.receive_command(a_while());
            REQUIRE(rq);
            std::size_t size = 0;
            for (bool last = false; !last && whole;) {
                auto const piece = over.next(a_while());
                whole = piece.has_value();
                if (!whole)
                    break;
                if (size < 3'000'000 && size + piece->bytes.size() >= 3'000'000)
                    begun.set_value();
                size += piece->bytes.size();
                last = piece->last;
            }
            if (whole)
                REQUIRE(over.send(rq->context, stored(rq->command, 0), {}, a_while()));
        }
        released.set_value(over.released());
    });
    pons.settings.peers.push_back({.name = "TAKER", .host = "127.0.0.1", .port = taker.port()});
    receiving how;
    how.model = uids::study_root_move;
    how.syntaxes.clear();
    auto on = open_line(pons.open(), how);
    auto rq = request(wire::command::c_move_rq, how.model, on.next_message_id(), true);
    rq.set(wire::command_element::move_destination, "TAKER");
    auto const bytes =
        mapping::write_data_set(identifier_of("STUDY", study_1), mapping::encoding::explicit_le, {}).bytes;
    REQUIRE(on.send(on.context(how.model)->id, rq, bytes, a_while()));
    for (auto* const each : {&begun, &held}) {
        auto half = each->get_future();
        REQUIRE(half.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    }
    on.abort();
    auto end = released.get_future();
    REQUIRE(end.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    CHECK_FALSE(end.get());
    pons.close();
    CHECK(pons.web.cancelled == 1);
}

TEST_CASE("C-MOVE sends to a peer, and only to one")
{
    retrieved_from pons;
    // The provider itself is the destination; as a Storage SCP it stores what it is sent to where it comes from.
    retrieved_from taker;
    auto const destination = taker.open({proxy::dimse::make_services().front()});  // C-ECHO only: takes nothing
    pons.settings.peers.push_back({.name = "TAKER", .host = "127.0.0.1", .port = destination});
    taker.settings.peers.push_back({.name = "PONS", .host = "127.0.0.1", .port = 104});
    auto const port = pons.open();
    receiving how;
    how.model = uids::study_root_move;
    how.syntaxes.clear();
    auto on = open_line(port, how);
    auto const unknown = retrieve(on, how, "STUDY", study_1, "NOBODY");
    CHECK(unknown.status == 0xA801);
    auto const refused = retrieve(on, how, "STUDY", study_1, "TAKER");
    CHECK(refused.status == 0xA702);
    CHECK(refused.counts() == counts(0, 3, 0));
    CHECK(refused.comment.starts_with("destination TAKER: "));
}

TEST_CASE("an association that breaks at the destination is told in words, not by its place alone")
{
    retrieved_from pons;
    std::atomic<int> associations{0};
    dicom_peer taker({"TAKER"}, [&](dicom_peer::association& over) {
        bool const breaks = associations++ == 0;
        std::vector<std::byte> bytes;
        for (;;) {
            auto const rq = over.receive_command(a_while());
            if (!rq || breaks || !over.receive_data_set(bytes, 1 << 20, a_while()) ||
                !over.send(rq->context, stored(rq->command, 0), {}, a_while()))
                return;
        }
    });
    pons.settings.peers.push_back({.name = "TAKER", .host = "127.0.0.1", .port = taker.port()});
    receiving how;
    how.model = uids::study_root_move;
    how.syntaxes.clear();
    auto on = open_line(pons.open(), how);
    auto const got = retrieve(on, how, "STUDY", study_1, "TAKER");
    CHECK(got.status == 0xB000);
    CHECK(got.counts() == counts(2, 1, 0));
    CHECK(got.comment == "destination TAKER: it broke off");
}
