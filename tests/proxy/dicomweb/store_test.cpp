#include "tests/proxy/dicomweb/store_face.hpp"
#include "tests/upstream/collected_parts.hpp"

#include <doctest/doctest.h>

#include <zlib.h>

using namespace pons;
using namespace pons::test;

namespace {

constexpr auto deflated = "1.2.840.10008.1.2.1.99";

std::string uid_element(char group, char number, std::string value)
{
    value.resize(value.size() + value.size() % 2, '\0');
    return std::string{group, '\0', number, '\0', 'U', 'I', static_cast<char>(value.size()), '\0'} + value;
}

std::string data_set_in(std::string const& uid, std::string const& study, std::size_t more = 100)
{
    return data_set_of(uid) + uid_element('\x20', '\x0D', study) + uid_element('\x20', '\x0E', study + ".1") +
           std::string(more, 'p');
}

std::string file_in(std::string const& uid, std::string const& study, std::size_t more = 100)
{
    return dicom_file(uid, data_set_in(uid, study, more));
}

std::string deflate(std::string plain)
{
    z_stream z{};
    deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string packed(plain.size() + 1000, '\0');
    z.next_in = reinterpret_cast<Bytef*>(plain.data());
    z.avail_in = static_cast<uInt>(plain.size());
    z.next_out = reinterpret_cast<Bytef*>(packed.data());
    z.avail_out = static_cast<uInt>(packed.size());
    ::deflate(&z, Z_FINISH);
    packed.resize(z.total_out);
    deflateEnd(&z);
    return packed;
}

std::string body_of(std::vector<std::string> const& files,
                    std::string const& header = "Content-Type: application/dicom")
{
    std::string body = "a preamble\r\n";
    for (auto const& file : files)
        body += "--edge\r\n" + header + "\r\n\r\n" + file + "\r\n";
    return body + "--edge--\r\n";
}

}  // namespace

