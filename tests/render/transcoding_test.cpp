#include "tests/render/client.hpp"

#include <utility>
#include <vector>

using namespace pons;
using test::bytes;
using test::file;

namespace {

struct instance_collector final : upstream::part_sink {
    std::vector<std::pair<upstream::part_head, bytes>> instances;
    std::size_t ended = 0;

    awaitable<result<void>> begin(upstream::part_head const& head) override
    {
        instances.emplace_back(head, bytes{});
        co_return result<void>{};
    }
    awaitable<result<void>> write(std::span<std::byte const> more) override
    {
        auto& all = instances.back().second;
        all.insert(all.end(), more.begin(), more.end());
        co_return result<void>{};
    }
    awaitable<result<void>> end() override
    {
        ++ended;
        co_return result<void>{};
    }
};

}  // namespace

TEST_CASE("a whole retrieve is transcoded on its way")
{
    test::renderers with;
    std::vector<std::pair<std::string, std::string>> const study{
        {"dicom/mr/MR_small.dcm", "1.2.840.10008.1.2.1"},
        {"pixels/mr/MR_small_RLE.dcm", "1.2.840.10008.1.2.5"},
        {"pixels/mr/MR_small_implicit.dcm", "1.2.840.10008.1.2"},
        {"pixels/us/examples_ybr_color.dcm", "1.2.840.10008.1.2.4.50"},
        {"pixels/mr/MR_small_jp2klossless.dcm", "1.2.840.10008.1.2.4.90"},
    };
    proxy::render::feed const bring = [&](upstream::part_sink& to) {
        return [](upstream::part_sink& into, auto const& files) -> awaitable<result<void>> {
            std::size_t seen = 0;
            for (auto const& [name, syntax] : files) {
                auto const instance = file(name);
                auto const written = co_await test::write_instance(into, instance, seen, syntax);
                if (!written)
                    co_return written;
            }
            co_return result<void>{};
        }(to, study);
    };
    instance_collector got;
    auto const done = test::run(with.context, with.renderer.transcode(bring, got));
    REQUIRE(done);
    REQUIRE(got.instances.size() == study.size());
    CHECK(got.ended == study.size());
    CHECK(got.instances[0].second == file(study[0].first));
    for (std::size_t i = 1; i < study.size(); ++i) {
        CAPTURE(study[i].first);
        auto const& [head, body] = got.instances[i];
        CHECK(head.transfer_syntax_uid == "1.2.840.10008.1.2.1");
        CHECK(!head.sop_class_uid.empty());
        CHECK(head.data_set_offset > 132);
        auto const here = test::run({.kind = render::job_kind::transcode}, file(study[i].first));
        REQUIRE(here);
        CHECK(body == here->front().body);
    }
    CHECK(with.renderer.workers().size() == 1);
}

TEST_CASE("a retrieve with an instance that cannot be transcoded fails before that instance begins")
{
    test::renderers with;
    auto const video = file("pixels/generated/video-h264.dcm");
    std::size_t seen = 0;
    instance_collector got;
    auto const done = test::run(with.context, with.renderer.transcode(test::from_memory(video, seen), got));
    REQUIRE(!done);
    CHECK(done.error().code == render::errc::unsupported_syntax);
    CHECK(got.instances.empty());
}

TEST_CASE("a retrieve that breaks off in the middle of an instance ends its transcoding")
{
    test::renderers with;
    auto const instance = file("dicom/studies/rt-breast/ct.0.dcm");
    for (int i = 0; i < 2; ++i) {
        proxy::render::feed const broken = [&](upstream::part_sink& to) {
            return test::write_half(to, instance, "1.2.840.10008.1.2", fail(upstream::errc::aborted));
        };
        instance_collector got;
        auto const done = test::run(with.context, with.renderer.transcode(broken, got));
        REQUIRE(!done);
        CHECK(done.error().code == upstream::errc::aborted);
        CHECK(got.ended == 0);
    }
}

