#include "tests/render/client.hpp"

#include <set>

using namespace pons;
using test::file;

namespace {

/// What was made of each instance that came.
struct each_collector final : proxy::render::instances_receiver {
    std::vector<std::string> came;
    std::set<std::string> unwanted;
    test::part_collector parts;

    bool wants(upstream::part_head const& head) override
    {
        came.push_back(head.transfer_syntax_uid);
        return !unwanted.contains(head.transfer_syntax_uid);
    }
    awaitable<result<void>> begin(render::part_info const& info) override { return parts.begin(info); }
    awaitable<result<void>> write(std::span<std::byte const> more) override { return parts.write(more); }
    awaitable<result<void>> end() override { return parts.end(); }
};

/// Brings files, each under a name of its own in the place of the transfer syntax.
proxy::render::feed bringing(std::vector<std::pair<std::string, std::string>> const& study)
{
    return [&study](upstream::part_sink& to) {
        return [](upstream::part_sink& into, auto const& files) -> awaitable<result<void>> {
            std::size_t seen = 0;
            for (auto const& [name, label] : files) {
                auto const instance = file(name);
                auto const written = co_await test::write_instance(into, instance, seen, label);
                if (!written)
                    co_return written;
            }
            co_return result<void>{};
        }(to, study);
    };
}

}  // namespace

TEST_CASE("a job is done on each instance of a retrieve, and what has no pixels is passed over")
{
    test::renderers with;
    std::vector<std::pair<std::string, std::string>> const study{
        {"dicom/mr/MR_small.dcm", "a"},
        {"dicom/sr-ko/test-SR.dcm", "document"},
        {"pixels/us/examples_ybr_color.dcm", "b"},
        {"pixels/mr/MR_small_RLE.dcm", "unwanted"},
        {"dicom/pdf/pdf.dcm", "document"},
        {"pixels/mr/MR_small_jp2klossless.dcm", "c"},
    };
    render::job const asked{.format = render::image_format::png};
    each_collector got;
    got.unwanted.insert("unwanted");
    auto const bring = bringing(study);
    auto const done = test::run(with.context, with.renderer.run_each(asked, bring, got));
    REQUIRE_MESSAGE(done.has_value(), done.error().where);
    CHECK(got.came == std::vector<std::string>{"a", "document", "b", "unwanted", "document", "c"});
    REQUIRE(got.parts.parts.size() == 3);
    CHECK(got.parts.ended == 3);
    std::size_t at = 0;
    for (auto const* const name :
         {"dicom/mr/MR_small.dcm", "pixels/us/examples_ybr_color.dcm", "pixels/mr/MR_small_jp2klossless.dcm"}) {
        CAPTURE(std::string(name));
        auto const here = test::run(asked, file(name));
        REQUIRE(here);
        CHECK(got.parts.parts[at++].body == here->front().body);
    }
    CHECK(with.renderer.workers().size() == 1);
}

TEST_CASE("an image that cannot be decoded ends it")
{
    test::renderers with;
    std::vector<std::pair<std::string, std::string>> const study{
        {"dicom/mr/MR_small.dcm", "a"},
        {"pixels/generated/video-h264.dcm", "video"},
        {"pixels/mr/MR_small_RLE.dcm", "b"},
    };
    each_collector got;
    auto const bring = bringing(study);
    auto const done = test::run(with.context, with.renderer.run_each({}, bring, got));
    REQUIRE(!done);
    CHECK(done.error().code == render::errc::unsupported_syntax);
    CHECK(got.parts.parts.size() == 1);
    CHECK(got.came.size() == 2);
}

TEST_CASE("what the feed and the receiver say is the result, and the worker can be used again")
{
    test::renderers with;
    each_collector got;
    proxy::render::feed const none = [](upstream::part_sink&) -> awaitable<result<void>> {
        co_return fail(upstream::errc::not_found);
    };
    auto const nothing = test::run(with.context, with.renderer.run_each({}, none, got));
    REQUIRE(!nothing);
    CHECK(nothing.error().code == upstream::errc::not_found);

    struct refusing final : proxy::render::instances_receiver {
        bool wants(upstream::part_head const&) override { return true; }
        awaitable<result<void>> begin(render::part_info const&) override { co_return fail(upstream::errc::stalled); }
        awaitable<result<void>> write(std::span<std::byte const>) override { co_return result<void>{}; }
        awaitable<result<void>> end() override { co_return result<void>{}; }
    } refuses;
    std::vector<std::pair<std::string, std::string>> const study{{"dicom/mr/MR_small.dcm", "a"}};
    auto const bring = bringing(study);
    auto const stalled = test::run(with.context, with.renderer.run_each({}, bring, refuses));
    REQUIRE(!stalled);
    CHECK(stalled.error().code == upstream::errc::stalled);
    auto const again = test::run(with.context, with.renderer.run_each({}, bring, got));
    CHECK(again.has_value());
    CHECK(got.parts.parts.size() == 1);
}
