#include "upstream/tls/trouble.hpp"

#include "tests/support/http_stub.hpp"
#include "upstream/errc.hpp"
#include "upstream/tls/context.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>

using namespace pons;
using namespace pons::test;
using upstream::errc;
namespace tls = upstream::tls;

TEST_CASE("each problem has a sentence of its own, and says what to do")
{
    std::set<std::string> sentences;
    for (int p = 0; p <= static_cast<int>(tls::problem::other); ++p) {
        CAPTURE(p);
        tls::trouble const t{static_cast<tls::problem>(p)};
        CHECK(sentences.insert(tls::sentence(t)).second);
        if (t.what == tls::problem::cancelled)
            continue;
        auto const advice = tls::advice(t, "pacs.example.org");
        CHECK(advice.ends_with('.'));
        CHECK(advice.find('%') == std::string::npos);
        if (t.what != tls::problem::settings)
            CHECK(tls::failure_of(t).where == "TLS: " + tls::sentence(t));
    }
}

TEST_CASE("what is told of a caller names no archive")
{
    for (int p = 0; p <= static_cast<int>(tls::problem::other); ++p) {
        CAPTURE(p);
        auto const told = tls::sentence_about_caller({static_cast<tls::problem>(p), "a detail"});
        CHECK(told.ends_with(" (a detail)"));
        CHECK(told.find("archive") == std::string::npos);
    }
    CHECK(tls::sentence_about_caller({tls::problem::expired}) == "its certificate has expired");
    CHECK(tls::sentence_about_caller({tls::problem::cancelled}) == "the handshake failed");
}

TEST_CASE("what is told of a peer that we call names no archive")
{
    for (int p = 0; p <= static_cast<int>(tls::problem::other); ++p) {
        CAPTURE(p);
        tls::trouble const t{static_cast<tls::problem>(p)};
        CHECK(tls::sentence(t, tls::it).find("archive") == std::string::npos);
        CHECK(tls::sentence(t, tls::it).find('@') == std::string::npos);
        CHECK(tls::sentence(t).find('@') == std::string::npos);
    }
    CHECK(tls::sentence({tls::problem::expired}, tls::it) == "its certificate has expired");
    CHECK(tls::failure_of({tls::problem::certificate_refused}, tls::it).where ==
          "TLS: it did not accept our certificate");
    CHECK(tls::failure_of({tls::problem::certificate_refused}).where ==
          "TLS: the archive did not accept our certificate");
}

TEST_CASE("the detail is for the administrator: in the sentence, not in the failure")
{
    tls::trouble const t{tls::problem::wrong_name, "it is for other.example.org"};
    CHECK(tls::sentence(t).ends_with(" (it is for other.example.org)"));
    CHECK(tls::failure_of(t).where == "TLS: the archive's certificate is for another name");
    CHECK(tls::failure_of(t).code == errc::unauthorized);
    CHECK(tls::advice(t, "pacs.example.org").find("for pacs.example.org") != std::string::npos);
    CHECK(tls::failure_of({tls::problem::settings, "tls.ca_file: no"}).where == "tls.ca_file: no");
}

TEST_CASE("a context is made once for equal settings, and again when a file has changed")
{
    certificate const one("localhost");
    certificate const other("localhost");
    config::tls settings;
    settings.ca_file = one.cert_file;
    settings.cert_file = one.cert_file;
    settings.key_file = one.key_file;
    auto const first = tls::shared_context(settings);
    REQUIRE(first);
    CHECK(*tls::shared_context(settings) == *first);

    auto const replace = [](std::string const& file, std::string const& with) {
        auto const before = std::filesystem::last_write_time(file);
        std::filesystem::copy_file(with, file, std::filesystem::copy_options::overwrite_existing);
        std::filesystem::last_write_time(file, before + std::chrono::seconds(2));
    };
    replace(one.cert_file, other.cert_file);
    CHECK(*tls::shared_context(settings) == *first);  // the key does not fit yet
    replace(one.key_file, other.key_file);
    auto const renewed = tls::shared_context(settings);
    REQUIRE(renewed);
    CHECK(*renewed != *first);

    settings.verify = false;
    CHECK(*tls::shared_context(settings) != *renewed);
    settings.ca_file = "/nowhere/authority.pem";
    auto const absent = tls::shared_context(settings);
    REQUIRE_FALSE(absent);
    CHECK(absent.error().code == errc::unsupported);
    CHECK(absent.error().where.starts_with("tls.ca_file: "));
}
