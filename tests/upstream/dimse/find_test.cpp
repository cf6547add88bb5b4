#include "tests/upstream/dimse/asking.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;
namespace tags = mapping::tags;

TEST_CASE("delivers every row on the thread that asks, and keeps the association for the next find")
{
    raw_scp const archive(answers({study_row(1), study_row(2), study_row(3)}));
    caller us(source_at(archive.port()));
    for (int i = 0; i < 3; ++i) {
        row_list rows;
        auto const found = us.find(all_studies(), rows);
        REQUIRE(found);
        CHECK(found->rows == 3);
        CHECK_FALSE(found->truncated);
        CHECK(found->issues.empty());
        REQUIRE(rows.rows.size() == 3);
        CHECK(rows.rows[1].text(tags::StudyInstanceUID) == "1.2.3.2");
        CHECK(rows.on == std::this_thread::get_id());
    }
    CHECK(us.verify());
    CHECK(archive.connections() == 1);
}

TEST_CASE("what is not known of an answer to A-ASSOCIATE-RQ is skipped, and a refused context is not looked into")
{
    raw_scp const archive([](raw_scp::connection& peer) {
        auto const rq = peer.read_pdu().body;
        auto const context = [](char id, char answer, bytes const& inside) {
            return raw::item(0x21, bytes{id, '\0', answer, '\0'} + inside);
        };
        peer.write(raw::pdu(
            0x02, rq.substr(0, 68) + raw::item(0x10, "1.2.840.10008.3.1.1.1") + raw::item(0x12, "of another time") +
                      context(1, 0, raw::item(0x40, "1.2.840.10008.1.2.1") + raw::item(0x42, "more")) +
                      context(3, 3, bytes(3, 'x')) +
                      raw::item(0x50, raw::item(0x51, raw::big(16384, 4)) + raw::item(0x52, "1.2.3.4"))));
        auto const find = peer.read_message();
        peer.respond(find, 0xFF00, study_row(1));
        peer.respond(find, 0);
        (void)peer.read_message();
    });
    caller us(source_at(archive.port()));
    auto const found = us.find();
    REQUIRE(found);
    CHECK(found->rows == 1);
}

TEST_CASE("no match is success without rows")
{
    raw_scp const archive(answers({}));
    caller us(source_at(archive.port()));
    auto const found = us.find();
    REQUIRE(found);
    CHECK(found->rows == 0);
}

namespace {

/// Answers the nth C-FIND with a row if `takes(identifier, n)`; tells what came.
raw_scp::script answers_if(std::vector<bytes>& heard, std::function<bool(bytes const&, std::size_t)> takes)
{
    return [&heard, takes = std::move(takes)](raw_scp::connection& peer) {
        peer.accept_association();
        for (;;) {
            auto const rq = peer.read_message();
            heard.push_back(rq.data_set);
            if (takes(rq.data_set, heard.size()))
                peer.respond(rq, 0xFF00, study_row(1));
            peer.respond(rq, 0x0000);
        }
    };
}

bool has_stars(bytes const& identifier)
{
    return identifier.find('*') != bytes::npos;
}

result<upstream::found> find(caller& us, mapping::find_request const& request)
{
    row_list rows;
    return us.find(request, rows);
}

/// Asks for all studies, at most `most` of them; the rows that came are as many as the answer says.
upstream::found find_at_most(caller& us, std::uint32_t most)
{
    row_list rows;
    auto request = all_studies();
    request.max_rows = most;
    auto const found = us.find(request, rows);
    REQUIRE(found);
    CHECK(found->rows == rows.rows.size());
    return *found;
}

mapping::find_request studies_of_a_patient()
{
    auto request = all_studies();
    request.keys.push_back({tags::PatientID, {"P1"}});
    return request;
}

}  // namespace

