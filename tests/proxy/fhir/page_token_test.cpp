#include "proxy/fhir/page_token.hpp"

#include "mapping/errc.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pons;
using proxy::fhir::page_position;
using proxy::fhir::page_sealer;

namespace {

page_position const dated{.resource = "ImagingStudy",
                          .query = "patient.name=Doe&started=ge2024\nand a line",
                          .last = {1'710'000'000'000'000, "1.2.3.4"},
                          .now = 1'720'000'000'000'000,
                          .missed = {"main-pacs", "web"}};
page_position const undated{.resource = "Endpoint", .query = "", .last = {std::nullopt, "1.2.3.4.5"}, .now = -1};

void check_refused(page_sealer const& sealer, std::string const& token)
{
    CAPTURE(token.substr(0, 100));
    auto const opened = sealer.open(token);
    REQUIRE_FALSE(opened);
    CHECK(opened.error() == failure{make_error_code(mapping::errc::expired_page), "_page", {}});
}

}  // namespace

TEST_CASE("a page token gives back what was sealed, on every replica with the same key")
{
    page_sealer const sealer("secret");
    page_sealer const replica("secret");
    for (auto const& position : {dated, undated}) {
        auto const token = sealer.seal(position);
        CHECK(sealer.open(token) == position);
        CHECK(replica.open(token) == position);
        CHECK(sealer.seal(position) != token);  // the same page twice cannot be told
    }
}

TEST_CASE("a page token can stand in a URL and tells nothing")
{
    auto const token = page_sealer("secret").seal(dated);
    CHECK(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
          std::string::npos);
    for (auto const* word : {"Doe", "patient", "1.2.3.4", "RG9l", "cGF0aWVudA"})
        CHECK(token.find(word) == std::string::npos);
}

TEST_CASE("a page token of another key does not open")
{
    auto const token = page_sealer("secret").seal(dated);
    check_refused(page_sealer("other"), token);
    check_refused(page_sealer(""), token);  // a random one
    page_sealer const random("");
    CHECK(random.open(random.seal(dated)) == dated);
    check_refused(page_sealer(""), random.seal(dated));
}

TEST_CASE("a page token with any character changed, added or taken away does not open")
{
    page_sealer const sealer("secret");
    for (auto const& position : {dated, undated}) {
        auto const token = sealer.seal(position);
        for (std::size_t i = 0; i < token.size(); ++i) {
            for (char const c : {'A', 'B', '_', '=', '+', ' ', '\0'}) {
                auto changed = token;
                changed[i] = c;
                if (changed != token)
                    check_refused(sealer, changed);
            }
            // The last character has bits that no byte uses.
            auto changed = token;
            changed[i] = static_cast<char>(changed[i] + 1);
            check_refused(sealer, changed);
            check_refused(sealer, token.substr(0, i));
            check_refused(sealer, token.substr(i + 1));
        }
        for (auto const* more : {"A", "AA", "AAAA", "=", "==", "\n", " "}) {
            check_refused(sealer, token + more);
            check_refused(sealer, more + token);
        }
    }
}

TEST_CASE("what is no page token at all is refused, however long")
{
    page_sealer const sealer("secret");
    for (auto const* text : {"", "=", "====", "A", "AAAA", "\xFF\xFE", "%%%%", "abc", "\n\n\n\n"})
        check_refused(sealer, text);
    check_refused(sealer, std::string(1'000'000, 'A'));
    check_refused(sealer, std::string(1'000'001, '='));
    check_refused(sealer, std::string(999'999, ' '));
}
