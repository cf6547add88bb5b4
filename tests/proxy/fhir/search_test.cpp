#include "tests/proxy/fhir/face.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;

namespace {

struct one_source : face {
    one_source() { state().studies = {a_study("1.2.1"), a_study("1.2.2", "20240309")}; }
    fixed_state& state() { return state_; }

private:
    fixed_state& state_ = add_source("a");
};

std::vector<proxy::http::header> const strict{{"Prefer", "handling=strict"}};

}  // namespace

TEST_CASE("a search answers with a searchset that says what was asked")
{
    one_source f;
    auto const answer =
        f.get("ImagingStudy?patient=Patient/P1&started=ge2024-01-01T10:00:00%2B01:00&foo=bar&_count=5000");
    REQUIRE(status_of(answer) == 200);
    CHECK(answer.content_type == "application/fhir+json; charset=utf-8");
    auto const bundle = body_of(answer);
    CHECK(bundle["resourceType"] == "Bundle");
    CHECK(bundle["type"] == "searchset");
    CHECK(bundle["total"] == 2);
    CHECK(bundle["link"].size() == 1);
    CHECK(
        link_of(bundle, "self") ==
        "http://127.0.0.1:8080/fhir/ImagingStudy?patient=Patient/P1&started=ge2024-01-01T10:00:00%2B01:00&_count=1000");
    CHECK(bundle["entry"][0]["fullUrl"] == "http://127.0.0.1:8080/fhir/ImagingStudy/1.2.1");
    CHECK(bundle["entry"][0]["search"]["mode"] == "match");
    CHECK(ids_of(bundle) == std::vector<std::string>{"1.2.1", "1.2.2"});
    CHECK(issues_of(bundle) == "not-supported: the parameter foo is not known here and was ignored\n");
    CHECK(f.remarks.front() == std::pair<std::string, std::string>("studies", "2"));
}

TEST_CASE("the self link can be asked again, and is a URI")
{
    one_source f;
    auto& a = f.state().studies.front().attributes;
    a = a_study("1.2.1", "20240310", "ö, 1|2+3 & 4=5%#").attributes;
    auto const answer =
        f.get("/fhir/r4/ImagingStudy?patient.identifier=urn:oid:1.2.3%7C%C3%B6%5C%2C+1%5C%7C2%2B3+%26+4%3D5%25%23");
    REQUIRE(status_of(answer) == 200);
    auto const self = link_of(body_of(answer), "self");
    CHECK(self.starts_with("http://127.0.0.1:8080/fhir/r4/ImagingStudy?patient.identifier=urn:oid:1.2.3%7C"));
    CHECK(self.find_first_of("|\\ \"<>{}^`#") == std::string::npos);
    CHECK(ids_of(body_of(answer)) == std::vector<std::string>{"1.2.1"});
    CHECK(f.get(self).body == answer.body);
}

TEST_CASE("a search by POST is the same search")
{
    one_source f;
    auto const got = f.get("ImagingStudy?patient=P1&_count=1");
    auto const posted = f.post_form("ImagingStudy/_search?_count=1", "patient=P1");
    CHECK(status_of(posted) == 200);
    CHECK(ids_of(body_of(posted)) == ids_of(body_of(got)));
    CHECK(link_of(body_of(posted), "self") == "http://127.0.0.1:8080/fhir/ImagingStudy?_count=1&patient=P1");
    CHECK(status_of(f.post_form("ImagingStudy/_search", "{}", "application/json")) == 415);
    CHECK(status_of(f.post_form("ImagingStudy/_search?patient=P1", "", "application/json")) == 200);
    CHECK(f.post_form("ImagingStudy/_search", "patient=P1&_format=xml").content_type ==
          "application/fhir+xml; charset=utf-8");
}

TEST_CASE("no match is an empty searchset")
{
    one_source f;
    for (auto const* query :
         {"patient=nobody", "_id=1.2.99", "patient=P1&modality=MR", "endpoint=Endpoint/none&patient=P1",
          "patient=http://elsewhere.example.org/fhir/Patient/P1", "identifier=urn:dicom:uid%7C", "subject=Device/P1"}) {
        CAPTURE(query);
        auto const answer = f.get(std::string("ImagingStudy?") + query);
        if (std::string_view(query).starts_with("identifier")) {
            CHECK(status_of(answer) == 403);  // every study has such an identifier
            continue;
        }
        REQUIRE(status_of(answer) == 200);
        auto const bundle = body_of(answer);
        CHECK(bundle["total"] == 0);
        CHECK_FALSE(bundle.contains("entry"));
        CHECK(link_of(bundle, "next").empty());
    }
}