TEST_CASE("an instance that cannot be transcoded ends a retrieve whose archive is silent")
{
    test::renderers with;
    auto const video = file("pixels/generated/video-h264.dcm");
    proxy::render::feed const slow = [&](upstream::part_sink& to) {
        return [](upstream::part_sink& into, bytes const& all) -> awaitable<result<void>> {
            std::size_t seen = 0;
            auto const written = co_await test::write_instance(into, all, seen, "1.2.840.10008.1.2.4.102");
            if (!written)
                co_return written;
            co_return result<void>{};
        }(to, video);
    };
    for (int i = 0; i < 3; ++i) {
        instance_collector got;
        auto const done = test::run(with.context, with.renderer.transcode(slow, got));
        REQUIRE(!done);
        CHECK(done.error().code == render::errc::unsupported_syntax);
    }
}

TEST_CASE("where that is allowed, instances that cannot be transcoded do not end the others")
{
    test::renderers with;
    std::vector<std::pair<std::string, std::string>> const study{
        {"pixels/mr/MR_small_RLE.dcm", "1.2.840.10008.1.2.5"},
        {"pixels/generated/video-h264.dcm", "1.2.840.10008.1.2.4.102"},
        {"pixels/mr/MR_truncated.dcm", "1.2.840.10008.1.2"},
        {"pixels/mr/MR_small_jp2klossless.dcm", "1.2.840.10008.1.2.4.90"},
    };
    proxy::render::feed const bring = [&](upstream::part_sink& to) {
        return [](upstream::part_sink& into, auto const& files) -> awaitable<result<void>> {
            std::size_t seen = 0;
            for (auto const& [name, syntax] : files) {
                auto const instance = file(name);
                auto const written = co_await test::write_instance(into, instance, seen, syntax);
                if (!written)
                    co_return written;
            }
            co_return result<void>{};
        }(to, study);
    };
    instance_collector got;
    auto const form_of = [](upstream::part_head const&) { return proxy::render::form::explicit_vr; };
    auto const done = test::run(with.context, with.renderer.transcode(bring, got, form_of, true));
    REQUIRE(done);
    CHECK(got.ended == 2);  // the truncated one may have begun
    CHECK(got.instances.back().first.transfer_syntax_uid == "1.2.840.10008.1.2.1");
}

TEST_CASE("each instance is handed on in the form that is wanted of it")
{
    test::renderers with;
    auto const instance = file("pixels/mr/MR_small_RLE.dcm");
    struct {
        proxy::render::form wanted;
        char const* syntax;
    } const cases[] = {
        {proxy::render::form::as_stored, "1.2.840.10008.1.2.5"},
        {proxy::render::form::explicit_vr, "1.2.840.10008.1.2.1"},
        {proxy::render::form::implicit_vr, "1.2.840.10008.1.2"},
        {proxy::render::form::explicit_vr, "1.2.840.10008.1.2.1"},
    };
    std::size_t n = 0;
    proxy::render::feed const bring = [&](upstream::part_sink& to) {
        return [](upstream::part_sink& into, bytes const& one) -> awaitable<result<void>> {
            std::size_t seen = 0;
            for (int i = 0; i < 4; ++i) {
                auto const written = co_await test::write_instance(into, one, seen, "1.2.840.10008.1.2.5");
                if (!written)
                    co_return written;
            }
            co_return result<void>{};
        }(to, instance);
    };
    instance_collector got;
    auto const form_of = [&](upstream::part_head const&) { return cases[n++].wanted; };
    REQUIRE(test::run(with.context, with.renderer.transcode(bring, got, form_of)));
    REQUIRE(got.instances.size() == std::size(cases));
    for (std::size_t i = 0; i < std::size(cases); ++i)
        CHECK(got.instances[i].first.transfer_syntax_uid == cases[i].syntax);
    CHECK((got.instances[0].second == instance));
    CHECK((got.instances[1].second == got.instances[3].second));
}
