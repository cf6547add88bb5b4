#include "tests/upstream/collected_parts.hpp"
#include "tests/upstream/dicomweb/client.hpp"
#include "tests/upstream/dicomweb/orthanc.hpp"
#include "tests/upstream/given_instances.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

using namespace pons;
using namespace pons::test;
using upstream::errc;

namespace {

/// A chunked body without its chunks.
std::string without_chunks(std::string const& body)
{
    std::string all;
    for (std::size_t at = 0;;) {
        auto const end = body.find("\r\n", at);
        auto const size = std::stoul(body.substr(at, end - at), nullptr, 16);
        if (size == 0)
            return all;
        all += body.substr(end + 2, size);
        at = end + 2 + size + 2;
    }
}

result<upstream::stored> store(client& c, given_instances& files, std::chrono::milliseconds time = 20s)
{
    return run_on(c.on, c.archive->store(files, clock::now() + time));
}

std::string item(std::string const& uid, std::string const& more)
{
    return R"({"00081150":{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.7"]},"00081155":{"vr":"UI","Value":[")" + uid +
           "\"]}" + more + "}";
}

std::string const all_kinds =
    R"({"00081190":{"vr":"UR","Value":["http://a/studies/1"]},"00081199":{"vr":"SQ","Value":[)" +
    item("1.2.1", R"(,"00081190":{"vr":"UR","Value":["http://a/1"]})") + "," +
    item("1.2.2", R"(,"00081196":{"vr":"US","Value":[45056]})") + R"(]},"00081198":{"vr":"SQ","Value":[)" +
    item("1.2.3", R"(,"00081197":{"vr":"US","Value":[290]})") + "]}}";

}  // namespace

TEST_CASE("stores instances in one request, as they come")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const&) { return answer(200); });
    auto settings = source_at(stub.url());
    settings.credentials = {.kind = config::credentials_kind::bearer, .user = {}, .password = {}, .token = "t0k"};
    client c(on, settings);
    given_instances files;
    files.files = {dicom_file("1.2.1"), dicom_file("1.2.2", data_set_of("1.2.2") + std::string(300000, 'x'))};
    files.piece = 1000;
    auto const all = store(c, files);
    REQUIRE(all.has_value());
    REQUIRE(all->instances.size() == 2);
    CHECK(all->instances[1].sop_instance_uid == "1.2.2");
    CHECK(all->instances[1].sop_class_uid == "1.2.840.10008.5.1.4.1.1.7");
    CHECK(all->instances[1].status == 0);

    REQUIRE(stub.requests().size() == 1);
    auto const& asked = stub.requests()[0];
    CHECK(asked.head.starts_with("POST /dicom-web/studies HTTP/1.1\r\n"));
    CHECK(asked.head.find("\r\nAuthorization: Bearer t0k\r\n") != std::string::npos);
    auto const at = asked.head.find("boundary=") + 9;
    auto const edge = asked.head.substr(at, asked.head.find('\r', at) - at);
    auto const type = "\r\nContent-Type: application/dicom\r\n\r\n";
    auto const expected =
        "--" + edge + type + files.files[0] + "\r\n--" + edge + type + files.files[1] + "\r\n--" + edge + "--\r\n";
    CHECK((without_chunks(asked.body) == expected));
    CHECK(c.budget->in_use() == 0);

    given_instances none;
    CHECK(store(c, none)->instances.empty());
    CHECK(stub.requests().size() == 1);
}

TEST_CASE("tells of each instance what the archive says became of it")
{
    struct {
        char const* name;
        http_reply reply;
        std::vector<std::uint16_t> statuses;  // of 1.2.1 to 1.2.4
    } const cases[] = {
        {"200 and a report", json(all_kinds), {0, 0xB000, 0x0122, 0x0110}},
        {"200 and a report in an array", json("[" + all_kinds + "]"), {0, 0xB000, 0x0122, 0x0110}},
        {"200 and a report of nothing",
         json(R"({"00081198":{"vr":"SQ"},"00081199":{"vr":"SQ"}})"),
         {0x0110, 0x0110, 0x0110, 0x0110}},
        {"200 and a page for people", answer(200, "<html>"), {0x0110, 0x0110, 0x0110, 0x0110}},
        {"200 and nothing", answer(200), {0, 0, 0, 0}},
        {"202", answer(202, all_kinds), {0, 0xB000, 0x0122, 0x0110}},
        {"409", answer(409, "<html>"), {0x0110, 0x0110, 0x0110, 0x0110}},
    };
    for (auto const& one : cases) {
        CAPTURE(std::string(one.name));
        asio::io_context on;
        http_stub stub(on, [&](http_request const&) { return one.reply; });
        client c(on, source_at(stub.url()));
        given_instances files;
        for (auto const* uid : {"1.2.1", "1.2.2", "1.2.3", "1.2.4"})
            files.files.push_back(dicom_file(uid));
        auto const all = store(c, files);
        REQUIRE(all.has_value());
        std::vector<std::uint16_t> statuses;
        for (auto const& instance : all->instances)
            statuses.push_back(instance.status);
        CHECK(statuses == one.statuses);
        if (statuses[1] == 0xB000) {
            CHECK(all->retrieve_url == "http://a/studies/1");
            CHECK(all->instances[0].retrieve_url == "http://a/1");
        }
    }
}