TEST_CASE("instances go to the archive byte for byte, however the body is cut, and are told with our own links")
{
    std::vector<std::string> const files{file_in("1.2.1", "1.5"), file_in("1.2.2", "1.5", 100'000),
                                         dicom_file("1.2.3", deflate(data_set_in("1.2.3", "1.5")), deflated)};
    for (std::size_t const piece : {1U, 7U, 1000U, 1'000'000U}) {
        CAPTURE(piece);
        face f;
        f.body.bytes = body_of(files);
        f.body.piece = piece;
        auto const answer = f.post_body("/dicomweb/sources/web/studies");
        CHECK(answer.status == status::ok);
        CHECK(answer.content_type == "application/dicom+json");
        CHECK((f.states["web"].files == files));
        CHECK(told(answer, "00081199") == "1.2.1 1.2.2 1.2.3");
        CHECK(told(answer, "00081198").empty());
        auto const base = "http://pons.test/base/dicomweb/sources/web/studies/1.5";
        CHECK(json::parse(answer.body)["00081190"]["Value"][0] == base);
        for (auto const& item : items(answer, "00081199"))
            CHECK(item["00081190"]["Value"][0] ==
                  std::string(base) + "/series/1.5.1/instances/" + item["00081155"]["Value"][0].get<std::string>());
        CHECK(f.states["web"].heads[1].data_set_offset + data_set_in("1.2.2", "1.5", 100'000).size() ==
              files[1].size());
    }
}

TEST_CASE("the status is that of the whole, and each instance has the archive's own")
{
    struct {
        std::vector<std::uint16_t> statuses;
        status expected;
        char const* stored;
        char const* failed;
    } const cases[] = {
        {{0, 0}, status::ok, "1.2.0 1.2.1", ""},
        {{0, 0xB007}, status::accepted, "1.2.0 1.2.1:45063", ""},
        {{0, 0xA700}, status::accepted, "1.2.0", "1.2.1:42752"},
        {{0x0122, 0xC001}, status::conflict, "", "1.2.0:290 1.2.1:49153"},
        {{0x0110}, status::conflict, "", "1.2.0:272"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.failed);
        face f;
        f.states["web"].answers = [&](std::size_t n) { return c.statuses[n]; };
        std::vector<std::string> files;
        for (std::size_t n = 0; n < c.statuses.size(); ++n)
            files.push_back(file_in("1.2." + std::to_string(n), "1.5"));
        auto const answer = f.post("/dicomweb/studies", body_of(files));
        CHECK(answer.status == c.expected);
        CHECK(told(answer, "00081199", "00081196") == c.stored);
        CHECK(told(answer, "00081198", "00081197") == c.failed);
        if (std::string_view(c.stored).empty())
            CHECK_FALSE(json::parse(answer.body)["00081190"].contains("Value"));
    }
}

TEST_CASE("what cannot be passed on is told, and the others are stored")
{
    face f;
    auto const packed = dicom_file("1.2.5", deflate(data_set_in("1.2.5", "1.6")), deflated);
    auto const answer = f.post("/dicomweb/studies/1.5",
                               body_of({"no instance at all", file_in("1.2.1", "1.5"), std::string(), packed,
                                        file_in("1.2.2", "1.6"), dicom_file("1.2.3"), file_in("1.2.4", "1.5")}));
    CHECK(answer.status == status::accepted);
    CHECK(told(answer, "00081199") == "1.2.1 1.2.4");
    CHECK(told(answer, "00081198", "00081197") == "1.2.5:43265 1.2.2:43265 1.2.3:49152");
    CHECK(told(answer, "0008119A", "00081197") == "?:49152 ?:49152");
    CHECK(f.states["web"].begun == 2);
    auto const none = f.post("/dicomweb/studies/1.7", body_of({file_in("1.2.1", "1.5")}));
    CHECK(none.status == status::conflict);
    auto const images = f.post("/dicomweb/studies", body_of({"abc"}, "Content-Type: image/jpeg"));
    CHECK(images.status == status::conflict);
    CHECK(f.states["web"].begun == 2);
    // A study that is not named may be any, also one that cannot be read.
    CHECK(f.post("/dicomweb/studies", body_of({dicom_file("1.2.3")})).status == status::ok);
}

TEST_CASE("a body that is not whole ends no instance")
{
    auto const whole = body_of({file_in("1.2.1", "1.5"), file_in("1.2.2", "1.5", 200'000)});
    face f;
    auto const cut = f.post("/dicomweb/studies", whole.substr(0, whole.size() - 5000));
    CHECK(cut.status == status::bad_request);
    CHECK(cut.body.find("may have been stored") != std::string::npos);
    CHECK(f.states["web"].begun == 2);
    CHECK(f.states["web"].files.size() == 1);
    // The data holds the boundary: only the length tells.
    auto const file = file_in("1.2.3", "1.5") + "\r\n--edge\r\n and more";
    auto const odd = f.post("/dicomweb/studies", body_of({file}, "Content-Type: application/dicom\r\nContent-Length: " +
                                                                     std::to_string(file.size() + 1)));
    CHECK(odd.status == status::bad_request);
    CHECK(f.states["web"].files.size() == 1);

    f.body = {};
    f.body.bytes = whole.substr(0, 100'000);
    f.body.ends = errc::stalled;
    CHECK(f.post_body("/dicomweb/studies").status == status::request_timeout);
    CHECK(f.states["web"].files.size() == 2);
}

TEST_CASE("an archive that fails as a whole is not 409")
{
    struct {
        errc code;
        status expected;
        bool says_maybe;
    } const cases[] = {
        {errc::unreachable, status::service_unavailable, false},
        {errc::overloaded, status::service_unavailable, false},
        {errc::unsupported, status::not_implemented, false},
        {errc::too_large, status::payload_too_large, false},
        {errc::aborted, status::bad_gateway, true},
        {errc::timed_out, status::gateway_timeout, true},
    };
    for (auto const& c : cases) {
        CAPTURE(static_cast<int>(c.code));
        face f;
        f.states["web"].fails = failure{make_error_code(c.code), "source web", {}};
        auto const answer = f.post("/dicomweb/studies", body_of({file_in("1.2.1", "1.5")}));
        CHECK(answer.status == c.expected);
        CHECK((answer.body.find("may have been stored") != std::string::npos) == c.says_maybe);
        CHECK(answer.content_type == "text/plain; charset=utf-8");
    }
}

TEST_CASE("what is no request to store")
{
    struct {
        char const* type;
        char const* body;
        char const* accept;
        status expected;
    } const cases[] = {
        {"multipart/related; type=application/dicom; boundary=edge", "--edge--\r\n", "", status::bad_request},
        {instances_type, "", "", status::bad_request},
        {instances_type, "no multipart", "", status::bad_request},
        {R"(multipart/related; type="application/dicom")", "", "", status::bad_request},
        {R"(multipart/related; type="image/jpeg"; boundary=edge)", "", "", status::unsupported_media_type},
        {"multipart/related; boundary=edge", "", "", status::unsupported_media_type},
        {"application/json", "", "", status::unsupported_media_type},
        {"", "", "", status::unsupported_media_type},
        {instances_type, "", "image/jpeg", status::not_acceptable},
    };
    for (auto const& c : cases) {
        CAPTURE(c.type);
        CAPTURE(c.body);
        face f;
        CHECK(f.post("/dicomweb/studies", c.body, c.type, c.accept).status == c.expected);
    }
}

TEST_CASE("the report in every form")
{
    struct {
        char const* accept;
        char const* type;
    } const cases[] = {
        {"", "application/dicom+json"},
        {"*/*", "application/dicom+json"},
        {"application/json", "application/json"},
        {"application/dicom+xml", "application/dicom+xml"},
        {R"(multipart/related; type="application/dicom+xml")", "multipart/related; type=\"application/dicom+xml\""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.accept);
        face f;
        auto const answer = f.post("/dicomweb/studies", body_of({file_in("1.2.1", "1.5")}), instances_type, c.accept);
        CHECK(answer.status == status::ok);
        CHECK(answer.content_type.starts_with(c.type));
        CHECK((answer.body.find(R"(keyword="ReferencedSOPSequence")") != std::string::npos) ==
              (answer.content_type.find("xml") != std::string::npos));
    }
}

TEST_CASE("among several sources it is the one that is named, or none")
{
    face f({"a", "b"});
    auto const body = body_of({file_in("1.2.1", "1.5")});
    auto const refused = f.post("/dicomweb/studies", body);
    CHECK(refused.status == status::bad_request);
    CHECK(refused.body.find("dicomweb.store_to") != std::string::npos);
    CHECK(f.body.at == 0);  // nothing was read
    CHECK(f.post("/dicomweb/sources/b/studies", body).status == status::ok);
    CHECK(f.states["b"].files.size() == 1);
    f.settings.dicomweb.store_to = "a";
    CHECK(f.post("/dicomweb/studies", body).status == status::ok);
    CHECK(f.states["a"].files.size() == 1);
    CHECK(f.post("/dicomweb/sources/c/studies", body).status == status::not_found);
}