TEST_CASE("references to our own base are ours, under either of its paths")
{
    one_source f;
    for (auto const* patient : {"P1", "Patient/P1", "http://127.0.0.1:8080/fhir/Patient/P1",
                                "http://127.0.0.1:8080/fhir/r4/Patient/P1", "Patient/P1/_history/3"})
        for (auto const* base : {"/fhir/", "/fhir/r4/"}) {
            CAPTURE(patient);
            CAPTURE(base);
            CHECK(ids_of(body_of(f.get(std::string(base) + "ImagingStudy?patient=" + patient))).size() == 2);
        }
}

TEST_CASE("what cannot be understood is refused in words that help")
{
    one_source f;
    struct {
        char const* query;
        unsigned status;
        char const* issue;
    } const cases[] = {
        {"patient=P1&status:exact=available", 400,
         "not-supported: status:exact, which takes :missing, :not: unsupported modifier"},
        {"patient=P1&modality:in=x", 400,
         "not-supported: modality:in, which takes :missing, :not: unsupported modifier"},
        {"patient:foo.name=x", 400, "not-supported: patient:foo.name: unsupported modifier"},
        {"patient.phone=1", 400, "not-supported: patient.phone: unsupported chain"},
        {"patient=P1&started=23%20May%202009", 400,
         "value: started, which is written as 2024-01-31 or 2024-01-31T10:00:00Z, perhaps after eq, ne, gt, ge, lt, "
         "le, "
         "sa, eb or ap: the value cannot be understood"},
        {"patient=P1&started:missing=maybe", 400,
         "value: started:missing, which is written as true or false: the value cannot be understood"},
        {"patient=P1&_count=many", 400, "value: _count, which is written as a number: the value cannot be understood"},
        {"patient=P1&_count=-1", 400, "value: _count, which is written as a number: the value cannot be understood"},
        {"patient=P1&_summary=short", 400,
         "value: _summary, which is written as true, false, text, data or count: the value cannot be understood"},
        {"patient=P1&_total=some", 400,
         "value: _total, which is written as none, estimate or accurate: the value cannot be understood"},
        {"patient=P1&_sort=modality", 400,
         "not-supported: _sort: started and _id can be sorted by: results cannot be sorted by this"},
        {"patient=P1&_has:Observation:patient:code=1", 400,
         "not-supported: _has:Observation:patient:code: this parameter is not supported, and leaving it out would "
         "widen "
         "the answer"},
        {"identifier:of-type=a%7Cb", 400,
         "value: identifier:of-type, which is written as type-system|type-code|value: the value cannot be understood"},
        {"patient=P1&_summary=text&_include=ImagingStudy:endpoint", 400,
         "value: _summary=text cannot be combined with _include: the value cannot be understood"},
        {"modality=CT", 403,
         "too-costly: narrow the search by patient, patient.identifier, identifier, _id, or a range of started: the "
         "search "
         "would cost the archive too much"},
        {"", 403,
         "too-costly: narrow the search by patient, patient.identifier, identifier, _id, or a range of started: the "
         "search "
         "would cost the archive too much"},
        {"patient=P1&_format=ttl", 406,
         "not-supported: _format: none of the formats asked for can be given; JSON and XML can"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const answer = f.get(std::string("ImagingStudy?") + c.query);
        CHECK(status_of(answer) == c.status);
        auto const outcome = body_of(answer);
        CHECK(issues_of(outcome) == std::string(c.issue) + "\n");
        CHECK(outcome["id"] == "id-1");
        CHECK(first_empty(outcome).empty());
    }
    CHECK(f.queries() == 0);
}

TEST_CASE("a search that is too long is refused before it is looked at")
{
    one_source f;
    auto const many = [](std::string_view one, std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i)
            text += one;
        return text;
    };
    struct {
        std::string query;
        unsigned status;
    } const cases[] = {
        {"patient=P1" + many("&modality=CT", 63), 200},
        {"patient=P1" + many("&modality=CT", 64), 400},
        {"patient=P1" + many("&x=1", 64), 400},
        {"patient=P1&modality=CT" + many(",CT", 400), 200},
        {"patient=P1&modality=CT" + many(",CT", 500), 400},
        {"patient=P1" + many("&_id=1.2.1,1.2.1,1.2.1,1.2.1,1.2.1,1.2.1,1.2.1,1.2.1,1.2.1,1.2.1", 60), 400},
        {"patient=P1&_elements=status" + many(",status", 500), 400},
        {"patient=P1&referrer.name=" + std::string(512, 'x'), 200},
        {"patient=P1&referrer.name=" + std::string(513, 'x'), 400},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query.substr(0, 80));
        auto const answer = f.post_form("ImagingStudy/_search", c.query);
        CHECK(status_of(answer) == c.status);
        if (c.status == 400)
            CHECK(issues_of(body_of(answer)).starts_with("too-long: "));
    }
}

