#include "proxy/dimse/callers.hpp"

#include <doctest/doctest.h>

using namespace pons;
using proxy::dimse::callers;

namespace {

config::settings some_peers()
{
    config::settings settings;
    settings.peers.push_back({.name = "CT1", .host = "192.0.2.7", .port = 104});
    settings.peers.push_back({.name = "MR \"1\"", .host = "mr.example.org", .port = 11113});
    settings.peers.push_back({.name = "LOST", .host = "lost.example.org", .port = 104});
    return settings;
}

std::vector<std::string> resolve(std::string const& host)
{
    if (host == "mr.example.org")
        return {"192.0.2.8", "2001:db8::8"};
    return {};
}

}  // namespace

TEST_CASE("who calls is known by AE title and address together")
{
    auto const settings = some_peers();
    callers const known(settings, false, &resolve);
    struct {
        char const* title;
        char const* address;
        bool admitted;
    } const cases[] = {
        {"CT1", "192.0.2.7", true},      {"CT1", "::ffff:192.0.2.7", true},  // to a listener of both families
        {"CT1", "192.0.2.8", false},     {"ct1", "192.0.2.7", false},        // AE titles have case
        {"MR \"1\"", "192.0.2.8", true}, {"MR \"1\"", "2001:db8:0::8", true},
        {"LOST", "192.0.2.7", false},    {"CT2", "192.0.2.7", false},
        {"", "192.0.2.7", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.title);
        CAPTURE(c.address);
        auto const admitted = known.admit(c.title, c.address);
        CHECK(admitted.has_value() == c.admitted);
        if (admitted)
            CHECK((*admitted)->name == c.title);
    }
}

TEST_CASE("an administrator reads what to write")
{
    auto const settings = some_peers();
    callers const known(settings, false, &resolve);
    CHECK(known.admit("CT2", "192.0.2.9").error() ==
          "AE title CT2 called from 192.0.2.9, and is not among peers; to let it in, write peers: { \"CT2\": { host: "
          "\"192.0.2.9\", port: 104 } } with the port at which it listens");
    CHECK(
        known.admit("MR \"1\"", "192.0.2.9").error() ==
        "AE title MR \"1\" called from 192.0.2.9, and peers has another host for it (mr.example.org); if it has moved, "
        "write peers: { \"MR \\\"1\\\"\": { host: \"192.0.2.9\", port: 11113 } }");
}

TEST_CASE("where anybody may call, peers are still known")
{
    auto const settings = some_peers();
    callers const known(settings, true, &resolve);
    CHECK(*known.admit("ANY", "192.0.2.9") == nullptr);
    CHECK(*known.admit("CT1", "192.0.2.9") == nullptr);
    CHECK(*known.admit("CT1", "192.0.2.7") == settings.peers.data());
}
