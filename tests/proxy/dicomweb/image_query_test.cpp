#include "proxy/dicomweb/image_query.hpp"

#include "mapping/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using proxy::dicomweb::parse_frame_list;
using proxy::dicomweb::to_frames_job;
using proxy::dicomweb::to_rendered_job;
using proxy::dicomweb::to_thumbnail_job;
using render::image_format;
using render::viewport;
using render::window;

namespace {

proxy::http::request asking(std::string query, std::string accept = {})
{
    proxy::http::request req;
    req.path = "/";
    req.query = std::move(query);
    if (!accept.empty())
        req.headers.emplace_back("Accept", std::move(accept));
    return req;
}

result<render::job> rendered(std::string query, std::string accept = {})
{
    std::vector<std::string> remarks;
    return to_rendered_job(asking(std::move(query), std::move(accept)), {}, remarks);
}

using numbers = std::vector<std::uint32_t>;
using uids = std::vector<std::string>;

}  // namespace

TEST_CASE("frame lists")
{
    CHECK(parse_frame_list("1").value() == numbers{1});
    CHECK(parse_frame_list("3,1,3,2").value() == numbers{1, 2, 3});
    for (auto const* const bad : {"", "0", "1,", ",1", "-1", "1;2", "x", "1.5", "99999999999", "1, 2"}) {
        CAPTURE(std::string(bad));
        auto const got = parse_frame_list(bad);
        REQUIRE(!got);
        CHECK(got.error().code == mapping::errc::invalid_value);
    }
}

TEST_CASE("viewports keep what is left out")
{
    struct {
        char const* query;
        viewport wanted;
    } const good[] = {
        {"viewport=100,200", {100, 200}},
        {"viewport=100,200,10,20,30,40", {100, 200, 10, 20, 30, 40}},
        {"viewport=100,200,,,30,40", {100, 200, 0, 0, 30, 40}},
        {"viewport=100,200,10,20,,", {100, 200, 10, 20, 0, 0}},
        {"viewport=100,200,10,20,-30,-40", {100, 200, 10, 20, -30, -40}},
        {"viewport=100%2C200", {100, 200}},
    };
    for (auto const& c : good) {
        CAPTURE(std::string(c.query));
        auto const got = rendered(c.query);
        REQUIRE(got);
        CHECK(got->viewport == c.wanted);
    }
    for (auto const* const bad :
         {"viewport=", "viewport=100", "viewport=100,200,1", "viewport=0,200", "viewport=-5,200", "viewport=100,x",
          "viewport=100,200,1,2,3,4,5", "viewport=100,200,-1,0,1,1", "viewport=100,200,0,0,0,5", "viewport=1e2,200",
          "viewport=99999,1"}) {
        CAPTURE(std::string(bad));
        auto const got = rendered(bad);
        REQUIRE(!got);
        CHECK(got.error().code == mapping::errc::invalid_value);
        CHECK(got.error().where == "viewport");
    }
}

TEST_CASE("windows need center, width and function")
{
    CHECK(rendered("window=40,400,linear")->window == window{40, 400, window::shape::linear});
    CHECK(rendered("window=-600.5,1500,LINEAR-EXACT")->window == window{-600.5, 1500, window::shape::linear_exact});
    CHECK(rendered("window=0.5,0.25,sigmoid")->window == window{0.5, 0.25, window::shape::sigmoid});
    for (auto const* const bad : {"window=40,400", "window=40,0,linear", "window=40,0.5,linear", "window=a,400,linear",
                                  "window=40,400,cubic", "window=nan,400,linear", "window=40,-1,sigmoid", "window="}) {
        CAPTURE(std::string(bad));
        auto const got = rendered(bad);
        REQUIRE(!got);
        CHECK(got.error().where == "window");
    }
}

TEST_CASE("quality, annotations and profiles")
{
    CHECK(rendered("")->quality == 90);
    CHECK(rendered("quality=1")->quality == 1);
    for (auto const* const bad :
         {"quality=0", "quality=101", "quality=x", "quality=", "annotation=name", "iccprofile=x"})
        CHECK(!rendered(bad));
    std::vector<std::string> remarks;
    CHECK(to_rendered_job(asking("annotation=patient,technique&iccprofile=srgb"), {}, remarks));
    CHECK(remarks.size() == 2);
}

