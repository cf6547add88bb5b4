#include "tests/proxy/dicomweb/images.hpp"
#include "tests/render/client.hpp"

using namespace pons;
using namespace pons::test;
using proxy::http::status;

namespace {

constexpr auto png = "image/png";

/// Study 1.2.1 of two images and a document, rendered by real workers.
struct studies : images {
    fixed_state& web = add_source("web");

    studies()
    {
        render_with(worker_settings());
        hold(web, {{"1.2.1.1.1", "dicom/mr/MR_small.dcm"},
                   {"1.2.1.1.2", "pixels/us/examples_ybr_color.dcm"},
                   {"1.2.1.2.1", "dicom/sr-ko/test-SR.dcm"}});
    }

    static void hold(fixed_state& source, std::vector<std::pair<std::string, std::string>> const& files)
    {
        source.studies.push_back(a_study(1));
        add_instances(source, source.studies.back(), "1.2.840.10008.1.2.1");
        std::erase_if(source.instances, [&](fixed_instance& one) {
            for (auto const& [uid, name] : files)
                if (one.head.sop_instance_uid == uid) {
                    auto const content = file(name);
                    one.bytes.assign(reinterpret_cast<char const*>(content.data()), content.size());
                    return false;
                }
            return true;
        });
    }
};

std::string image_of(std::string const& name)
{
    auto const got = run(render::job{.format = render::image_format::png}, file(name));
    REQUIRE(got);
    auto const& body = got->front().body;
    return {reinterpret_cast<char const*>(body.data()), body.size()};
}

}  // namespace

TEST_CASE("a study is rendered instance by instance, without what has no pixels")
{
    studies face;
    auto const got = face.get("/dicomweb/studies/1.2.1/rendered", accepting(png));
    REQUIRE_MESSAGE(got.status() == status::ok, got.body());
    CHECK(got.head().content_type.starts_with("multipart/related; type=\"image/png\"; boundary="));
    auto const boundary = got.boundary();
    auto const part = "\r\nContent-Type: image/png\r\n\r\n";
    CHECK(got.body() == "--" + boundary + part + image_of("dicom/mr/MR_small.dcm") + "\r\n--" + boundary + part +
                            image_of("pixels/us/examples_ybr_color.dcm") + "\r\n--" + boundary + "--\r\n");
    CHECK(got.stream.broken_off.empty());
}

TEST_CASE("the images of a series say which instances they are of")
{
    studies face;
    auto const got = face.get("/dicomweb/studies/1.2.1/series/1.2.1.1/rendered?annotation=patient", accepting(png));
    REQUIRE(got.status() == status::ok);
    CHECK(count_of(got.body(), "Content-Type: image/png") == 2);
    for (auto const* const uid : {"1.2.1.1.1", "1.2.1.1.2"})
        CHECK(
            got.body().find("Content-Location: http://pons.test/base/dicomweb/studies/1.2.1/series/1.2.1.1/instances/" +
                            std::string(uid) + "/frames/1/rendered\r\n") != std::string::npos);
    CHECK(got.field("Warning").find("annotations") != std::string::npos);
}

TEST_CASE("several holders give each image once")
{
    studies face;
    auto& more = face.add_source("more");
    studies::hold(more, {{"1.2.1.1.1", "dicom/mr/MR_small.dcm"}, {"1.2.1.1.2", "pixels/mr/MR_small_RLE.dcm"}});
    std::erase_if(face.web.instances, [](auto const& one) { return one.head.sop_instance_uid == "1.2.1.1.2"; });
    auto& series = face.web.studies.front().series.front();
    series.instances.pop_back();
    series.attributes = mapping::data_set();
    series.attributes.add(mapping::tags::SeriesInstanceUID, "1.2.1.1");
    series.attributes.add(mapping::tags::NumberOfSeriesRelatedInstances, "1");
    face.web.studies.front().attributes = mapping::data_set();
    face.web.studies.front().attributes.add(mapping::tags::StudyInstanceUID, "1.2.1");
    face.web.studies.front().attributes.add(mapping::tags::PatientID, "P1");
    face.web.studies.front().attributes.add(mapping::tags::NumberOfStudyRelatedInstances, "2");
    auto const got = face.get("/dicomweb/studies/1.2.1/rendered", accepting(png));
    REQUIRE_MESSAGE(got.status() == status::ok, got.body());
    CHECK(count_of(got.body(), "Content-Type: image/png") == 2);
    CHECK(got.stream.broken_off.empty());
}

TEST_CASE("what cannot be rendered has a status of its own, and what breaks later is visibly broken")
{
    studies face;
    CHECK(face.get("/dicomweb/studies/1.2.9/rendered").status() == status::not_found);
    CHECK(face.get("/dicomweb/studies/1.2.1/rendered?window=1").status() == status::bad_request);
    CHECK(face.get("/dicomweb/studies/1.2.1/rendered", accepting("video/mpeg")).status() == status::not_acceptable);
    CHECK(face.get("/dicomweb/studies/1.2.1/series/1.2.1.2/rendered").status() == status::not_acceptable);

    face.web.retrieve_ends = failure{make_error_code(upstream::errc::aborted), "source web", {}};
    auto const broken = face.get("/dicomweb/studies/1.2.1/rendered");
    CHECK(broken.stream.has_begun);
    CHECK_FALSE(broken.stream.broken_off.empty());
    CHECK_FALSE(broken.body().ends_with("--\r\n"));
    face.web.instances.clear();
    CHECK(face.get("/dicomweb/studies/1.2.1/rendered").status() == status::bad_gateway);
}

TEST_CASE("WADO-URI gives an image, and what has none as it is")
{
    studies face;
    std::string const image = "/wado?requestType=WADO&studyUID=1.2.1&seriesUID=1.2.1.1&objectUID=1.2.1.1.1";
    std::string const document = "/wado?requestType=WADO&studyUID=1.2.1&seriesUID=1.2.1.2&objectUID=1.2.1.2.1";
    CHECK(face.get(image).head().content_type == "image/jpeg");
    auto const whole = face.get(image + "&contentType=image/png");
    CHECK(whole.head().content_type == png);
    CHECK(whole.body() == image_of("dicom/mr/MR_small.dcm"));
    CHECK(face.get(image + "&contentType=image/png&rows=16").body() != whole.body());
    CHECK(face.get(image + "&contentType=image/png&frameNumber=2").status() == status::not_found);
    auto const plain = face.get(document);
    CHECK(plain.head().content_type.starts_with("application/dicom"));
    CHECK(plain.body().size() == file("dicom/sr-ko/test-SR.dcm").size());
    CHECK(face.get(document + "&contentType=image/jpeg").status() == status::not_acceptable);
    CHECK(face.get(document + "&contentType=image/jpeg&region=0,0,1,1").status() == status::not_acceptable);
}
