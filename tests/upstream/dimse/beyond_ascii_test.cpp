#include "upstream/dimse/beyond_ascii.hpp"

#include "tests/upstream/dimse/asking.hpp"
#include "upstream/dimse/association_pool.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::dimse::is_beyond_ascii;
using upstream::dimse::next_rung;
namespace tags = mapping::tags;

mapping::find_request asked_by(mapping::tag t, std::string value)
{
    auto request = all_studies();
    request.keys.push_back({t, {std::move(value)}});
    return request;
}

TEST_CASE("what is beyond ASCII is asked for with wild cards next")
{
    struct {
        char const* name;
        mapping::tag attribute;
        char const* value;
        char const* next;  ///< empty: there is no other form
        bool certain;
    } const cases[] = {
        {"a name", tags::PatientName, "*k*Ö*hl*r*", "*k*hl*r*", true},
        {"runs become one star", tags::PatientID, "ÄÖ-117", "*-117", true},
        {"short ones are asked for by character", tags::PatientID, "Ä17", "?17", false},
        {"by character, not by byte", tags::AccessionNumber, "小1", "?1", false},
        {"all of it", tags::PatientID, "小林", "??", false},
        {"with a star of its own", tags::PatientID, "*Ä17", "*?17", false},
        {"only wild cards would be left", tags::PatientName, "*小*林*", "", false},
        {"no text", tags::StudyDate, "２０２４", "", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const request = asked_by(c.attribute, c.value);
        CHECK(is_beyond_ascii(request));
        auto const next = next_rung(request, {});
        REQUIRE(next.has_value() == (*c.next != '\0'));
        if (!next)
            continue;
        CHECK(next->request.keys.front().values.front() == c.next);
        CHECK(next->certain == c.certain);
        CHECK(next->charset.empty());
    }
    CHECK_FALSE(is_beyond_ascii(asked_by(tags::PatientID, "A17")));
    CHECK_FALSE(is_beyond_ascii(asked_by(tags::SeriesDescription, "Schädel")));  // does not go out at study level
}

TEST_CASE("without wild cards it is asked for in another character set")
{
    config::quirks quirks;
    quirks.wildcards = false;
    CHECK(next_rung(asked_by(tags::PatientID, "Ä17"), quirks)->charset == "ISO_IR 100");
    CHECK_FALSE(next_rung(asked_by(tags::PatientID, "Č17"), quirks));
    quirks.charset_query = "ISO_IR 101";
    CHECK(next_rung(asked_by(tags::PatientID, "Č17"), quirks)->charset == "ISO_IR 192");
}

/// Finds a study where `takes` says so of the identifier, else nothing, or answers `otherwise`; tells what came.
raw_scp::script answers_if(std::vector<bytes>& heard, std::function<bool(bytes const&)> takes,
                           std::uint16_t otherwise = 0x0000)
{
    return [&heard, takes = std::move(takes), otherwise](raw_scp::connection& peer) {
        peer.accept_association();
        for (;;) {
            auto const rq = peer.read_message();
            heard.push_back(rq.data_set);
            bool const found = takes(rq.data_set);
            if (found)
                peer.respond(rq, 0xFF00, study_row(1));
            peer.respond(rq, found ? 0x0000 : otherwise);
        }
    };
}

std::function<bool(bytes const&)> holds(std::string text)
{
    return [text = std::move(text)](bytes const& identifier) { return identifier.find(text) != bytes::npos; };
}

TEST_CASE("an archive that only knows ASCII is asked by wild cards, and an answer that cannot settle it says so")
{
    struct {
        char const* name;
        char const* value;
        char const* found_by;
        std::uint16_t otherwise;
        bool wildcards;
        std::uint32_t rows;
        std::size_t issues;
    } const cases[] = {
        {"found as it is", "Ä-117", "Ä-117", 0x0000, true, 1, 0},
        {"found by a star", "Ä-117", "*-117", 0x0000, true, 1, 0},
        {"found by a star, where it is refused", "Ä-117", "*-117", 0xA900, true, 1, 0},
        {"found by a mark", "Ö5", "?5", 0x0000, true, 1, 0},
        {"it is not there", "Ä-117", "nothing", 0x0000, true, 0, 0},
        {"nobody knows", "Ö5", "nothing", 0x0000, true, 0, 1},
        {"found in another character set", "Ö5",
         "\xD6"
         "5",
         0x0000, false, 1, 0},
        {"nobody knows, without wild cards", "Ö5", "nothing", 0x0000, false, 0, 1},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        std::vector<bytes> heard;
        raw_scp const archive(answers_if(heard, holds(c.found_by), c.otherwise));
        auto source = source_at(archive.port());
        source.quirks.wildcards = c.wildcards;
        auto const pool = upstream::dimse::make_pool(source);
        pool->keys().takes_empty = true;  // else what is not found is asked for with "*" in the other keys
        caller us(source, pool);
        row_list rows;
        auto const found = us.find(asked_by(tags::PatientID, c.value), rows);
        REQUIRE(found);
        CHECK(found->rows == c.rows);
        CHECK(rows.rows.size() == c.rows);
        REQUIRE(found->issues.size() == c.issues);
        for (auto const& one : found->issues)
            CHECK(one.what == issue::kind::incomplete);
        CHECK(heard.size() == (std::string_view(c.found_by) == c.value ? 1 : 2));
    }
}

TEST_CASE("a refusal of what is beyond ASCII stays an error where nothing else helps")
{
    std::vector<bytes> heard;
    raw_scp const archive(answers_if(heard, holds("nothing"), 0xA900));
    caller us(source_at(archive.port()));
    row_list rows;
    auto const found = us.find(asked_by(tags::PatientID, "Ä-117"), rows);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == upstream::errc::refused);
    CHECK(heard.size() == 2);
}

}  // namespace
