#include "proxy/dicomweb/list.hpp"
#include "tests/proxy/dicomweb/images.hpp"
#include "tests/support/known_by_both.hpp"
#include "tests/support/run.hpp"

using namespace pons;
using namespace pons::test;
using proxy::http::status;

namespace {

using texts = std::vector<std::string>;

/// Three studies at one source: 1.2.1 (2024-03-10), 1.2.2 (2024-03-12), 1.2.3 (no date).
struct one_source : images {
    fixed_state& web = add_source("web");

    one_source()
    {
        web.studies.push_back(a_study(1));
        web.studies.push_back(a_study(2, "20240312"));
        web.studies.push_back(a_study(3, ""));
    }

    texts studies(std::string const& query) { return values_of(get("/dicomweb/studies" + query).body(), "0020000D"); }
};

}  // namespace

TEST_CASE("each of the six resources has its results, newest study first")
{
    one_source face;
    struct {
        char const* target;
        char const* uid;  // of the level
        texts found;
    } const cases[] = {
        {"/studies", "0020000D", {"\"1.2.2\"", "\"1.2.1\"", "\"1.2.3\""}},
        {"/studies/", "0020000D", {"\"1.2.2\"", "\"1.2.1\"", "\"1.2.3\""}},
        {"/studies/1.2.1/series", "0020000E", {"\"1.2.1.1\"", "\"1.2.1.2\""}},
        {"/studies/1.2.1/instances", "00080018", {"\"1.2.1.1.1\"", "\"1.2.1.1.2\"", "\"1.2.1.2.1\""}},
        {"/studies/1.2.1/series/1.2.1.1/instances", "00080018", {"\"1.2.1.1.1\"", "\"1.2.1.1.2\""}},
        {"/series?Modality=SR", "0020000E", {"\"1.2.2.2\"", "\"1.2.1.2\"", "\"1.2.3.2\""}},
        {"/series?StudyDate=20240310&Modality=CT", "0020000E", {"\"1.2.1.1\""}},
        {"/instances?SeriesInstanceUID=1.2.2.1", "00080018", {"\"1.2.2.1.1\"", "\"1.2.2.1.2\""}},
        {"/instances?SOPInstanceUID=1.2.3.2.1", "00080018", {"\"1.2.3.2.1\""}},
        {"/studies/9.9/series", "0020000E", {}},
    };
    for (auto const* const base : {"/dicomweb", "/dicomweb/sources/web"})
        for (auto const& c : cases) {
            CAPTURE(base);
            CAPTURE(c.target);
            auto const got = face.get(std::string(base) + c.target);
            CHECK(got.status() == status::ok);
            CHECK(got.held.content_type == "application/dicom+json");
            CHECK(values_of(got.body(), c.uid) == c.found);
        }
    CHECK(face.get("/dicomweb/sources/other/studies").status() == status::not_found);
    CHECK(face.get("/dicomweb/studies/..%2F/series").status() == status::bad_request);
}

