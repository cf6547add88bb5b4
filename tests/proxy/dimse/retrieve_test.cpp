#include "tests/proxy/dimse/retrieve_door.hpp"

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
    }
    SUBCASE("in a context whose SCP it is not")
    {
        receiving how;
        how.syntaxes = {explicit_le, jpeg};
        how.provider = false;
        CHECK(get(port, study_1, how).status == 0xA702);
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
