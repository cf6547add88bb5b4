#include "proxy/dicomweb/image_parts.hpp"

#include "tests/proxy/dicomweb/images.hpp"
#include "tests/support/run.hpp"

using namespace pons;
using namespace pons::test;

TEST_CASE("a frame is bare or a part by the transfer syntax that it comes in")
{
    constexpr auto jpeg = "1.2.840.10008.1.2.4.50";
    constexpr auto native = "1.2.840.10008.1.2.1";
    struct {
        bool single_part;
        std::vector<std::string> only_of;
        char const* comes;
        bool is_bare;
    } const cases[] = {
        {true, {}, jpeg, true},        {false, {}, jpeg, false},      {true, {jpeg}, jpeg, true},
        {true, {jpeg}, native, false}, {false, {jpeg}, native, true}, {false, {jpeg}, jpeg, false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.single_part);
        CAPTURE(c.comes);
        recorded_stream stream;
        proxy::dicomweb::image_parts parts(stream,
                                           {.single_part = c.single_part, .only_of = c.only_of, .location = {}});
        auto const send = [&]() -> awaitable<result<void>> {
            proxy::render::part_info const part{.content_type = "image/jpeg", .transfer_syntax_uid = c.comes};
            result<void> const begun = co_await parts.begin(part);
            if (!begun)
                co_return begun;
            result<void> const done = co_await parts.finish();
            co_return done;
        };
        asio::io_context on;
        CHECK(test::run(on, send()).has_value());
        CHECK(stream.head.content_type.starts_with("multipart/related") == !c.is_bare);
        CHECK(stream.body.empty() == c.is_bare);
    }
}
