#include "tests/upstream/dimse/asking.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

using namespace pons;
using namespace pons::test;
using namespace std::string_literals;

/// The A-ASSOCIATE-RQ of a find by `source`.
bytes request_of(config::source source)
{
    bytes heard;
    raw_scp const archive([&](raw_scp::connection& peer) {
        peer.accept_association();
        heard = peer.association_request();
        auto const rq = peer.read_message();
        peer.respond(rq, 0x0000);
        (void)peer.read_message();
    });
    source.port = archive.port();
    caller us(source);
    CHECK(us.find());
    return heard;
}

TEST_CASE("says who asks where the source has credentials, and asks for no answer to it")
{
    auto source = source_at(0);
    // PS3.7 §D.3.3.7.1: type 2, user and passcode.
    auto const identity =
        "\x58\x00\x00\x10\x02\x00\x00\x04"
        "pons"
        "\x00\x06"
        "secret"s;
    CHECK(request_of(source).find("\x58\x00\x00\x10"s) == bytes::npos);
    source.credentials = {.kind = config::credentials_kind::basic, .user = "pons", .password = "secret", .token = {}};
    CHECK(request_of(source).find(identity) != bytes::npos);
}

}  // namespace