TEST_CASE("every key is judged here, whatever the archive does with it")
{
    one_source face;
    struct {
        char const* query;
        texts found;
    } const cases[] = {
        {"?StudyInstanceUID=1.2.1,1.2.2", {"\"1.2.2\"", "\"1.2.1\""}},
        {"?0020000d=1.2.1", {"\"1.2.1\""}},
        {"?AccessionNumber=A2", {"\"1.2.2\""}},
        {"?StudyDate=20240301-20240311", {"\"1.2.1\""}},
        {"?StudyDate=20240310-20240312&StudyTime=1100-1200", {"\"1.2.2\""}},
        {"?StudyTime=1000-1030&StudyDate=20240312", {"\"1.2.2\""}},
        {"?ModalitiesInStudy=SR&StudyDate=20240312", {"\"1.2.2\""}},
        {"?ModalitiesInStudy=MR,US", {}},
        {"?ModalitiesInStudy=MR,CT&AccessionNumber=A1", {"\"1.2.1\""}},
        {"?PatientName=&AccessionNumber=A1", {"\"1.2.1\""}},
        {"?PatientName=*&AccessionNumber=A1", {"\"1.2.1\""}},
        {"?StudyTime=1100-", {}},
        {"?StudyDescription=CT%20%3Chead%3E%20%26%20%22neck%22&AccessionNumber=A1", {"\"1.2.1\""}},
        {"?emptyvaluematching=true&ReferringPhysicianName=%22%22&AccessionNumber=A1", {}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        CHECK(face.studies(c.query) == c.found);
    }
}

TEST_CASE("what is stored with leading spaces is asked for once more")
{
    one_source face;
    CHECK(face.studies("?AccessionNumber=A1") == texts{"\"1.2.1\""});
    CHECK(face.web.asked(mapping::level::study) == 1);
    face.web.requests.clear();
    CHECK(face.studies("?AccessionNumber=A9&StudyDescription=x") == texts{});
    REQUIRE(face.web.requests.size() == 2);
    auto const& again = face.web.requests.back().keys;
    for (auto const& [attribute, value] :
         {std::pair(mapping::tags::AccessionNumber, "*A9"), std::pair(mapping::tags::StudyDescription, "*x")}) {
        auto const k = std::ranges::find(again, attribute, &mapping::key::attribute);
        REQUIRE(k != again.end());
        CHECK(k->values == texts{value});
    }
    one_source spared;
    spared.settings.sources.front().quirks.leading_spaces = true;
    CHECK(spared.studies("?AccessionNumber=A9") == texts{});
    CHECK(spared.web.asked(mapping::level::study) == 1);
}

TEST_CASE("names are judged here; where only the archive can narrow by them, that is told")
{
    struct {
        char const* query;
        bool knows_no_case;
        bool pushed;
        bool warned;
    } const cases[] = {
        {"?PatientName=DOE*", false, true, true},
        {"?PatientName=DOE*", true, true, true},  // accents count
        {"?PatientName=ANN*&PatientID=P1", true, false, false},
        {"?PatientName=DOE*&PatientID=P1", false, false, false},
        {"?PatientName=DOE*&PatientID=P1", true, false, false},
        {"?ReferringPhysicianName=X&StudyDate=20240310", true, false, false},
        {"?PatientID=P1&ReferringPhysicianName=X", false, false, false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        CAPTURE(c.knows_no_case);
        one_source face;
        if (c.knows_no_case)
            face.settings.sources.front().quirks.name_matching = config::name_matching::insensitive;
        auto const got = face.get(std::string("/dicomweb/studies") + c.query);
        CHECK(got.status() == status::ok);
        CHECK((got.field("Warning").find("patient names") != std::string::npos) == c.warned);
        REQUIRE_FALSE(face.web.requests.empty());
        bool const pushed = std::ranges::any_of(face.web.requests.front().keys, [](mapping::key const& k) {
            return k.attribute == mapping::tags::PatientName && !k.values.empty();
        });
        CHECK(pushed == c.pushed);
    }
}

TEST_CASE("one character of a text may be several bytes to the archive, which is asked for more then")
{
    struct {
        char const* query;
        mapping::tag attribute;
        char const* asked;
    } const cases[] = {
        {"?PatientName=M?ller*", mapping::tags::PatientName, "M*ller*"},
        {"?PatientName=L?*", mapping::tags::PatientName, "L?*"},
        {"?PatientID=P1&StudyDescription=Sch?del", mapping::tags::StudyDescription, "Sch*del"},
        {"?AccessionNumber=ACC?", mapping::tags::AccessionNumber, "ACC?"},  // identifiers are hardly ever beyond ASCII
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.query));
        one_source face;
        CHECK(face.get(std::string("/dicomweb/studies") + c.query).status() == status::ok);
        REQUIRE_FALSE(face.web.requests.empty());
        auto const& keys = face.web.requests.front().keys;
        auto const at = std::ranges::find(keys, c.attribute, &mapping::key::attribute);
        REQUIRE(at != keys.end());
        CHECK(at->values == texts{c.asked});
    }
}

