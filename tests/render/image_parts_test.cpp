#include "proxy/dicomweb/image_parts.hpp"

#include "tests/render/client.hpp"

using namespace pons;
using test::file;

namespace {

struct held_stream final : proxy::http::body_stream {
    std::optional<proxy::http::response> head;
    std::string body;

    awaitable<result<void>> begin(proxy::http::response answer) override
    {
        body = answer.body;
        head = std::move(answer);
        co_return result<void>{};
    }
    awaitable<result<void>> write(std::span<std::byte const> more) override
    {
        body.append(reinterpret_cast<char const*>(more.data()), more.size());
        co_return result<void>{};
    }
    bool begun() const override { return head.has_value(); }
    void break_off(std::string_view) override {}

    std::string header(std::string_view name) const
    {
        for (auto const& [key, value] : head->headers)
            if (key == name)
                return value;
        return {};
    }
};

result<void> send(held_stream& to, render::job const& asked, std::string const& name,
                  proxy::dicomweb::image_parts::form const& how)
{
    test::renderers with;
    auto const instance = file(name);
    std::size_t seen = 0;
    proxy::http::request const req;
    proxy::http::exchange const x{.req = req, .id = "1", .deadline = test::soon(), .stream = &to};
    return test::run(with.context,
                     proxy::dicomweb::send_images(with.renderer, x, asked, test::from_memory(instance, seen), how));
}

}  // namespace

TEST_CASE("one image is the body")
{
    held_stream got;
    auto const done = send(got, {.frames = {2}}, "dicom/nm-pt/NM-MONO2-16-13x-heart.dcm",
                           {.location = "http://x/i", .warnings = {"299 pons \"a remark\""}});
    REQUIRE(done);
    CHECK(got.head->content_type == "image/jpeg");
    CHECK(got.header("Content-Location") == "http://x/i/frames/2/rendered");
    CHECK(got.header("Warning") == "299 pons \"a remark\"");
    CHECK(got.body.starts_with("\xFF\xD8\xFF"));
}

TEST_CASE("frames are the parts of a multipart body")
{
    held_stream got;
    render::job const asked{.kind = render::job_kind::frames, .frames = {1, 3}, .stored_syntaxes = {"*"}};
    auto const done = send(got, asked, "pixels/mr/emri_small_RLE.dcm",
                           {.single_part = false, .location = "http://x/i", .rendered = false});
    REQUIRE(done);
    auto const& type = got.head->content_type;
    CHECK(type.starts_with("multipart/related; type=\"image/dicom-rle\"; boundary="));
    auto const boundary = "--" + type.substr(type.find("boundary=") + 9);
    std::vector<std::size_t> at;
    for (auto i = got.body.find(boundary); i != got.body.npos; i = got.body.find(boundary, i + 1))
        at.push_back(i);
    REQUIRE(at.size() == 3);
    CHECK(got.body.ends_with(boundary + "--\r\n"));
    CHECK(got.body.find("Content-Type: image/dicom-rle; transfer-syntax=1.2.840.10008.1.2.5\r\n"
                        "Content-Location: http://x/i/frames/3\r\n\r\n",
                        at[1]) != got.body.npos);
}

TEST_CASE("nothing is begun when the job fails")
{
    held_stream got;
    auto const done = send(got, {.frames = {99}}, "dicom/nm-pt/NM-MONO2-16-13x-heart.dcm", {});
    REQUIRE(!done);
    CHECK(done.error().code == render::errc::no_such_frame);
    CHECK(!got.begun());
}
