#include "proxy/operations/exposure.hpp"

#include <doctest/doctest.h>

using pons::proxy::operations::refuse_exposure;

TEST_CASE("only this machine may be listened to unless told so in as many words")
{
    struct {
        char const* host;
        bool refused;
    } const cases[] = {
        {"127.0.0.1", false}, {"127.9.9.9", false},        {"::1", false},
        {"localhost", false}, {"::ffff:127.0.0.1", false}, {"0.0.0.0", true},
        {"::", true},         {"192.0.2.1", true},         {"::ffff:192.0.2.1", true},
    };
    for (auto const& c : cases) {
        CAPTURE(c.host);
        auto const refused = refuse_exposure({c.host, 8080}, false, "http");
        CHECK(refused.has_value() == c.refused);
        if (refused)
            CHECK(refused->find("http.insecure: true") != std::string::npos);
        CHECK_FALSE(refuse_exposure({c.host, 8080}, true, "http"));
    }
}

TEST_CASE("a host that nobody knows is told")
{
    auto const refused = refuse_exposure({"no.such.host.invalid", 1}, true, "dicom");
    REQUIRE(refused);
    CHECK(refused->find("dicom.listen") != std::string::npos);
    CHECK(refused->find("no.such.host.invalid") != std::string::npos);
}