TEST_CASE("what cannot be understood is 400, and says where without quoting")
{
    one_source face;
    for (auto const* const query : {"?NoSuchAttribute=x", "?StudyDate=yesterday", "?StudyInstanceUID=x", "?limit=-1",
                                    "?limit=many", "?offset=1.5", "?AccessionNumber=A1&AccessionNumber=A2",
                                    "?AccessionNumber=A1&00080050=A2", "?fuzzymatching=maybe", "?Modality=CT",
                                    "?PatientID.PatientName=x", "?includefield=NoSuchAttribute", "?0020000=1"}) {
        CAPTURE(query);
        auto const got = face.get(std::string("/dicomweb/studies") + query);
        CHECK(got.status() == status::bad_request);
        CHECK(got.held.content_type == "text/plain; charset=utf-8");
        for (auto const* const secret : {"NoSuchAttribute", "yesterday", "A2", "maybe"})
            CHECK(got.body().find(secret) == std::string::npos);
    }
    CHECK(face.web.requests.empty());
}

TEST_CASE("a result has what the standard requires, what was asked for, and nothing of the archive's own affairs")
{
    one_source face;
    auto const study = face.get("/dicomweb/sources/web/studies?AccessionNumber=A1&includefield=StudyDescription");
    CHECK(study.body() ==
          R"([{"00080020":{"vr":"DA","Value":["20240310"]},"00080030":{"vr":"TM","Value":["101500"]},)"
          R"("00080050":{"vr":"SH","Value":["A1"]},"00080061":{"vr":"CS","Value":["CT","SR"]},"00080090":{"vr":"PN"},)"
          R"("00081030":{"vr":"LO","Value":["CT <head> & \"neck\""]},)"
          R"("00081190":{"vr":"UR","Value":["http://pons.test/base/dicomweb/sources/web/studies/1.2.1"]},)"
          R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Doe^Jane"}]},"00100020":{"vr":"LO","Value":["P1"]},)"
          R"("00100030":{"vr":"DA"},"00100040":{"vr":"CS"},"0020000D":{"vr":"UI","Value":["1.2.1"]},)"
          R"("00200010":{"vr":"SH"},"00201206":{"vr":"IS","Value":[2]},"00201208":{"vr":"IS","Value":[3]}}])");
    auto const series = face.get("/dicomweb/studies/1.2.1/series?SeriesNumber=1").body();
    CHECK(series == R"([{"00080060":{"vr":"CS","Value":["CT"]},"0008103E":{"vr":"LO","Value":["axial"]},)"
                    R"("00081190":{"vr":"UR","Value":["http://pons.test/base/dicomweb/studies/1.2.1/series/1.2.1.1"]},)"
                    R"("0020000D":{"vr":"UI","Value":["1.2.1"]},"0020000E":{"vr":"UI","Value":["1.2.1.1"]},)"
                    R"("00200011":{"vr":"IS","Value":[1]},"00201209":{"vr":"IS","Value":[2]}}])");
    auto const instance = face.get("/dicomweb/instances?SOPInstanceUID=1.2.1.1.2").body();
    CHECK(values_of(instance, "00280010") == texts{"512"});
    CHECK(values_of(instance, "00080061") == texts{R"("CT","SR")"});  // of all levels, since the path names none
    CHECK(values_of(instance, "00080060") == texts{"\"CT\""});
    auto const all = face.get("/dicomweb/studies?AccessionNumber=A1&includefield=all&includefield=00080060,0040A730");
    CHECK(values_of(all.body(), "00081030").size() == 1);
    CHECK(values_of(all.body(), "00080054").empty());
    CHECK(all.field("Warning").find("includefield") != std::string::npos);
}

