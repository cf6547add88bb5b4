#include "proxy/dicomweb/instances_body.hpp"
#include "proxy/dicomweb/retrieve_format.hpp"
#include "tests/proxy/dicomweb/images.hpp"
#include "tests/proxy/http/test_server.hpp"

using namespace pons;
using namespace pons::test;
using proxy::http::status;

namespace {

constexpr auto explicit_le = "1.2.840.10008.1.2.1";
constexpr auto jpeg = "1.2.840.10008.1.2.4.50";
constexpr auto any_syntax = R"(multipart/related; type="application/dicom"; transfer-syntax=*)";

struct one_source : images {
    fixed_state& web = add_source("web");

    explicit one_source(std::string const& syntax = explicit_le)
    {
        web.studies.push_back(a_study(1));
        add_instances(web, web.studies.back(), syntax);
    }
};

void fail_with(fixed_state& state, upstream::errc code, std::chrono::seconds retry_after = {})
{
    state.retrieve_ends = failure{make_error_code(code), "source web", retry_after};
}

}  // namespace

TEST_CASE("a study is a multipart body with a part for each instance, as it is stored")
{
    one_source face(jpeg);
    auto const got = face.get("/dicomweb/studies/1.2.1", accepting(any_syntax));
    CHECK(got.stream.has_begun);
    CHECK(got.status() == status::ok);
    CHECK(got.head().content_type.starts_with(R"(multipart/related; type="application/dicom"; boundary=)"));
    auto const boundary = got.boundary();
    CHECK(boundary.size() <= 69);
    std::string expected;
    for (auto const* const sop : {"1.2.1.1.1", "1.2.1.1.2", "1.2.1.2.1"})
        expected += (expected.empty() ? "--" : "\r\n--") + boundary +
                    "\r\nContent-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50\r\n\r\n<" + sop +
                    "> bytes";
    CHECK(got.body() == expected + "\r\n--" + boundary + "--\r\n");
    CHECK(face.get("/dicomweb/studies/1.2.1").boundary() != boundary);
    CHECK(got.stream.broken_off.empty());
}

