#include "tests/render/client.hpp"

#include <numeric>

using namespace pons;
using test::bytes;
using test::file;

namespace {

using frame_list = std::vector<std::uint32_t>;

constexpr auto heart = "dicom/nm-pt/NM-MONO2-16-13x-heart.dcm";

/// Where a tag begins, as it is written in explicit VR little endian.
std::size_t place_of(bytes const& instance, std::uint32_t tag, char const* vr)
{
    std::byte const head[] = {std::byte(tag >> 16), std::byte(tag >> 24), std::byte(tag),
                              std::byte(tag >> 8),  std::byte(vr[0]),     std::byte(vr[1])};
    auto const found = std::ranges::search(instance, head);
    REQUIRE_FALSE(found.empty());
    return static_cast<std::size_t>(found.begin() - instance.begin());
}

/// The same with another Number of Frames, of at most two digits.
bytes saying(bytes instance, std::string const& frames)
{
    auto const at = place_of(instance, 0x00280008, "IS") + 8;
    for (std::size_t i = 0; i < 2; ++i)
        instance[at + i] = static_cast<std::byte>(i < frames.size() ? frames[i] : ' ');
    return instance;
}

/// One frame of the heart, as an instance.
bytes only_frame(std::uint32_t number)
{
    constexpr std::ptrdiff_t size = 64 * 64 * 2;
    auto const whole = saying(file(heart), "1");
    auto const pixels = whole.begin() + static_cast<std::ptrdiff_t>(place_of(whole, 0x7FE00010, "OW")) + 12;
    bytes one(whole.begin(), pixels - 4);
    for (int i = 0; i < 4; ++i)
        one.push_back(static_cast<std::byte>(size >> 8 * i));
    auto const begin = pixels + size * (static_cast<std::ptrdiff_t>(number) - 1);
    one.insert(one.end(), begin, begin + size);
    return one;
}

render::job frames(frame_list which)
{
    return {.kind = render::job_kind::frames, .frames = std::move(which), .stored_syntaxes = {"*"}};
}

/// An archive that gives `some` for frames, and else the whole heart.
struct archive {
    bytes some;
    bytes whole = file(heart);
    std::vector<frame_list> asked = {};

    awaitable<result<void>> give(upstream::part_sink& to, frame_list which)
    {
        asked.push_back(which);
        auto const& instance = which.empty() ? whole : some;
        upstream::part_head head;
        head.sop_instance_uid = "1.2";
        head.frames = std::move(which);
        result<void> done = co_await to.begin(head);
        if (done)
            done = co_await to.write(instance);
        if (done)
            done = co_await to.end();
        co_return done;
    }
    proxy::render::feed bring()
    {
        return [this](upstream::part_sink& to, frame_list which) { return give(to, std::move(which)); };
    }
};

void gives_what_the_whole_gives(test::renderers& with, render::job const& asked, archive& from)
{
    test::part_collector got;
    auto const done = test::run(with.context, with.renderer.run(asked, from.bring(), got, test::soon()));
    REQUIRE(done);
    auto const expected = test::run(asked, from.whole);
    REQUIRE(expected);
    REQUIRE(got.parts.size() == 1);
    CHECK(got.parts.front().info == expected->front().info);
    CHECK(got.parts.front().body == expected->front().body);
}

}  // namespace

TEST_CASE("an instance that has exactly the frames that are listed is what it is without asking for that")
{
    for (auto const* const name :
         {heart, "dicom/studies/slide/sm_image_jpegls.dcm", "dicom/studies/slide/sm_image_jpegls_nobot.dcm",
          "pixels/mr/emri_small_RLE.dcm", "dicom/seg/liver_rle.dcm", "pixels/seg/liver.dcm",
          "dicom/mr/emri_small_jpeg_2k_lossless.dcm"}) {
        CAPTURE(std::string(name));
        auto const instance = file(name);
        auto const all = test::run(frames({}), instance);
        REQUIRE(all);
        frame_list every(all->size());
        std::iota(every.begin(), every.end(), 1u);
        auto exact = frames(every);
        exact.exact = true;
        auto const same = test::run(exact, instance);
        REQUIRE(same);
        REQUIRE(same->size() == all->size());
        for (std::size_t i = 0; i < all->size(); ++i)
            CHECK((*same)[i].body == (*all)[i].body);
        exact.frames.pop_back();
        auto const fewer = test::run(exact, instance);
        REQUIRE_FALSE(fewer);
        CHECK(fewer.error().code == render::errc::malformed);
    }
}

TEST_CASE("pixels of more frames than there are said to be are no frame")
{
    for (auto const* const name : {heart, "dicom/studies/slide/sm_image_jpegls.dcm",
                                   "dicom/studies/slide/sm_image_jpegls_nobot.dcm", "pixels/mr/emri_small_RLE.dcm"}) {
        CAPTURE(std::string(name));
        for (auto const& which : {frame_list{1}, {1, 2}}) {
            auto exact = frames(which);
            exact.exact = true;
            auto const made = test::run(exact, saying(file(name), std::to_string(which.size())));
            REQUIRE_FALSE(made);
            CHECK(made.error().code == render::errc::malformed);
        }
    }
}

TEST_CASE("of an instance that has only the frames that are wanted they come with their own numbers")
{
    test::renderers with;
    for (auto const kind : {render::job_kind::frames, render::job_kind::render}) {
        auto asked = frames({7});
        asked.kind = kind;
        archive from{only_frame(7)};
        gives_what_the_whole_gives(with, asked, from);
        CHECK(from.asked == std::vector<frame_list>{{7}});
    }
    CHECK(with.renderer.workers().size() == 1);
}

TEST_CASE("the whole instance is fetched when nothing can be made of the frames that came")
{
    test::renderers with;
    auto const asked = frames({7});
    for (auto const& some : {saying(file(heart), "1"), file(heart), bytes(2000)}) {
        archive from{some};
        gives_what_the_whole_gives(with, asked, from);
        CHECK(from.asked == std::vector<frame_list>{{7}, {}});
    }
}

TEST_CASE("a form that cannot be made is not tried twice, nor are frames asked for where all are wanted")
{
    test::renderers with;
    archive from{only_frame(7)};
    test::part_collector got;
    auto asked = frames({7});
    asked.native = false;
    asked.stored_syntaxes = {"1.2.840.10008.1.2.4.90"};
    auto const refused = test::run(with.context, with.renderer.run(asked, from.bring(), got, test::soon()));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == render::errc::not_acceptable);
    CHECK(test::run(with.context, with.renderer.run(frames({}), from.bring(), got, test::soon())));
    CHECK(got.parts.size() == 13);
    CHECK(from.asked == std::vector<frame_list>{{7}, {}});
}