TEST_CASE("an archive that wants * in keys that only ask is found out, and asked so from then on")
{
    std::vector<bytes> heard;
    raw_scp const archive(
        answers_if(heard, [](bytes const& identifier, std::size_t) { return has_stars(identifier); }));
    caller us(source_at(archive.port()));
    auto const first = find(us, studies_of_a_patient());
    REQUIRE(first);
    CHECK(first->rows == 1);
    REQUIRE(first->issues.size() == 1);
    CHECK(first->issues.front().text.find("quirks.universal") != std::string::npos);
    auto const second = find(us, studies_of_a_patient());
    REQUIRE(second);
    CHECK(second->rows == 1);
    REQUIRE(heard.size() == 3);
    CHECK_FALSE(has_stars(heard[0]));
    CHECK(has_stars(heard[1]));
    CHECK(has_stars(heard[2]));
}

TEST_CASE("once a row has come for empty keys, nothing is asked twice")
{
    std::vector<bytes> heard;
    raw_scp const archive(answers_if(heard, [](bytes const&, std::size_t n) { return n == 3; }));
    caller us(source_at(archive.port()));
    for (std::uint32_t const rows : {0U, 1U, 0U}) {
        auto const found = find(us, studies_of_a_patient());
        REQUIRE(found);
        CHECK(found->rows == rows);
        CHECK(found->issues.empty());
    }
    REQUIRE(heard.size() == 4);
    CHECK(has_stars(heard[1]));
    CHECK_FALSE(has_stars(heard[3]));
}

TEST_CASE("a source that is said to take empty keys is never asked with *")
{
    std::vector<bytes> heard;
    raw_scp const archive(answers_if(heard, [](bytes const&, std::size_t) { return false; }));
    auto source = source_at(archive.port());
    source.quirks.universal = config::universal_matching::empty;
    caller us(source);
    auto const found = find(us, studies_of_a_patient());
    REQUIRE(found);
    CHECK(found->rows == 0);
    REQUIRE(heard.size() == 1);
    CHECK_FALSE(has_stars(heard[0]));
}

TEST_CASE("a source that is said to want * is asked once more with * in texts only, where it finds nothing")
{
    std::vector<bytes> heard;
    raw_scp const archive(answers_if(heard, [](bytes const&, std::size_t n) { return n == 2; }));
    auto source = source_at(archive.port());
    source.quirks.universal = config::universal_matching::star;
    caller us(source);
    auto request = studies_of_a_patient();
    request.return_keys = {tags::StudyInstanceUID, tags::StudyDate};
    auto const found = find(us, request);
    REQUIRE(found);
    CHECK(found->rows == 1);
    REQUIRE(heard.size() == 2);
    CHECK(std::ranges::count(heard[0], '*') == 2);
    CHECK(std::ranges::count(heard[1], '*') == 1);
}