TEST_CASE("a series and an instance are asked for at their level, and told where they are")
{
    one_source face;
    auto const series = face.get("/dicomweb/sources/web/studies/1.2.1/series/1.2.1.1");
    CHECK(count_of(series.body(), "bytes") == 2);
    CHECK(series.body().find("Content-Location: http://pons.test/base/dicomweb/sources/web/studies/1.2.1/series/"
                             "1.2.1.1/instances/1.2.1.1.2\r\n") != std::string::npos);
    auto const instance = face.get("/dicomweb/studies/1.2.1/series/1.2.1.1/instances/1.2.1.1.2");
    CHECK(count_of(instance.body(), "bytes") == 1);
    REQUIRE(face.web.retrieves.size() == 2);
    CHECK(face.web.retrieves[0] == upstream::retrieve_request{"1.2.1", "1.2.1.1", ""});
    CHECK(face.web.retrieves[1] == upstream::retrieve_request{"1.2.1", "1.2.1.1", "1.2.1.1.2"});
    auto const single = face.get("/dicomweb/studies/1.2.1/series/1.2.1.1/instances/1.2.1.1.2",
                                 accepting("application/dicom; transfer-syntax=*"));
    CHECK(single.body() == "<1.2.1.1.2> bytes");
    CHECK(single.head().content_type == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1");
    CHECK(single.field("Content-Location") ==
          "http://pons.test/base/dicomweb/studies/1.2.1/series/1.2.1.1/instances/1.2.1.1.2");
}

TEST_CASE("what Accept says of the form of instances")
{
    using proxy::dicomweb::negotiate_retrieve;
    using proxy::dicomweb::retrieve_format;
    std::string const uid = jpeg;
    std::string const le = explicit_le;
    struct {
        char const* accept;
        bool one_instance;
        std::optional<retrieve_format> wanted;  // the best
        std::optional<retrieve_format> other = {};
    } const cases[] = {
        {"", false, retrieve_format{false, true, {}}},
        {"*/*", false, retrieve_format{false, true, {"*"}}},
        {"multipart/related", false, retrieve_format{false, true, {"*"}}},
        {any_syntax, false, retrieve_format{false, true, {"*"}}},
        {R"(multipart/related; type="application/dicom")", false, retrieve_format{false, false, {le}}},
        {"multipart/related; type=application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50", false,
         retrieve_format{false, false, {uid}}},
        {R"(multipart/related; type="application/dicom; transfer-syntax=*")", false,
         retrieve_format{false, true, {"*"}}},
        {R"(multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.50; q=0.5, )"
         R"(multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1)",
         false, retrieve_format{false, false, {le, uid}}},
        {"application/dicom", true, retrieve_format{true, false, {le}}},
        {"application/dicom; transfer-syntax=*", true, retrieve_format{true, true, {"*"}}},
        {"application/dicom; q=0.5, multipart/related; type=application/dicom; transfer-syntax=*", true,
         retrieve_format{false, true, {"*"}}, retrieve_format{true, false, {le}}},
        {"application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50, multipart/related; type=application/dicom; q=0.4, "
         "application/dicom; q=0.3",
         true, retrieve_format{true, false, {uid, le}}, retrieve_format{false, false, {le}}},
        {"application/dicom, multipart/related; type=application/dicom; transfer-syntax=*", false,
         retrieve_format{false, true, {"*"}}},
        {"application/dicom", false, {}},
        {"image/jpeg", true, {}},
        {R"(multipart/related; type="image/jpeg")", true, {}},
        {R"(multipart/related; type="application/dicom"; q=0)", false, {}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.accept);
        proxy::http::request req;
        req.headers = accepting(c.accept);
        auto const formats = negotiate_retrieve(req, c.one_instance);
        REQUIRE(formats.has_value() == c.wanted.has_value());
        if (!formats)
            continue;
        CHECK(formats->front() == *c.wanted);
        REQUIRE(formats->size() == (c.other ? 2 : 1));
        if (c.other)
            CHECK(formats->back() == *c.other);
    }
}

TEST_CASE("the form of an instance is the best that takes it as it comes")
{
    constexpr auto instance = "/dicomweb/studies/1.2.1/series/1.2.1.1/instances/1.2.1.1.2";
    auto const both = [](std::string const& bare, std::string const& parts) {
        return accepting("application/dicom; transfer-syntax=" + bare +
                         ", multipart/related; type=\"application/dicom\"; q=0.5; transfer-syntax=" + parts);
    };
    one_source face(jpeg);
    auto const bare = face.get(instance, both(jpeg, "*"));
    CHECK(bare.head().content_type == "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50");
    CHECK(bare.body() == "<1.2.1.1.2> bytes");
    auto const parts =
        face.get(instance, accepting("application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90, "
                                     "multipart/related; type=\"application/dicom\"; transfer-syntax=*; q=0.5"));
    CHECK(parts.status() == status::ok);
    CHECK(parts.head().content_type.starts_with("multipart/related"));
    CHECK(parts.body().ends_with("<1.2.1.1.2> bytes\r\n--" + parts.boundary() + "--\r\n"));
    CHECK(face.get(instance, both("1.2.840.10008.1.2.4.90", explicit_le)).status() == status::not_acceptable);

    using proxy::dicomweb::is_transcoded;
    using proxy::dicomweb::retrieve_format;
    constexpr auto h264 = "1.2.840.10008.1.2.4.102";
    retrieve_format const plain{true, false, {explicit_le}};
    retrieve_format const any{false, true, {"*"}};
    CHECK(is_transcoded({plain, any}, jpeg));
    CHECK_FALSE(is_transcoded({any, plain}, jpeg));
    CHECK_FALSE(is_transcoded({plain, any}, explicit_le));
    CHECK_FALSE(is_transcoded({plain, any}, h264));
    CHECK(is_transcoded({plain}, h264));  // and is refused by whoever tries
    CHECK_FALSE(is_transcoded({retrieve_format{true, false, {jpeg}}}, h264));
}

TEST_CASE("an instance in a transfer syntax that was not asked for is 406 before the first byte")
{
    one_source face(jpeg);
    for (auto const* const accept :
         {R"(multipart/related; type="application/dicom")",
          "multipart/related; type=application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90"}) {
        CAPTURE(accept);
        auto const got = face.get("/dicomweb/studies/1.2.1", accepting(accept));
        CHECK_FALSE(got.stream.has_begun);
        CHECK(got.status() == status::not_acceptable);
        CHECK(got.body().find(jpeg) != std::string::npos);
    }
    face.web.instances.front().head.transfer_syntax_uid = explicit_le;
    auto const late = face.get("/dicomweb/studies/1.2.1", accepting(R"(multipart/related; type="application/dicom")"));
    CHECK(late.stream.has_begun);
    CHECK_FALSE(late.stream.broken_off.empty());
    CHECK(late.body().find("--" + late.boundary() + "--") == std::string::npos);
}

TEST_CASE("an instance of which the archive tells another transfer syntax is 406 before anything is retrieved")
{
    constexpr mapping::tag available{0x00083002};
    constexpr auto by_default = R"(multipart/related; type="application/dicom")";
    one_source face;
    auto& last = face.web.studies.front().series.front().instances.back();
    last.add(available, mapping::vr_of('U', 'I'), {jpeg});
    auto const refused = face.get("/dicomweb/studies/1.2.1", accepting(by_default));
    CHECK_FALSE(refused.stream.has_begun);
    CHECK(refused.status() == status::not_acceptable);
    CHECK(refused.body().find(std::string(jpeg) + ", and it was not asked for; transfer-syntax=*") !=
          std::string::npos);
    CHECK(face.get("/dicomweb/studies/1.2.1/series/1.2.1.1", accepting(by_default)).status() == status::not_acceptable);
    CHECK(face.web.retrieves.empty());

    // The other series, a syntax that was asked for, and what may be sent whatever it is.
    CHECK(face.get("/dicomweb/studies/1.2.1/series/1.2.1.2", accepting(by_default)).status() == status::ok);
    face.web.requests.clear();
    CHECK(face.get("/dicomweb/studies/1.2.1", accepting(any_syntax)).status() == status::ok);
    CHECK(face.web.requests.empty());

    // It has it as it is asked for, too.
    last = face.web.studies.front().series.front().instances.front();
    last.add(available, mapping::vr_of('U', 'I'), {jpeg, explicit_le});
    CHECK(face.get("/dicomweb/studies/1.2.1", accepting(by_default)).status() == status::ok);

    // What is no UID says nothing, and is not repeated.
    last = face.web.studies.front().series.front().instances.front();
    last.add(available, mapping::vr_of('U', 'I'), {"Doe^Jane"});
    CHECK(face.get("/dicomweb/studies/1.2.1", accepting(by_default)).status() == status::ok);
    face.web.instances.front().head.transfer_syntax_uid = "Doe^Jane";
    auto const odd = face.get("/dicomweb/studies/1.2.1", accepting(by_default));
    CHECK(odd.status() == status::not_acceptable);
    CHECK(odd.body().find("Doe") == std::string::npos);
    face.web.instances.front().head.transfer_syntax_uid = explicit_le;

    // Who cannot be asked refuses nothing.
    face.web.fail_everywhere(upstream::errc::refused);
    CHECK(face.get("/dicomweb/studies/1.2.1", accepting(by_default)).status() == status::ok);
}

TEST_CASE("a video that is begun to be looked at takes half of the time at most")
{
    one_source face;
    face.time = std::chrono::milliseconds(400);
    auto& image = face.web.studies.front().series.front().instances.front();
    mapping::data_set video;
    video.add(mapping::tags::SOPInstanceUID, image.text(mapping::tags::SOPInstanceUID));
    video.add(mapping::tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.77.1.1.1");
    image = video;
    std::size_t given_up = 0;
    face.web.before_retrieve = [&]() -> awaitable<void> {
        if (face.web.retrieves.size() > 1)
            co_return;
        auto const here = co_await asio::this_coro::executor;
        steady_timer timer(here, time_point::max());
        auto const ended = co_await timer.async_wait(as_tuple);
        static_cast<void>(ended);
        ++given_up;
    };
    auto const got = face.get("/dicomweb/studies/1.2.1", accepting(R"(multipart/related; type="application/dicom")"));
    CHECK(given_up == 1);
    CHECK(face.web.retrieves.size() == 2);
    CHECK(got.status() == status::ok);
    CHECK(count_of(got.body(), "> bytes") == 3);
}

TEST_CASE("what fails before the first instance is an answer of its own")
{
    struct {
        upstream::errc code;
        status wanted;
        char const* retry_after;
    } const cases[] = {
        {upstream::errc::not_found, status::not_found, ""},
        {upstream::errc::not_yet, status::service_unavailable, "30"},
        {upstream::errc::unreachable, status::service_unavailable, "5"},
        {upstream::errc::refused, status::bad_gateway, ""},
        {upstream::errc::timed_out, status::gateway_timeout, ""},
        {upstream::errc::unsupported, status::not_implemented, ""},
    };
    for (auto const& c : cases) {
        CAPTURE(static_cast<int>(c.code));
        one_source face;
        face.web.instances.clear();
        fail_with(face.web, c.code, std::chrono::seconds(c.code == upstream::errc::not_yet ? 30 : 0));
        for (auto const* const path : {"/dicomweb/studies/1.2.1", "/dicomweb/studies/1.2.1/metadata"}) {
            CAPTURE(path);
            auto const got = face.get(path);
            CHECK_FALSE(got.stream.has_begun);
            CHECK(got.status() == c.wanted);
            CHECK(got.field("Retry-After") == c.retry_after);
            CHECK(got.body().find("1.2.1") == std::string::npos);
        }
    }
}

TEST_CASE("what fails later breaks the body off, for a client to see")
{
    one_source face;
    SUBCASE("after an instance") {}
    SUBCASE("in an instance")
    {
        face.web.gives_half = true;
    }
    fail_with(face.web, upstream::errc::incomplete);
    auto const got = face.get("/dicomweb/studies/1.2.1");
    CHECK(got.stream.broken_off == "the archive did not deliver everything that it holds of this: source web");
    CHECK(got.body().find("--" + got.boundary() + "--") == std::string::npos);

    test_server server(test_server::defaults(), face.routes());
    auto client = server.client();
    auto const raw = client.ask(test::get("/dicomweb/studies/1.2.1"));
    CHECK(raw.status == 0);  // no last chunk
    CHECK(raw.field("transfer-encoding") == "chunked");
    CHECK(raw.body.find("<1.2.1.1.1> bytes") != std::string::npos);
    CHECK(client.closed());
    REQUIRE(server.logged(1));
    CHECK(server.lines().front().route == "dicomweb.retrieve");
    CHECK(server.lines().front().status == 200);
    CHECK(server.lines().front().broken_off == got.stream.broken_off);
}

TEST_CASE("a whole study over a socket")
{
    one_source face;
    test_server server(test_server::defaults(), face.routes());
    auto client = server.client();
    for (int i = 0; i < 2; ++i) {
        auto const got = client.ask(test::get("/dicomweb/studies/1.2.1"));
        CHECK(got.status == 200);
        CHECK(count_of(got.body, "> bytes") == 3);
        CHECK(got.body.ends_with("--\r\n"));
    }
    auto const head = client.ask("HEAD /dicomweb/studies/1.2.1 HTTP/1.1\r\nHost: a\r\n\r\n", true);
    CHECK(head.status == 200);
    CHECK(client.ask(test::get("/dicomweb/studies/1.2.9")).status == 404);
}

TEST_CASE("an instance that comes twice is sent once")
{
    one_source face;
    face.web.instances.push_back(face.web.instances.front());
    CHECK(count_of(face.get("/dicomweb/studies/1.2.1").body(), "> bytes") == 3);
}

TEST_CASE("over all sources: the union of the holders, the largest first, the rest by instance")
{
    images face;
    auto& a = face.add_source("a");
    auto& b = face.add_source("b");
    auto& c = face.add_source("c");
    auto small = a_study(1);
    auto moved = a_study(1);
    mapping::data_set fewer;
    fewer.add(mapping::tags::StudyInstanceUID, "1.2.1");
    fewer.add(mapping::tags::NumberOfStudyRelatedInstances, "2");
    small.attributes = fewer;
    small.series.pop_back();
    small.series[0].instances[1] = mapping::data_set();
    small.series[0].instances[1].add(mapping::tags::SOPInstanceUID, "1.2.1.1.9");
    a.studies.push_back(small);
    add_instances(a, small, explicit_le);
    b.studies.push_back(moved);
    add_instances(b, moved, explicit_le);

    auto const got = face.get("/dicomweb/studies/1.2.1");
    CHECK(got.status() == status::ok);
    CHECK(count_of(got.body(), "> bytes") == 4);
    CHECK(count_of(got.body(), "<1.2.1.1.1> bytes") == 1);
    CHECK(count_of(got.body(), "<1.2.1.1.9> bytes") == 1);
    CHECK(got.body().find("<1.2.1.2.1>") < got.body().find("<1.2.1.1.9>"));
    REQUIRE(a.retrieves.size() == 1);
    CHECK(a.retrieves[0] == upstream::retrieve_request{"1.2.1", "1.2.1.1", "1.2.1.1.9"});
    CHECK(c.retrieves.empty());
    CHECK(count_of(face.get("/dicomweb/sources/a/studies/1.2.1").body(), "> bytes") == 2);
    CHECK(values_of(face.get("/dicomweb/studies/1.2.1/metadata").body(), "00080018").size() == 4);

    c.fail_everywhere(upstream::errc::unreachable);
    CHECK(face.get("/dicomweb/studies/1.2.1").status() == status::service_unavailable);
    CHECK(face.get("/dicomweb/sources/b/studies/1.2.1").status() == status::ok);
}

TEST_CASE("what a further holder does not list though it counts it makes no whole union")
{
    images face;
    auto& a = face.add_source("a");
    auto& b = face.add_source("b");
    auto study = a_study(1);
    a.studies.push_back(study);
    add_instances(a, study, explicit_le);
    mapping::data_set uncounted;
    uncounted.add(mapping::tags::StudyInstanceUID, "1.2.1");
    study.attributes = uncounted;
    study.series.pop_back();
    study.series.front().instances.pop_back();
    b.studies.push_back(study);
    auto const got = face.get("/dicomweb/studies/1.2.1");
    CHECK(got.stream.broken_off.find("source b: it counts more than it lists") != std::string::npos);
    CHECK_FALSE(face.get("/dicomweb/studies/1.2.1/series/1.2.1.1").stream.broken_off.empty());
}

TEST_CASE("an instance that several hold counts as the one has it that sends it")
{
    constexpr mapping::tag available{0x00083002};
    constexpr auto by_default = R"(multipart/related; type="application/dicom")";
    images face;
    auto& a = face.add_source("a");
    auto& b = face.add_source("b");
    auto study = a_study(1);
    a.studies.push_back(study);
    add_instances(a, study, explicit_le);
    auto& copy = study.series.front().instances.back();
    copy.add(available, mapping::vr_of('U', 'I'), {jpeg});
    b.studies.push_back(study);
    add_instances(b, study, jpeg);
    auto const whole = face.get("/dicomweb/studies/1.2.1", accepting(by_default));
    CHECK(whole.status() == status::ok);
    CHECK(whole.stream.broken_off.empty());
    CHECK(count_of(whole.body(), "> bytes") == 3);
    CHECK(b.retrieves.empty());
    // Who holds it, once, and what a has; that of b, once, and its count when its turn comes.
    CHECK(a.asked(mapping::level::study) == 2);
    CHECK(b.asked(mapping::level::study) == 3);
    CHECK(b.asked(mapping::level::instance) == 2);

    // One that only b has.
    auto& less = a.studies.front();
    less.series.erase(less.series.begin());
    mapping::data_set of_one;
    of_one.add(mapping::tags::StudyInstanceUID, "1.2.1");
    of_one.add(mapping::tags::NumberOfStudyRelatedInstances, "1");
    less.attributes = of_one;
    mapping::data_set uncounted;
    uncounted.add(mapping::tags::StudyInstanceUID, "1.2.1");
    b.studies.front().attributes = uncounted;
    a.retrieves.clear();
    CHECK(face.get("/dicomweb/studies/1.2.1", accepting(by_default)).status() == status::not_acceptable);
    CHECK(a.retrieves.empty());
}

TEST_CASE("holders that tell of different patients are not one study")
{
    images face;
    auto& a = face.add_source("a");
    auto& b = face.add_source("b");
    auto const study = a_study(1);
    a.studies.push_back(study);
    add_instances(a, study, explicit_le);
    auto other = a_study(1);
    mapping::data_set attributes;
    attributes.add(mapping::tags::StudyInstanceUID, "1.2.1");
    attributes.add(mapping::tags::PatientID, "P2");
    attributes.add(mapping::tags::PatientName, "Roe^Richard");
    other.attributes = attributes;
    b.studies.push_back(other);
    add_instances(b, other, explicit_le);

    for (auto const* const target : {"/dicomweb/studies/1.2.1", "/dicomweb/studies/1.2.1/metadata"}) {
        CAPTURE(target);
        auto const got = face.get(target);
        CHECK(got.status() == status::conflict);
        CHECK_FALSE(got.stream.has_begun);
        CHECK(got.body().find("source") != std::string::npos);
        for (auto const* const secret : {"P1", "P2", "Roe", "Doe"})
            CHECK(got.body().find(secret) == std::string::npos);
    }
    CHECK(face.get("/dicomweb/sources/a/studies/1.2.1").status() == status::ok);
}

TEST_CASE("a holder that tells only a part of what it has makes no whole union")
{
    images face;
    auto& a = face.add_source("a");
    auto& b = face.add_source("b");
    auto const study = a_study(1);
    a.studies.push_back(study);
    add_instances(a, study, explicit_le);
    b.truncates = true;
    CHECK(face.get("/dicomweb/studies/1.2.1").status() == status::service_unavailable);
}

TEST_CASE("metadata is a list of data sets without bulk data")
{
    one_source face;
    auto const json = face.get("/dicomweb/studies/1.2.1/series/1.2.1.1/metadata");
    CHECK(json.status() == status::ok);
    CHECK(json.held.content_type == "application/dicom+json");
    CHECK(values_of(json.body(), "00080018") == std::vector<std::string>{"\"1.2.1.1.1\"", "\"1.2.1.1.2\""});
    CHECK(json.body().find("7FE00010") == std::string::npos);
    auto const xml = face.get("/dicomweb/studies/1.2.1/series/1.2.1.1/instances/1.2.1.1.1/metadata",
                              accepting("multipart/related; type=\"application/dicom+xml\""));
    CHECK(count_of(xml.body(), "<NativeDicomModel") == 1);
    CHECK(face.get("/dicomweb/studies/1.2.1/metadata", accepting("text/plain")).status() == status::not_acceptable);
}

TEST_CASE("what is not in metadata, or confirmed by nothing, is told by Warning 299, for each holder")
{
    images face;
    issue const lacks{issue::kind::incomplete, "values that are too long are not in the metadata"};
    issue const remark{issue::kind::informational, "nothing that a client wants to know"};
    for (auto const* const name : {"a", "b"}) {
        auto& source = face.add_source(name);
        source.studies.push_back(a_study(1));
        add_instances(source, source.studies.back(), explicit_le);
        source.metadata_issues = {lacks, remark, lacks};
    }
    CHECK(face.get("/dicomweb/studies/1.2.1/metadata").fields("Warning") ==
          std::vector<std::string>{"299 pons \"source a: values that are too long are not in the metadata\"",
                                   "299 pons \"source b: values that are too long are not in the metadata\""});
    CHECK(face.get("/dicomweb/sources/b/studies/1.2.1/series/1.2.1.1/metadata").fields("Warning").size() == 1);
    one_source clean;
    CHECK(clean.get("/dicomweb/studies/1.2.1/metadata").fields("Warning").empty());
}

TEST_CASE("an instance that began and did not end is never taken for whole")
{
    recorded_stream stream;
    proxy::dicomweb::instances_body body(stream, {{.single_part = false, .as_stored = true, .syntaxes = {}}}, {});
    upstream::part_head const first{.sop_class_uid = "1.2", .sop_instance_uid = "1.2.1", .transfer_syntax_uid = jpeg};
    upstream::part_head const second{.sop_class_uid = "1.2", .sop_instance_uid = "1.2.2", .transfer_syntax_uid = jpeg};
    std::vector<bool> went_well;
    auto const script = [&]() -> awaitable<void> {
        result<void> done = co_await body.begin(first);
        went_well.push_back(done.has_value());
        for (auto const* const next : {&second, &first}) {
            done = co_await body.begin(*next);
            went_well.push_back(done.has_value());
        }
        done = co_await body.finish();
        went_well.push_back(done.has_value());
    };
    asio::io_context context(1);
    asio::co_spawn(context, script, [](std::exception_ptr error) { CHECK_FALSE(error); });
    context.run();
    CHECK(went_well == std::vector{true, false, false, false});
}