TEST_CASE("rendered media types")
{
    struct {
        char const* accept;
        image_format wanted;
    } const good[] = {
        {"", image_format::jpeg},
        {"*/*", image_format::jpeg},
        {"image/*", image_format::jpeg},
        {"image/png", image_format::png},
        {"image/gif, image/jpeg;q=0.5", image_format::gif},
        {"image/jpeg;q=0.1, image/png;q=0.2", image_format::png},
        {"multipart/related; type=\"image/png\"", image_format::png},
        {"image/webp, image/apng, */*;q=0.8", image_format::jpeg},
    };
    for (auto const& c : good) {
        CAPTURE(std::string(c.accept));
        auto const got = rendered("", c.accept);
        REQUIRE(got);
        CHECK(got->format == c.wanted);
    }
    CHECK(rendered("accept=image/png", "image/jpeg")->format == image_format::png);
    for (auto const* const bad : {"video/mp4", "application/dicom", "image/jp2", "image/jpeg;q=0"}) {
        CAPTURE(std::string(bad));
        auto const got = rendered("", bad);
        REQUIRE(!got);
        CHECK(got.error().code == mapping::errc::not_acceptable);
        auto const said = got.error().where + got.error().code.message();
        CHECK(said.find("image/jpeg, image/png and image/gif can be given") != std::string::npos);
        CHECK(said.find("JSON") == std::string::npos);
    }
}

TEST_CASE("thumbnails are one small image")
{
    auto const usual = to_thumbnail_job(asking(""), {});
    REQUIRE(usual);
    CHECK(usual->viewport == viewport{128, 128});
    CHECK(usual->frames.empty());
    CHECK(to_thumbnail_job(asking("viewport=64,64"), {4})->viewport == viewport{64, 64});
    CHECK(to_thumbnail_job(asking("", "image/gif"), {})->frames == numbers{1});
}

TEST_CASE("in which form frames may come")
{
    struct {
        char const* accept;
        bool native;
        uids stored;
        bool single_part;
    } const good[] = {
        {"", true, {}, false},
        {"*/*", true, {}, false},
        {"multipart/related; type=\"application/octet-stream\"", true, {}, false},
        {"multipart/related; type=application/octet-stream; transfer-syntax=*", true, {"*"}, false},
        {"multipart/related; type=\"application/octet-stream\"; transfer-syntax=1.2.840.10008.1.2.1", true, {}, false},
        {"multipart/related; type=\"image/jls\"", false, {"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"}, false},
        {"multipart/related; type=image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50, "
         "multipart/related; type=application/octet-stream; q=0.5",
         true,
         {"1.2.840.10008.1.2.4.50"},
         false},
        {"application/octet-stream", true, {}, true},
        {"image/jp2; transfer-syntax=1.2.840.10008.1.2.4.90", false, {"1.2.840.10008.1.2.4.90"}, true},
    };
    for (auto const& c : good) {
        CAPTURE(std::string(c.accept));
        auto const got = to_frames_job(asking("", c.accept), {1});
        REQUIRE(got);
        CHECK(got->job.native == c.native);
        CHECK(got->job.stored_syntaxes == c.stored);
        CHECK(got->single_part == c.single_part);
    }
    auto const other =
        to_frames_job(asking("", "image/jp2, multipart/related; type=application/octet-stream; q=0.5"), {1});
    REQUIRE(other);
    CHECK(other->single_part);
    CHECK(other->job.native);
    CHECK(!other->only_of.empty());
    CHECK(other->only_of == other->job.stored_syntaxes);
    auto const decoded =
        to_frames_job(asking("", "application/octet-stream, multipart/related; type=image/jp2; q=0.5"), {1});
    REQUIRE(decoded);  // a frame that can be decoded is, as that is liked best
    CHECK(decoded->only_of.empty());
    CHECK(decoded->job.stored_syntaxes.empty());
    CHECK(!to_frames_job(asking("", "application/dicom"), {1}));
    CHECK(!to_frames_job(asking("", "application/octet-stream"), {1, 2}));  // two frames need parts
}
