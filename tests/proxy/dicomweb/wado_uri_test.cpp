#include "proxy/dicomweb/wado_uri.hpp"

#include "mapping/errc.hpp"
#include "tests/proxy/dicomweb/images.hpp"

using namespace pons;
using namespace pons::test;
using mapping::errc;
using pons::render::image_format;
using proxy::http::status;

namespace {

std::string const uids = "&studyUID=1.2.1&seriesUID=1.2.1.1&objectUID=1.2.1.1.2";

result<proxy::dicomweb::uri_request> read(std::string const& more)
{
    proxy::http::request req{.method = verb::get};
    req.path = "/wado";
    req.query = "requestType=WADO" + uids + more;
    return proxy::dicomweb::read_uri_request(req);
}

}  // namespace

TEST_CASE("WADO-URI gives one instance")
{
    images face;
    auto& web = face.add_source("web");
    web.studies.push_back(a_study(1));
    add_instances(web, web.studies.back(), "1.2.840.10008.1.2.4.50");
    struct {
        std::string query;
        status wanted;
    } const cases[] = {
        {"requestType=WADO" + uids + "&contentType=application%2Fdicom", status::ok},
        {"requestType=WADO" + uids + "&contentType=application/dicom&transferSyntax=1.2.840.10008.1.2.4.50",
         status::ok},
        {"requestType=WADO" + uids + "&contentType=application/dicom&transferSyntax=1.2.840.10008.1.2.1",
         status::not_acceptable},
        {"requestType=WADO" + uids + "&contentType=image/jpeg", status::not_implemented},  // nobody renders here
        {"requestType=WADO" + uids + "&contentType=video/mpeg", status::not_acceptable},
        {"requestType=XERO" + uids + "&contentType=application/dicom", status::bad_request},
        {"requestType=WADO&studyUID=1.2.1&seriesUID=..&objectUID=1.2&contentType=application/dicom",
         status::bad_request},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const got = face.get("/wado?" + c.query);
        CHECK(got.status() == c.wanted);
        if (c.wanted == status::ok)
            CHECK(got.body() == "<1.2.1.1.2> bytes");
    }
}

TEST_CASE("WADO-URI says which image is wanted")
{
    auto const plain = read("");
    REQUIRE(plain);
    CHECK(plain->or_instance);
    CHECK(plain->job.format == image_format::jpeg);
    CHECK(plain->what == upstream::retrieve_request{"1.2.1", "1.2.1.1", "1.2.1.1.2"});

    auto const full = read(
        "&contentType=image/png&frameNumber=3&rows=200&columns=100&region=0.25,0,0.75,1&windowCenter=40.5&"
        "windowWidth=400&imageQuality=70&annotation=patient");
    REQUIRE(full);
    CHECK_FALSE(full->as_instance);
    CHECK_FALSE(full->or_instance);
    CHECK(full->job.format == image_format::png);
    CHECK(full->job.frames == std::vector<std::uint32_t>{3});
    CHECK(full->job.quality == 70);
    REQUIRE(full->job.viewport);
    CHECK(full->job.viewport->width == 100);
    CHECK(full->job.viewport->height == 200);
    REQUIRE(full->job.window);
    CHECK(full->job.window->center == 40.5);
    CHECK(full->job.window->width == 400);
    REQUIRE(full->region);
    CHECK(*full->region == std::array<double, 4>{0.25, 0, 0.75, 1});
    CHECK(full->remarks.size() == 1);

    CHECK(read("&contentType=image/gif")->job.format == image_format::gif);
    CHECK(read("&contentType=image/gif")->job.frames.empty());
    CHECK(read("&contentType=video/mpeg,image/png,image/jpeg")->job.format == image_format::png);
    CHECK(read("&contentType=text/html,application/dicom")->as_instance);
    CHECK(read("&rows=64")->job.viewport->height == 64);
    CHECK(read("&rows=64")->job.viewport->width > 1000);
}

TEST_CASE("WADO-URI refuses what it cannot understand or do, and says what")
{
    struct {
        char const* more;
        errc code;
        char const* where;
    } const cases[] = {
        {"&contentType=video/mpeg", errc::not_acceptable, "contentType"},
        {"&contentType=text/html", errc::not_acceptable, "contentType"},
        {"&frameNumber=0", errc::invalid_value, "frameNumber"},
        {"&frameNumber=1,2", errc::invalid_value, "frameNumber"},
        {"&rows=0", errc::invalid_value, "rows"},
        {"&rows=-1", errc::invalid_value, "rows"},
        {"&columns=100000", errc::invalid_value, "columns"},
        {"&region=0,0,1", errc::invalid_value, "region"},
        {"&region=0,0,1,1,1", errc::invalid_value, "region"},
        {"&region=0,0,1,1.5", errc::invalid_value, "region"},
        {"&region=0.5,0,0.5,1", errc::invalid_value, "region"},
        {"&region=0,0,nan,1", errc::invalid_value, "region"},
        {"&windowCenter=40", errc::invalid_value, "windowWidth"},
        {"&windowWidth=40", errc::invalid_value, "windowCenter"},
        {"&windowCenter=40&windowWidth=0", errc::invalid_value, "windowWidth"},
        {"&windowCenter=inf&windowWidth=1", errc::invalid_value, "windowCenter"},
        {"&imageQuality=0", errc::invalid_value, "imageQuality"},
        {"&imageQuality=101", errc::invalid_value, "imageQuality"},
        {"&presentationUID=1.2&presentationSeriesUID=1.3", errc::not_acceptable, "presentationUID"},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.more));
        auto const refused = read(c.more);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == c.code);
        CHECK(refused.error().where.starts_with(c.where));
    }
}