TEST_CASE("limit and offset walk through one order, and Warning 299 says that there is more")
{
    one_source face;
    face.settings.dicomweb.max_results = 2;
    auto const first = face.get("/dicomweb/studies");
    CHECK(values_of(first.body(), "0020000D") == texts{"\"1.2.2\"", "\"1.2.1\""});
    CHECK(first.field("Warning").find("additional results that can be requested") != std::string::npos);
    auto const rest = face.get("/dicomweb/studies?offset=2");
    CHECK(values_of(rest.body(), "0020000D") == texts{"\"1.2.3\""});
    CHECK(rest.field("Warning").empty());
    auto const keyed = face.get("/dicomweb/studies?PatientID=P1&limit=1&offset=1");
    CHECK(values_of(keyed.body(), "0020000D") == texts{"\"1.2.1\""});
    CHECK(keyed.field("Warning") == "299 pons \"There are 1 additional results that can be requested\"");
    CHECK(face.get("/dicomweb/studies?offset=9").body() == "[]");
    CHECK(face.get("/dicomweb/studies?limit=0").body() == "[]");
}

TEST_CASE("nothing found is an empty list, or 204 where that is configured, and for XML")
{
    one_source face;
    auto const got = face.get("/dicomweb/studies?PatientID=nobody");
    CHECK(got.status() == status::ok);
    CHECK(got.body() == "[]");
    auto const xml =
        face.get("/dicomweb/studies?PatientID=nobody", accepting(R"(multipart/related; type="application/dicom+xml")"));
    CHECK(xml.status() == status::no_content);
    face.settings.dicomweb.empty = config::empty_answer::no_content;
    CHECK(face.get("/dicomweb/studies?PatientID=nobody").status() == status::no_content);
}

TEST_CASE("results come in the form that Accept asks for")
{
    one_source face;
    struct {
        char const* accept;
        status code;
        char const* type;
    } const cases[] = {
        {"", status::ok, "application/dicom+json"},
        {"*/*", status::ok, "application/dicom+json"},
        {"application/json", status::ok, "application/json"},
        {"application/dicom+json, multipart/related; type=application/dicom+xml", status::ok, "application/dicom+json"},
        {"application/dicom+json; q=0.5, multipart/related; type=application/dicom+xml", status::ok,
         "multipart/related"},
        {"text/html", status::not_acceptable, "text/plain"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.accept);
        auto const got = face.get("/dicomweb/studies?PatientID=P1", accepting(c.accept));
        CHECK(got.status() == c.code);
        CHECK(got.held.content_type.starts_with(c.type));
    }
    auto const xml =
        face.get("/dicomweb/studies?PatientID=P1", accepting("multipart/related; type=application/dicom+xml"));
    CHECK(count_of(xml.body(), "--" + xml.boundary() + "\r\nContent-Type: application/dicom+xml\r\n\r\n<?xml ") == 3);
    CHECK(xml.body().ends_with("\r\n--" + xml.boundary() + "--\r\n"));
    CHECK(face.get("/dicomweb/studies?accept=application/json").held.content_type == "application/json");
}