TEST_CASE("every way to fail to store has its own error")
{
    struct {
        char const* name;
        http_reply reply;
        errc code;
        bool early = false;  // before the body was read
    } const cases[] = {
        {"401", answer(401), errc::unauthorized},
        {"404", answer(404), errc::unsupported},
        {"413", answer(413), errc::too_large},
        {"415", answer(415), errc::unsupported},
        {"503", answer(503), errc::overloaded},
        {"500", answer(500), errc::refused},
        {"204", answer(204), errc::refused},
        {"closed", {.bytes = {}, .close = true}, errc::aborted},
        {"closed in the answer", {.bytes = json("{}").bytes.substr(0, 40), .close = true}, errc::aborted},
        {"refused before it was read", {.bytes = answer(413).bytes, .silent = true}, errc::too_large, true},
        {"taken before it was sent", {.bytes = json("{}").bytes, .close = true}, errc::aborted, true},
    };
    for (auto const& one : cases) {
        CAPTURE(std::string(one.name));
        asio::io_context on;
        http_stub stub(on, [&](http_request const&) { return one.reply; });
        if (one.early)
            stub.ignore_bodies();
        client c(on, source_at(stub.url()));
        given_instances files;
        files.files = {dicom_file("1.2.1", data_set_of("1.2.1") + std::string(one.early ? 60u << 20 : 100, 'x'))};
        auto const all = store(c, files);
        REQUIRE_FALSE(all.has_value());
        CHECK(all.error().code == one.code);
        CHECK(all.error().where.starts_with("source web: "));
        CHECK(c.budget->in_use() == 0);
    }
}

TEST_CASE("a sender that fails breaks the request off, so that nothing half is stored")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const&) { return json("{}"); });
    client c(on, source_at(stub.url()));
    given_instances files;
    files.files = {dicom_file("1.2.1"), dicom_file("1.2.2", data_set_of("1.2.2") + std::string(5000, 'x'))};
    files.piece = 1000;
    files.fails = errc::cancelled;
    auto const all = store(c, files);
    REQUIRE_FALSE(all.has_value());
    CHECK(all.error().code == errc::cancelled);
    CHECK(all.error().where == "the sender");
    while (stub.open() != 0)
        on.run_one();
    REQUIRE(stub.requests().size() == 1);
    CHECK_FALSE(stub.requests()[0].body.ends_with("0\r\n\r\n"));
}

TEST_CASE("a store that is cancelled closes its connection")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const&) { return http_reply{.bytes = {}, .silent = true}; });
    client c(on, source_at(stub.url()));
    given_instances files;
    files.files = {dicom_file("1.2.1")};
    asio::cancellation_signal cancel;
    std::optional<result<upstream::stored>> all;
    asio::co_spawn(on, c.archive->store(files, clock::now() + 20s),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, result<upstream::stored> got) {
                       CHECK_FALSE(e);
                       all.emplace(std::move(got));
                   }));
    while (stub.requests().empty())
        on.run_one();
    cancel.emit(asio::cancellation_type::terminal);
    while (!all || stub.open() != 0)
        on.run_one();
    REQUIRE_FALSE(all->has_value());
    CHECK(all->error().code == errc::cancelled);
    CHECK(c.budget->in_use() == 0);
}

TEST_CASE("Orthanc: what is stored there comes back as it was" * doctest::timeout(120))
{
    REQUIRE_MESSAGE(orthanc::is_installed(),
                    "Orthanc or its DICOMweb plugin is not installed; deploy/install-packages does it");
    orthanc server;
    asio::io_context on;
    client c(on, source_at(server.url()));
    given_instances files;
    for (auto const* name : {"ct/CT_small.dcm", "mr/MR_small.dcm", "us/JPGLosslessP14SV1_1s_1f_8b.dcm"})
        files.files.push_back(read_file(std::filesystem::path(PONS_SOURCE_DIR "/tests/data/dicom") / name));
    auto const all = store(c, files);
    REQUIRE_MESSAGE(all.has_value(), all.error().where);
    REQUIRE(all->instances.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(all->instances[i].status == 0);
        CHECK_FALSE(all->instances[i].retrieve_url.empty());
        collected rows;
        REQUIRE(c.find(rows, {.at = mapping::level::instance,
                              .keys = {{mapping::tags::SOPInstanceUID, {all->instances[i].sop_instance_uid}}},
                              .return_keys = {mapping::tags::StudyInstanceUID, mapping::tags::SeriesInstanceUID},
                              .max_rows = 0})
                    .has_value());
        REQUIRE(rows.rows.size() == 1);
        upstream::retrieve_request const request{std::string(rows.rows[0].text(mapping::tags::StudyInstanceUID)),
                                                 std::string(rows.rows[0].text(mapping::tags::SeriesInstanceUID)),
                                                 all->instances[i].sop_instance_uid};
        collected_parts parts;
        REQUIRE(run_on(on, c.archive->retrieve(request, parts, clock::now() + 20s)).has_value());
        REQUIRE(parts.parts.size() == 1);
        CHECK((parts.parts[0].bytes == files.files[i]));
    }
}
