#include "tests/proxy/fhir/one_source.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;

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
        {"patient.phone=1", 400,
         "not-supported: patient.phone; patient takes .identifier, .name, .family, .given, .birthdate, .gender of "
         "Patient: unsupported chain"},
        {"patient.identifier:text=x", 400,
         "not-supported: patient.identifier:text, which takes :missing, :not: unsupported modifier"},
        {"patient.identifier:not=X", 403,
         "too-costly: narrow the search by patient, patient.identifier, identifier, _id, or a range of started: the "
         "search "
         "would cost the archive too much"},
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
         "not-supported: _format; JSON and XML can be given: none of the formats asked for can be given"},
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