TEST_CASE("no value of the request comes back in an error, nor a name that is none")
{
    one_source f;
    for (auto const* query :
         {"patient=P1&Sm%C3%AEth%5EJane=1", "patient=P1&%FF=1", "patient=P1&Smith+Jane=x", "patient=P1&started=Smith",
          "patient=P1&_count=Smith", "patient=P1&_summary=Smith", "_page=Smith", "patient=P1&_sort=Smith",
          "patient=P1&_elements=Smith", "patient=P1&_include=Smith", "_filter=Smith", "patient.name:Smith%20=1"}) {
        CAPTURE(query);
        for (auto const& headers : {std::vector<proxy::http::header>(), strict}) {
            auto const answer = f.get(std::string("ImagingStudy?") + query, headers);
            auto const text = issues_of(body_of(answer));  // body_of throws when it is not UTF-8
            CHECK_FALSE(text.empty());
            CHECK(text.find("Sm") == std::string::npos);
        }
    }
}

TEST_CASE("strict handling refuses what lenient handling leaves out and says so")
{
    one_source f;
    for (auto const* more : {"foo=1", "_elements=status,nothing", "_include=ImagingStudy:patient", "_revinclude=x:y",
                             "_lastUpdated=ge2024"}) {
        CAPTURE(more);
        auto const query = std::string("ImagingStudy?patient=P1&") + more;
        auto const lenient = f.get(query);
        CHECK(status_of(lenient) == 200);
        CHECK(issues_of(body_of(lenient)).starts_with("not-supported: "));
        auto const refused = f.get(query, strict);
        CHECK(status_of(refused) == 400);
        CHECK_FALSE(issues_of(body_of(refused)).empty());
    }
    CHECK(status_of(f.get("ImagingStudy?patient=P1", strict)) == 200);
    auto const twice = body_of(f.get("ImagingStudy?patient=P1&foo=1&foo=2&bar=3"));
    CHECK(issues_of(twice) ==
          "not-supported: the parameter foo is not known here and was ignored\n"
          "not-supported: the parameter bar is not known here and was ignored\n");
    CHECK(link_of(twice, "self") == "http://127.0.0.1:8080/fhir/ImagingStudy?patient=P1");
}

TEST_CASE("_summary and _elements show parts, and never less than what is mandatory")
{
    one_source f;
    struct {
        char const* query;
        bool description;
        bool series;
        bool instances;
        bool tagged;
    } const cases[] = {
        {"", true, true, false, true},  // the default depth is series
        {"_summary=false", true, true, true, false},
        {"_summary=true", true, true, false, true},
        {"_summary=data", true, true, false, true},
        {"_summary=text", false, false, false, true},
        {"_elements=status", false, false, false, true},
        {"_elements=description", true, false, false, true},
        {"_elements=%20description%20,started", true, false, false, true},
        {"_elements=series", false, true, true, true},
        {"_elements=nothing", false, false, false, true},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        f.state().requests.clear();
        auto const bundle = body_of(f.get(std::string("ImagingStudy?patient=P1&") + c.query));
        CHECK(ids_of(bundle).size() == 2);
        auto const study = bundle["entry"][0]["resource"];
        CHECK(study["status"] == "available");
        CHECK(study["subject"]["reference"] == "Patient/P1");
        CHECK(study.contains("description") == c.description);
        CHECK(study.contains("series") == c.series);
        if (c.series) {
            CHECK(study["series"][0]["uid"] == "1.2.1.1");
            CHECK(study["series"][0]["modality"]["code"] == "CT");
            CHECK(study["series"][0].contains("instance") == c.instances);
        }
        CHECK((study.contains("meta") && study["meta"]["tag"][0]["code"] == "SUBSETTED") == c.tagged);
        CHECK(f.state().asked(mapping::level::series) == (c.series ? 2 : 0));
        CHECK(f.state().asked(mapping::level::instance) == (c.instances ? 2 : 0));
    }
}