TEST_CASE("modalities and counts that an archive leaves out come from its series")
{
    images face;
    auto& web = face.add_source("web");
    auto study = a_study(1);
    mapping::data_set bare;
    bare.add(mapping::tags::StudyInstanceUID, "1.2.1");
    bare.add(mapping::tags::StudyDate, "20240310");
    SUBCASE("not at all") {}
    SUBCASE("that it knows, and tells empty")
    {
        bare.begin(mapping::tags::ModalitiesInStudy, mapping::vr_of('C', 'S'));
    }
    study.attributes = bare;
    web.studies.push_back(study);
    auto const got = face.get("/dicomweb/studies");
    CHECK(values_of(got.body(), "00080061") == texts{R"("CT","SR")"});
    CHECK(values_of(got.body(), "00201206") == texts{"2"});
    CHECK(values_of(got.body(), "00201208") == texts{"3"});
    CHECK(values_of(face.get("/dicomweb/studies?ModalitiesInStudy=SR").body(), "0020000D") == texts{"\"1.2.1\""});
    CHECK(face.get("/dicomweb/studies?ModalitiesInStudy=MR").body() == "[]");
    CHECK(web.asked(mapping::level::series) == 3);
    // Of series and instances nobody asks for those beside them: what is not known is not said to be nothing.
    for (auto const* path :
         {"/series?SeriesNumber=1", "/instances?SOPInstanceUID=1.2.1.1.2", "/series?includefield=ModalitiesInStudy"}) {
        CAPTURE(path);
        auto const below = face.get(std::string("/dicomweb") + path);
        REQUIRE_FALSE(values_of(below.body(), "0020000D").empty());
        CHECK(below.body().find("00080061") == std::string::npos);
    }
    // Unless they were needed to choose.
    auto const chosen = face.get("/dicomweb/series?ModalitiesInStudy=SR");
    CHECK(values_of(chosen.body(), "00080061") == texts{R"("CT","SR")", R"("CT","SR")"});
}

TEST_CASE("a key that an archive does not tell is named in a warning, since what it matches cannot be found")
{
    one_source face;
    auto const got = face.get("/dicomweb/studies?PatientComments=x");
    CHECK(got.body() == "[]");
    CHECK(got.field("Warning").find("PatientComments (0010,4000)") != std::string::npos);
    face.web.studies.front().attributes.add(mapping::tag{0x00104000}, "x");
    auto const told = face.get("/dicomweb/studies?PatientComments=x");
    CHECK(values_of(told.body(), "0020000D") == texts{"\"1.2.1\""});
    CHECK(told.field("Warning").empty());
    auto const other = face.get("/dicomweb/studies?PatientComments=y");
    CHECK(other.body() == "[]");
    CHECK(other.field("Warning").empty());
}

TEST_CASE("matching that is not done is told in the standard's words")
{
    one_source face;
    auto const got = face.get("/dicomweb/studies?PatientID=P1&fuzzymatching=true");
    CHECK(got.field("Warning") ==
          "299 pons \"The fuzzymatching parameter is not supported. Only literal matching has been performed.\"");
    CHECK(face.get("/dicomweb/studies?PatientID=P1&fuzzymatching=false").field("Warning").empty());
}

TEST_CASE("what the archive held back is told, and a search that costs too much is 413")
{
    one_source face;
    face.web.truncates = true;
    auto const got = face.get("/dicomweb/studies?StudyInstanceUID=1.2.1");
    CHECK(got.status() == status::ok);
    CHECK_FALSE(got.fields("Warning").empty());
    face.web.truncates = false;
    face.settings.dicomweb.max_candidates = 1;
    CHECK(face.get("/dicomweb/studies?PatientID=P1").status() == status::payload_too_large);
    face.settings.dicomweb.max_candidates = 100;
    face.settings.dicomweb.max_fan_out = 2;
    CHECK(face.get("/dicomweb/instances").status() == status::payload_too_large);
}

TEST_CASE("a source that fails is never an empty list")
{
    one_source face;
    face.web.fail_everywhere(upstream::errc::unreachable);
    auto const got = face.get("/dicomweb/studies");
    CHECK(got.status() == status::service_unavailable);
    CHECK_FALSE(got.field("Retry-After").empty());
    face.web.fail_everywhere(upstream::errc::refused);
    CHECK(face.get("/dicomweb/studies/1.2.1/series").status() == status::bad_gateway);
}

