#include "proxy/dicomweb/rows.hpp"
#include "tests/proxy/dicomweb/images.hpp"

using namespace pons;
using namespace pons::test;
using proxy::http::status;

namespace {

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("several sources are one: each study once, with what all know of it")
{
    images face;
    auto& a = face.add_source("a");
    auto& b = face.add_source("b");
    a.studies.push_back(a_study(1));
    b.studies.push_back(a_study(2, "20240312"));
    auto larger = a_study(1);
    mapping::data_set attributes;
    attributes.add(mapping::tags::ModalitiesInStudy, "PR");
    attributes.add(mapping::tags::NumberOfStudyRelatedInstances, "7");
    attributes.add(mapping::tags::NumberOfStudyRelatedSeries, "1");
    larger.attributes.for_each([&](mapping::tag t, mapping::vr as, bool) {
        if (!attributes.contains(t))
            attributes.add(t, as, {larger.attributes.text(t)});
    });
    larger.attributes = attributes;
    b.studies.push_back(larger);

    auto const all = face.get("/dicomweb/studies?PatientID=P1");
    CHECK(values_of(all.body(), "0020000D") == texts{"\"1.2.2\"", "\"1.2.1\""});
    CHECK(values_of(all.body(), "00080061") == texts{R"("CT","SR")", R"("CT","SR","PR")"});
    CHECK(values_of(all.body(), "00201208") == texts{"3", "7"});
    CHECK(values_of(all.body(), "00081190").back() == "\"http://pons.test/base/dicomweb/studies/1.2.1\"");
    CHECK(values_of(face.get("/dicomweb/sources/a/studies").body(), "0020000D") == texts{"\"1.2.1\""});
    CHECK(values_of(face.get("/dicomweb/studies/1.2.1/series").body(), "0020000E").size() == 2);

    b.fail_everywhere(upstream::errc::unreachable);
    auto const partial = face.get("/dicomweb/studies?PatientID=P1");
    CHECK(partial.status() == status::ok);
    CHECK(partial.field("Warning").find("source b: ") != std::string::npos);
    CHECK(face.get("/dicomweb/studies?PatientID=nobody").status() == status::service_unavailable);
    CHECK(face.get("/dicomweb/sources/a/studies?PatientID=nobody").body() == "[]");
}

TEST_CASE("of a study that several sources hold, the first tells the rest, wherever the study stands")
{
    images face;
    auto& a = face.add_source("a");
    auto& b = face.add_source("b");
    a.studies = {a_study(1, "20240301"), a_study(3, "20240302")};
    b.studies = {a_study(1, "20240303")};
    auto const all = face.get("/dicomweb/studies?PatientID=P1");
    CHECK(values_of(all.body(), "0020000D") == texts{"\"1.2.1\"", "\"1.2.3\""});
    CHECK(values_of(all.body(), "00080020") == texts{"\"20240301\"", "\"20240302\""});
}

TEST_CASE("a source that by a route holds nothing of what is searched for is not asked")
{
    struct {
        char const* target;
        bool asks_a;
        bool asks_b;
    } const cases[] = {
        {"/dicomweb/studies?PatientID=P1&ModalitiesInStudy=CT", false, true},
        {"/dicomweb/series?PatientID=P1&Modality=CT", false, true},
        {"/dicomweb/studies?PatientID=P1&IssuerOfPatientID=HOSP_A", true, false},
        {"/dicomweb/studies?PatientID=P1&ModalitiesInStudy=C*", true, true},
        {"/dicomweb/studies?PatientID=P1&ModalitiesInStudy=MR,CT", true, true},
        {"/dicomweb/studies?PatientID=P1", true, true},
        {"/dicomweb/sources/a/studies?PatientID=P1&ModalitiesInStudy=CT", true, false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.target);
        images face;
        auto& a = face.add_source("a");
        auto& b = face.add_source("b");
        face.settings.federation.routes = {{.name = "ct", .issuer = {}, .modality = {"CT"}, .sources = {"b"}},
                                           {.name = "north", .issuer = {"HOSP_A"}, .modality = {}, .sources = {"a"}}};
        CHECK(face.get(c.target).status() == status::ok);
        CHECK(a.requests.empty() != c.asks_a);
        CHECK(b.requests.empty() != c.asks_b);
    }
}

TEST_CASE("what a source cannot tell of its series, when others answer, is missing with a word")
{
    images face;
    auto& a = face.add_source("a");
    auto& b = face.add_source("b");
    a.studies = {a_study(1)};
    auto sparse = a_study(2);
    mapping::data_set few;
    few.add(mapping::tags::StudyInstanceUID, "1.2.2");
    few.add(mapping::tags::StudyDate, "20240309");
    sparse.attributes = few;
    b.studies = {sparse};
    b.fails[1] = failure{make_error_code(upstream::errc::aborted), "source", {}};
    auto const some = face.get("/dicomweb/studies?StudyDate=20240301-");
    CHECK(some.status() == status::ok);
    CHECK(values_of(some.body(), "0020000D") == texts{"\"1.2.1\"", "\"1.2.2\""});
    CHECK(some.field("Warning").find("modalities and counts of its studies may be missing") != std::string::npos);
    face.settings.federation.partial = config::partial_federation::refuse;
    CHECK(face.get("/dicomweb/studies?StudyDate=20240301-").status() == status::service_unavailable);
    CHECK(face.get("/dicomweb/sources/b/studies?StudyDate=20240301-").status() == status::bad_gateway);
}

TEST_CASE("what is shown of a study that several hold does not depend on how many are asked for")
{
    images face;
    auto& a = face.add_source("a");
    auto& b = face.add_source("b");
    a.studies = {a_study(1, "20240301"), a_study(2, "20240304")};
    b.studies = {a_study(1, "20240305")};
    for (auto* const studies : {&a.studies, &b.studies}) {
        mapping::data_set row;
        row.add(mapping::tags::ModalitiesInStudy, studies == &a.studies ? "CT" : "MR");
        proxy::dicomweb::add_rest(row, studies->front().attributes);
        studies->front().attributes = row;
    }
    for (auto const* limit : {"1", "10"}) {
        CAPTURE(limit);
        auto const found = face.get("/dicomweb/studies?StudyDate=20240101-20241231&limit=" + std::string(limit));
        CHECK(values_of(found.body(), "0020000D").front() == "\"1.2.1\"");
        CHECK(values_of(found.body(), "00080020").front() == "\"20240301\"");
        CHECK(values_of(found.body(), "00080061").front() == R"("CT","MR")");
    }
    // Where only b's record matches, it is shown, with the modalities of both.
    auto const matching = face.get("/dicomweb/studies?StudyDate=20240305");
    CHECK(values_of(matching.body(), "00080020") == texts{"\"20240305\""});
    CHECK(values_of(matching.body(), "00080061") == texts{R"("MR","CT")"});
}

TEST_CASE("series and instances of two patients under one study UID are not mixed")
{
    images face;
    auto& a = face.add_source("a");
    auto& b = face.add_source("b");
    a.studies = {a_study(1)};
    a.studies.front().series.pop_back();
    b.studies = {a_study(1)};
    b.studies.front().series.erase(b.studies.front().series.begin());
    auto const of = [&](std::string const& target) { return face.get("/dicomweb/" + target); };
    CHECK(values_of(of("studies/1.2.1/series").body(), "0020000E").size() == 2);
    CHECK(of("studies/1.2.1/series").field("Warning").empty());

    mapping::data_set other;
    other.add(mapping::tags::PatientID, "P7");
    proxy::dicomweb::add_rest(other, b.studies.front().attributes);
    b.studies.front().attributes = other;
    for (auto const* target : {"studies/1.2.1/series", "studies/1.2.1/instances", "studies/1.2.1/series?Modality=*",
                               "series?StudyDate=20240310", "instances?StudyDate=20240310"}) {
        CAPTURE(target);
        auto const found = of(target);
        CHECK(found.status() == status::ok);
        auto const series = values_of(found.body(), "0020000E");
        CHECK_FALSE(series.empty());
        for (auto const& uid : series)
            CHECK(uid == "\"1.2.1.1\"");
        CHECK(found.field("Warning").find("of another patient") != std::string::npos);
    }
    b.fails_by_uid = failure{make_error_code(upstream::errc::refused), "source", {}};
    auto const partial = of("studies/1.2.1/series");
    CHECK(values_of(partial.body(), "0020000E") == texts{"\"1.2.1.1\""});
    CHECK(partial.field("Warning").find("its results are missing") != std::string::npos);
}

TEST_CASE("how many results are left is not told while a source is missing")
{
    images face;
    auto& a = face.add_source("a");
    auto& b = face.add_source("b");
    a.studies = {a_study(1), a_study(2)};
    b.studies = {a_study(3)};
    CHECK(face.get("/dicomweb/studies?PatientID=P1&limit=1").field("Warning").find("2 additional") !=
          std::string::npos);
    b.fail_everywhere(upstream::errc::unreachable);
    for (auto const& text : face.get("/dicomweb/studies?PatientID=P1&limit=1").fields("Warning"))
        CHECK(text.find("1 additional") == std::string::npos);
}