TEST_CASE("sends the level, the keys and the character set, in what the archive accepted")
{
    for (auto const* const syntax : {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"}) {
        CAPTURE(syntax);
        bytes identifier;
        std::size_t pdvs = 0;
        bytes proposed;
        raw_scp const archive([&](raw_scp::connection& peer) {
            peer.accept_association(16384, syntax);
            auto const rq = peer.read_message();
            if (identifier.empty()) {  // what it finds nothing for may be asked once more
                identifier = rq.data_set;
                pdvs = rq.pdv_sizes.size();
                proposed = peer.association_request();
            }
            peer.respond(rq, 0x0000);
            (void)peer.read_message();
        });
        {
            caller us(source_at(archive.port()));
            row_list rows;
            REQUIRE(us.find({.keys = {{tags::PatientName, {"MÜLLER^*"}}}, .return_keys = {tags::StudyDate}}, rows));
        }
        auto const is_implicit = std::string_view(syntax) == "1.2.840.10008.1.2";
        auto const expected =
            is_implicit
                ? element(0x00080005, "ISO_IR 192") + element(0x00080020, "") + element(0x00080052, "STUDY") +
                      element(0x00100010, "MÜLLER^*")
                : explicit_element(0x00080005, "CS", "ISO_IR 192") + explicit_element(0x00080020, "DA", "") +
                      explicit_element(0x00080052, "CS", "STUDY") + explicit_element(0x00100010, "PN", "MÜLLER^*");
        CHECK(identifier == expected);
        CHECK(pdvs == 2);
        CHECK(proposed.find("1.2.840.10008.5.1.4.1.2.2.1") != bytes::npos);
        CHECK(proposed.substr(0, 68).find("ARCHIVE") != bytes::npos);
        CHECK(proposed.find("1.2.840.10008.5.1.4.1.2.2.2") == bytes::npos);  // C-MOVE is not proposed for a find
    }
}

TEST_CASE("cuts its message to what the archive takes")
{
    std::vector<std::size_t> sizes;
    bytes identifier;
    raw_scp const archive([&](raw_scp::connection& peer) {
        peer.accept_association(41);  // odd on purpose
        auto const rq = peer.read_message();
        sizes = rq.pdv_sizes;
        identifier = rq.data_set;
        peer.respond(rq, 0x0000);
        (void)peer.read_message();
    });
    {
        caller us(source_at(archive.port()));
        row_list rows;
        REQUIRE(us.find({.keys = {{tags::PatientID, {std::string(60, '7')}}}}, rows));
    }
    CHECK(sizes.size() > 4);
    for (auto const size : sizes) {
        CHECK(size + 6 <= 41);
        CHECK(size % 2 == 0);
    }
    CHECK(identifier.find(std::string(60, '7')) != bytes::npos);
}

TEST_CASE("takes FF01 as FF00, and ignores an identifier that comes with Success")
{
    raw_scp const archive([](raw_scp::connection& peer) {
        peer.accept_association();
        auto const rq = peer.read_message();
        peer.respond(rq, 0xFF01, study_row(1));
        peer.respond(rq, 0xFF00, study_row(2));
        peer.respond(rq, 0x0000, study_row(3));
        auto const again = peer.read_message();
        peer.respond(again, 0x0000, bytes());
        (void)peer.read_message();
    });
    caller us(source_at(archive.port()));
    row_list rows;
    auto const found = us.find(all_studies(), rows);
    REQUIRE(found);
    CHECK(rows.rows.size() == 2);
    CHECK(us.find());
    CHECK(archive.connections() == 1);
}

TEST_CASE("a row that cannot be read costs that row and is told")
{
    struct {
        char const* name;
        std::optional<bytes> row;
    } const cases[] = {
        {"nested ten thousand deep", nested_sequences(10'000)},
        {"a length beyond the end", study_row(7).substr(0, study_row(7).size() - 4)},
        {"more than a megabyte", bytes(2 << 20, '\0')},
        {"no data set at all", std::nullopt},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        raw_scp const archive([&](raw_scp::connection& peer) {
            peer.accept_association();
            auto const rq = peer.read_message();
            peer.respond(rq, 0xFF00, study_row(1));
            peer.respond(rq, 0xFF00, c.row);
            peer.respond(rq, 0xFF00, study_row(2));
            peer.respond(rq, 0x0000);
            (void)peer.read_message();
        });
        caller us(source_at(archive.port()));
        row_list rows;
        auto const found = us.find(all_studies(), rows);
        REQUIRE(found);
        CHECK(found->rows == 2);
        CHECK(rows.rows.size() == 2);
        REQUIRE(found->issues.size() == 1);
        CHECK(found->issues[0].what == issue::kind::incomplete);
        CHECK(found->issues[0].text == "1 matches could not be read and are missing");
    }
}

TEST_CASE("stops at max_rows with C-CANCEL, says truncated, and uses the association again")
{
    std::atomic<int> cancels{0};
    raw_scp const archive([&](raw_scp::connection& peer) {
        peer.accept_association();
        auto const rq = peer.read_message();
        for (int i = 0; i < 11; ++i)
            peer.respond(rq, 0xFF00, study_row(i));
        auto const cancel = peer.read_message();
        cancels += cancel.command_field == 0x0FFF && cancel.message_id == rq.message_id;
        peer.respond(rq, 0xFF00, study_row(12));  // already on its way
        peer.respond(rq, 0xFE00);
        auto const again = peer.read_message();
        peer.respond(again, 0x0000);
        (void)peer.read_message();
    });
    caller us(source_at(archive.port()));
    auto const found = find_at_most(us, 10);
    CHECK(found.truncated);
    CHECK(found.rows == 10);
    CHECK(us.find());
    CHECK(cancels == 1);
    CHECK(archive.connections() == 1);
}

TEST_CASE("exactly max_rows matches are not truncated")
{
    raw_scp const archive(answers({study_row(1), study_row(2)}));
    caller us(source_at(archive.port()));
    auto const found = find_at_most(us, 2);
    CHECK_FALSE(found.truncated);
    CHECK(found.rows == 2);
}

TEST_CASE("rows that cannot be read do not count for max_rows")
{
    for (bool const more : {false, true}) {
        CAPTURE(more);
        raw_scp const archive([&](raw_scp::connection& peer) {
            peer.accept_association();
            auto const rq = peer.read_message();
            peer.respond(rq, 0xFF00, study_row(1));
            peer.respond(rq, 0xFF00, std::nullopt);
            peer.respond(rq, 0xFF00, study_row(2));
            if (more)
                peer.respond(rq, 0xFF00, study_row(3));
            peer.respond(rq, 0x0000);
            (void)peer.read_message();
        });
        caller us(source_at(archive.port()));
        auto const found = find_at_most(us, 2);
        CHECK(found.truncated == more);
        CHECK(found.rows == 2);
        CHECK(found.issues.size() == 1);
    }
}

TEST_CASE("the limit of the source counts when the request asks for more")
{
    raw_scp const archive(answers({study_row(1), study_row(2), study_row(3)}));
    auto source = source_at(archive.port());
    source.limits.max_rows = 2;
    caller us(source);
    auto const found = us.find();
    REQUIRE(found);
    CHECK(found->truncated);
    CHECK(found->rows == 2);
}

TEST_CASE("a peer that streams for ever and ignores C-CANCEL is aborted")
{
    raw_scp archive([](raw_scp::connection& peer) {
        peer.accept_association();
        auto const rq = peer.read_message();
        for (int i = 0;; ++i)
            peer.respond(rq, 0xFF00, study_row(i));
    });
    {
        caller us(source_at(archive.port()));
        auto const begin = clock::now();
        auto const found = find_at_most(us, 5);
        CHECK(found.truncated);
        CHECK(found.rows == 5);
        CHECK(clock::now() - begin < 5s);
    }
    CHECK(archive.connections() == 1);
}

TEST_CASE("thousands of rows come through in order of arrival, none lost")
{
    std::vector<bytes> many;
    for (int i = 0; i < 20'000; ++i)
        many.push_back(study_row(i));
    raw_scp const archive(answers(many));
    caller us(source_at(archive.port()));
    row_list rows;
    auto const found = us.find(all_studies(), rows, 60s);
    REQUIRE(found);
    REQUIRE(rows.rows.size() == 20'000);
    CHECK(rows.rows[19'999].text(tags::StudyInstanceUID) == "1.2.3.19999");
}

TEST_CASE("an answer beyond the configured size is an error, not a shorter list")
{
    raw_scp const archive(answers(std::vector<bytes>(100, study_row(1))));
    auto source = source_at(archive.port());
    source.limits.max_answer = 1000;
    caller us(source);
    auto const found = us.find();
    REQUIRE_FALSE(found);
    CHECK(found.error().code == errc::too_large);
}

}  // namespace