TEST_CASE("OPTIONS of a base tells its resources")
{
    one_source face;
    auto const got = face.ask(verb::options, "/dicomweb/sources/web");
    CHECK(got.status() == status::ok);
    CHECK(got.held.content_type == "application/vnd.sun.wadl+xml");
    CHECK(got.body().find("<resources base=\"http://pons.test/base/dicomweb/sources/web/\">") != std::string::npos);
    CHECK(count_of(got.body(), "<resource path=") == 22);
    struct {
        std::string path;
        char const* id;
        char const* type;
        char const* no_type;
    } const cases[] = {
        {"studies/{study}", "RetrieveInstances", "multipart/related; type=&quot;application/dicom&quot;",
         "\"application/dicom\""},
        {"studies/{study}/series/{series}/instances/{instance}", "RetrieveInstances", "\"application/dicom\"",
         "image/"},
        {"studies/{study}/series/{series}/instances/{instance}/bulkdata/{place}", "RetrieveBulkData",
         "\"application/octet-stream\"", "application/dicom"},
        {"studies/{study}/series/{series}/instances/{instance}/frames/{frames}", "RetrieveFrames",
         "\"application/octet-stream\"", "application/dicom"},
        {"studies/{study}/rendered", "RetrieveRendered", "multipart/related; type=&quot;image/png&quot;",
         "\"image/png\""},
        {"studies/{study}/series/{series}/rendered", "RetrieveRendered",
         "multipart/related; type=&quot;image/jpeg&quot;", "\"image/jpeg\""},
        {"studies/{study}/series/{series}/instances/{instance}/rendered", "RetrieveRendered", "\"image/png\"",
         "multipart"},
        {"studies/{study}/series/{series}/instances/{instance}/frames/{frames}/rendered", "RetrieveRendered",
         "multipart/related; type=&quot;image/png&quot;", "application/dicom"},
        {"studies/{study}/thumbnail", "RetrieveThumbnail", "\"image/png\"", "multipart"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.path);
        auto const from = got.body().find("<resource path=\"" + c.path + "\">");
        REQUIRE(from != std::string::npos);
        auto const row = got.body().substr(from, got.body().find("</resource>", from) - from);
        auto const read = row.substr(0, row.find("</method>"));
        CHECK(read.find(std::string("id=\"") + c.id + "\"") != std::string::npos);
        CHECK(read.find(c.type) != std::string::npos);
        CHECK(read.find(c.no_type) == std::string::npos);
    }
    CHECK(face.ask(verb::options, "/dicomweb/sources/other").status() == status::not_found);
}

TEST_CASE("studies that are found by one Patient ID and told by another are not left out in silence")
{
    using proxy::dicomweb::search_resource;
    struct {
        mapping::level at;
        char const* query;
        bool told;
    } const cases[] = {
        {mapping::level::study, "PatientID=OLD1", true},
        {mapping::level::series, "PatientID=OLD1", true},
        {mapping::level::study, "PatientID=OLD1&StudyDate=20240101-", true},
        {mapping::level::study, "PatientID=P1", false},
        {mapping::level::study, "PatientID=P9", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        one_source face;
        upstream::searched_source source{.where = std::make_shared<known_by_both>(face.web),
                                         .facts = proxy::make_facts(face.settings, face.settings.sources.front()),
                                         .abilities = {}};
        auto const query = proxy::dicomweb::parse_search(search_resource{.at = c.at, .study_uid = {}, .series_uid = {}},
                                                         mapping::search::split_query(c.query), face.settings.dicomweb);
        REQUIRE(query);
        proxy::dicomweb::list_wanted const wanted{.count = 10, .max_candidates = 100, .fan_out = {}, .now = 0};
        auto const found = test::run(proxy::dicomweb::list(source, *query, wanted, time_point::max()));
        REQUIRE(found);
        CHECK(found->hits.empty() == (c.told || std::string_view(c.query) == "PatientID=P9"));
        CHECK((std::ranges::find(found->issues, issue::kind::incomplete, &issue::what) != found->issues.end()) ==
              c.told);
    }
}