TEST_CASE("_count=0 and _summary=count give the number only")
{
    one_source f;
    for (auto const* query : {"_summary=count", "_count=0", "_count=0&_summary=true", "_summary=count&_count=5",
                              "_summary=count&_include=ImagingStudy:endpoint"}) {
        CAPTURE(query);
        auto const bundle = body_of(f.get(std::string("ImagingStudy?patient=P1&") + query));
        CHECK(bundle["total"] == 2);
        CHECK_FALSE(bundle.contains("entry"));
        CHECK(link_of(bundle, "next").empty());
    }
    f.state().truncates = true;  // the number is not known then
    auto const bundle = body_of(f.get("ImagingStudy?patient=P1&_summary=count"));
    CHECK_FALSE(bundle.contains("total"));
    CHECK(issues_of(bundle).find("incomplete: ") != std::string::npos);
}

TEST_CASE("_include brings each Endpoint once")
{
    one_source f;
    for (auto const* query :
         {"_include=ImagingStudy:endpoint", "_include=*", "_include=ImagingStudy:*",
          "_include=ImagingStudy:endpoint:Endpoint&_summary=true", "_include:iterate=ImagingStudy:endpoint"}) {
        CAPTURE(query);
        auto const bundle = body_of(f.get(std::string("ImagingStudy?patient=P1&") + query));
        CHECK(ids_of(bundle, "include") == std::vector<std::string>{"a-wado-rs", "a-ihe-iid"});
        CHECK(bundle["entry"][2]["fullUrl"] == "http://127.0.0.1:8080/fhir/Endpoint/a-wado-rs");
        CHECK(bundle["entry"][2]["resource"]["address"] == "http://127.0.0.1:8080/dicomweb/sources/a");
        CHECK(bundle["entry"][3]["resource"]["address"] == "http://127.0.0.1:8080/IHEInvokeImageDisplay");
        CHECK(bundle["entry"][0]["resource"]["endpoint"][0]["reference"] == "Endpoint/a-wado-rs");
        CHECK(bundle["total"] == 2);
    }
    auto const empty = body_of(f.get("ImagingStudy?patient=nobody&_include=ImagingStudy:endpoint"));
    CHECK_FALSE(empty.contains("entry"));
}

TEST_CASE("a compartment is a search by patient, also for odd ids")
{
    one_source f;
    CHECK(ids_of(body_of(f.get("Patient/P1/ImagingStudy"))) == std::vector<std::string>{"1.2.1", "1.2.2"});
    CHECK(ids_of(body_of(f.get("Patient/P1/ImagingStudy?_count=1"))) == std::vector<std::string>{"1.2.1"});
    CHECK(ids_of(body_of(f.get("Patient/P1/ImagingStudy?patient=P2"))).empty());
    CHECK(ids_of(body_of(f.post_form("Patient/P1/ImagingStudy/_search", "_count=1"))) ==
          std::vector<std::string>{"1.2.1"});
    auto const next = link_of(body_of(f.get("Patient/P1/ImagingStudy?_count=1")), "next");
    CHECK(ids_of(body_of(f.get(next))) == std::vector<std::string>{"1.2.2"});
    struct {
        char const* segment;
        char const* asked;
    } const odd[] = {
        {"P1,P2", "P1,P2"}, {"P1%7CP2", "P1|P2"}, {"12%2F34", "12/34"}, {"a$b", "a$b"}, {"Device%2F1", "Device/1"},
    };
    for (auto const& c : odd) {
        CAPTURE(c.segment);
        f.state().requests.clear();
        auto const answer = f.get("Patient/" + std::string(c.segment) + "/ImagingStudy");
        CHECK(status_of(answer) == 200);
        CHECK(ids_of(body_of(answer)).empty());
        REQUIRE(f.state().requests.size() == 2);
        CHECK(f.state().requests.front().keys.front().values == std::vector<std::string>{c.asked});
        // What is not found may be stored with spaces in front.
        CHECK(f.state().requests.back().keys.front().values == std::vector<std::string>{"*" + std::string(c.asked)});
    }
    for (auto const* segment : {"a%5Cb", "*", "%20"}) {
        CAPTURE(segment);
        CHECK(ids_of(body_of(f.get("Patient/" + std::string(segment) + "/ImagingStudy"))).empty());
    }
}

