#include "upstream/dimse/move_status.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pons;

TEST_CASE("a final status of C-MOVE is told with what to look at, and a comment only by what it means")
{
    config::source source;
    source.name = "pacs";
    source.store_ae = "PONS_MOVE";
    struct {
        std::uint16_t status;
        char const* comment;
        char const* says;
    } const cases[] = {
        {0xA801, "", "status A801: move destination unknown there; enter the AE title PONS_MOVE"},
        {0xA702, "", "status A702: sub-operations cannot be performed; often the archive cannot connect to PONS_MOVE"},
        {0xC000, "", "status C000: unable to process; often PONS_MOVE is not known there, or cannot be connected to"},
        {0xC001, "Unknown Move Destination", "status C001: move destination unknown there; enter the AE title"},
        {0xC001, "AE PONS_MOVE not found", "status C001: move destination unknown there; enter the AE title"},
        {0xC001, "no such patient DOE^JANE", "status C001: unable to process; often"},
        {0xC001, "destination PONS_MOVE refused", "status C001: unable to process; often"},
        {0x0122, "unknown destination", "status 0122: C-MOVE is not supported"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.status);
        CAPTURE(c.comment);
        auto const where = upstream::dimse::move_failure(source, c.status, c.comment).where;
        CHECK(where.find(c.says) != std::string::npos);
        CHECK(where.find("DOE") == std::string::npos);
    }
}

TEST_CASE("an archive that did connect is not told to look at its host and port")
{
    config::source source;
    source.store_ae = "PONS_MOVE";
    for (auto const status : {std::uint16_t{0xA700}, std::uint16_t{0xA702}, std::uint16_t{0xC000}}) {
        CAPTURE(status);
        auto const where = upstream::dimse::move_failure(source, status, {}, true).where;
        CHECK(where.find("the archive connected to PONS_MOVE and sent nothing") != std::string::npos);
        CHECK(upstream::dimse::move_failure(source, status, {}, true).retry_after.count() == 0);
        CHECK(where.find("cannot") == (status == 0xA702 ? where.find("cannot be performed") : std::string::npos));
    }
}

TEST_CASE("a status that may cure itself says when to come again, one for good does not")
{
    config::source const source;
    struct {
        std::uint16_t status;
        char const* comment;
        bool later;
    } const cases[] = {
        {0xA700, "", true},
        {0xA701, "", true},
        {0xA702, "", true},
        {0xC000, "", true},
        {0xCFFF, "", true},
        {0xA801, "", false},
        {0xA900, "", false},
        {0x0122, "", false},
        {0xFE00, "", false},
        {0x0110, "", false},
        {0xC000, "unknown destination", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.status);
        CHECK((upstream::dimse::move_failure(source, c.status, c.comment).retry_after.count() > 0) == c.later);
    }
}