TEST_CASE("an archive that fails is never an empty answer")
{
    one_source f;
    using upstream::errc;
    struct {
        errc code;
        unsigned status;
    } const cases[] = {{errc::unreachable, 503},  {errc::association_rejected, 502},
                       {errc::unauthorized, 502}, {errc::refused, 502},
                       {errc::too_broad, 403},    {errc::aborted, 502},
                       {errc::malformed, 502},    {errc::too_large, 502},
                       {errc::timed_out, 504},    {errc::overloaded, 503},
                       {errc::unsupported, 501}};
    for (auto const& c : cases) {
        CAPTURE(make_error_code(c.code).message());
        f.state().fail_everywhere(c.code, std::chrono::seconds(c.status == 503 ? 33 : 0));
        for (auto const* target : {"ImagingStudy?patient=P1", "ImagingStudy?started=ge2024", "ImagingStudy/1.2.1",
                                   "ImagingStudy?patient=P1&_summary=count"}) {
            CAPTURE(target);
            auto const answer = f.get(target);
            CHECK(status_of(answer) == c.status);
            CHECK(issues_of(body_of(answer)).ends_with("source: " + make_error_code(c.code).message() + "\n"));
            CHECK(header_of(answer, "Retry-After") == (c.status == 503 ? "33" : ""));
        }
        // Studies came, their series did not.
        f.state().fails[0].reset();
        CHECK(status_of(f.get("ImagingStudy?patient=P1")) == c.status);
        CHECK(status_of(f.get("ImagingStudy?patient=P1&_elements=description")) == 200);
    }
}

TEST_CASE("an archive that does not answer in time is 504")
{
    one_source f;
    f.state().silent = true;
    f.time = std::chrono::milliseconds(20);
    auto const answer = f.get("ImagingStudy?patient=P1");
    CHECK(status_of(answer) == 504);
    CHECK(body_of(answer)["issue"][0]["code"] == "timeout");
}

TEST_CASE("a client that leaves cancels what was asked for it")
{
    one_source f;
    f.state().silent = true;
    asio::cancellation_signal signal;
    f.state().on_silence = [&] { asio::post(f.context, [&] { signal.emit(asio::cancellation_type::terminal); }); };
    auto const began = clock::now();
    try {
        f.send(f.to_request(verb::get, "ImagingStudy?patient=P1", {}, {}), &signal);
    } catch (boost::system::system_error const& e) {
        CHECK(e.code() == asio::error::operation_aborted);
    }
    CHECK(clock::now() - began < f.time);
    CHECK(f.state().requests.size() == 1);
    CHECK(f.state().cancelled == 1);
}

TEST_CASE("a page ends early when it has more instances than an answer may hold")
{
    face f;
    auto& state = f.add_source("a");
    for (int i = 10; i < 34; ++i) {
        auto study = a_study("1.2." + std::to_string(i));
        auto const one = study.series.front().instances.front();
        study.series.front().instances.clear();
        for (int k = 0; k < 4000; ++k) {
            mapping::data_set instance;
            instance.add(mapping::tags::SOPInstanceUID, "1.2." + std::to_string(i) + ".1." + std::to_string(k + 1));
            instance.add(mapping::tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.2");
            study.series.front().instances.push_back(std::move(instance));
        }
        state.studies.push_back(std::move(study));
    }
    f.time = std::chrono::minutes(2);
    std::vector<std::string> ids;
    std::size_t pages = 0;
    for (std::string url = "ImagingStudy?patient=P1&_summary=false&_count=1000"; !url.empty(); ++pages) {
        auto const answer = f.get(url);
        REQUIRE(status_of(answer) == 200);
        CHECK(answer.body.size() < 32U * 1024 * 1024);
        auto const bundle = body_of(answer);
        auto const some = ids_of(bundle);
        ids.insert(ids.end(), some.begin(), some.end());
        url = link_of(bundle, "next");
    }
    CHECK(pages == 2);
    CHECK(ids.size() == 24);
    CHECK(std::ranges::is_sorted(ids));
}

TEST_CASE("what the face does not have is told as an OperationOutcome")
{
    one_source f;
    CHECK(status_of(f.get("Observation")) == 404);
    CHECK(status_of(f.get("ImagingStudy/1.2.1/_history/1")) == 404);
    auto const put = f.send(f.to_request(verb::put, "ImagingStudy/1.2.1", {}, {}));
    CHECK(status_of(put) == 405);
    CHECK(body_of(put)["issue"][0]["code"] == "not-supported");
}
