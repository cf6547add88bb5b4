#include "upstream/dimse/dimse_worklist.hpp"

#include "mapping/dicom_stream.hpp"
#include "mapping/dictionary.hpp"
#include "tests/support/run.hpp"
#include "tests/upstream/dimse/asking.hpp"

#include <doctest/doctest.h>

#include <string_view>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;
namespace tags = mapping::tags;

constexpr std::string_view in_latin_1 = "M\xDCLLER";

bytes on_the_wire(mapping::data_set const& set)
{
    auto const written = mapping::write_data_set(set, mapping::encoding::explicit_le, "ISO_IR 100").bytes;
    return {reinterpret_cast<char const*>(written.data()), written.size()};
}

bytes an_item()
{
    mapping::data_set item;
    item.add(tags::PatientName, "MÜLLER^JÖRG");
    item.add(tags::PatientID, "P1");
    return on_the_wire(item);
}

struct answered {
    result<upstream::found> how;
    row_list rows;
    std::vector<bytes> asked;
};

using answering = std::function<void(raw_scp::connection&, dimse_message const&)>;

/// Asks `peer`'s list.
answered ask(mapping::data_set const& identifier, answering const& answer, std::uint32_t max_results = 0)
{
    answered all{.how = fail(errc::cancelled), .rows = {}, .asked = {}};
    {
        raw_scp const peer([&](raw_scp::connection& over) {
            over.accept_association();
            for (;;) {
                auto const rq = over.read_message();
                all.asked.push_back(rq.data_set);
                answer(over, rq);
            }
        });
        auto source = source_at(peer.port());
        source.quirks.max_results = max_results;
        upstream::worklist_query const query{
            .identifier = identifier, .keys = {}, .charset = "ISO_IR 100", .max_rows = 100};
        auto const worklist = upstream::dimse::make_worklist(source, upstream::dimse::make_pool(source));
        all.how = run(worklist->find(query, all.rows, clock::now() + 10s));
    }
    return all;
}

/// The same for a patient by name.
answered ask(std::string_view name, answering const& answer, std::uint32_t max_results = 0)
{
    mapping::data_set identifier;
    identifier.add(tags::SpecificCharacterSet, "ISO_IR 100");
    identifier.add(tags::PatientName, name);
    identifier.add(tags::PatientID, "");
    return ask(identifier, answer, max_results);
}

/// Finds by ASCII only.
void find_in_ascii(raw_scp::connection& over, dimse_message const& rq)
{
    if (rq.data_set.find(in_latin_1) == bytes::npos)
        over.respond(rq, 0xFF00, an_item());
    over.respond(rq, 0);
}

}  // namespace

TEST_CASE("a worklist that finds nothing by letters beyond ASCII is asked without them")
{
    auto const told = ask("MÜLLER*", find_in_ascii);
    REQUIRE(told.how);
    CHECK(told.how->issues.empty());
    REQUIRE(told.rows.rows.size() == 1);
    CHECK(told.rows.rows.front().text(tags::PatientName) == "MÜLLER^JÖRG");
    REQUIRE(told.asked.size() == 2);
    CHECK(told.asked[0].find(in_latin_1) != bytes::npos);  // as the peer wrote it
    CHECK(told.asked[1].find("LLER") == bytes::npos);
}

TEST_CASE("a worklist that finds nothing by what it need not know is asked without it")
{
    struct {
        char const* name;
        mapping::tag attribute;
        std::vector<std::string_view> values;
        std::size_t asked;
    } const cases[] = {
        {"a wild card in an id", tags::PatientID, {"G*"}, 2},
        {"one character of it", tags::AccessionNumber, {"1000?"}, 2},
        {"a list of UIDs", tags::StudyInstanceUID, {"1.2", "1.3"}, 2},
        {"an id", tags::PatientID, {"GV1"}, 1},
        {"one UID", tags::StudyInstanceUID, {"1.2"}, 1},
        {"a wild card in a name", tags::PatientName, {"V*"}, 1},
        {"a range of dates", tags::StudyDate, {"20240101-20240102"}, 1},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        mapping::data_set key;
        key.begin(c.attribute, mapping::find_attribute(c.attribute)->vr);
        for (auto const value : c.values)
            key.value(value);
        for (bool const inside : {false, true}) {
            mapping::data_set identifier;
            if (inside)
                identifier.add_sequence(mapping::tag{0x00400100})->push_back(key);
            auto const& asked = inside ? identifier : key;
            auto const told = ask(asked, [&](raw_scp::connection& over, dimse_message const& rq) {
                if (rq.data_set.find(bytes(c.values.front())) == bytes::npos)
                    over.respond(rq, 0xFF00, an_item());
                over.respond(rq, 0);
            });
            CHECK(told.asked.size() == c.asked);
            CHECK(told.rows.rows.size() == c.asked - 1);
        }
    }
}

TEST_CASE("a worklist that finds something, or is asked in ASCII, is asked once")
{
    CHECK(ask("MULLER*", [](auto& over, auto const& rq) { over.respond(rq, 0); }).asked.size() == 1);
    auto const told = ask("MÜLLER*", [](auto& over, auto const& rq) {
        over.respond(rq, 0xFF00, an_item());
        over.respond(rq, 0);
    });
    CHECK(told.asked.size() == 1);
    CHECK(told.rows.rows.size() == 1);
}

TEST_CASE("a worklist that will not be asked without them may hold something back")
{
    auto const told = ask("MÜLLER*", [](raw_scp::connection& over, dimse_message const& rq) {
        over.respond(rq, rq.data_set.find(in_latin_1) == bytes::npos ? 0xA900 : 0);
    });
    REQUIRE(told.how);
    REQUIRE(told.how->issues.size() == 1);
    CHECK(told.how->issues.front().what == issue::kind::incomplete);

    auto const never = ask("MÜLLER*", [](auto& over, auto const& rq) { over.respond(rq, 0xA900); });
    REQUIRE_FALSE(never.how);
    CHECK(never.how.error().code == errc::refused);
    CHECK(never.asked.size() == 2);
}

TEST_CASE("a worklist that gives as many items as it is known to stop at may hold something back")
{
    struct {
        std::uint32_t items;
        std::uint32_t max_results;
        std::size_t issues;
    } const cases[] = {{5, 5, 1}, {6, 5, 1}, {4, 5, 0}, {5, 0, 0}, {0, 5, 0}};
    for (auto const& c : cases) {
        CAPTURE(c.items);
        CAPTURE(c.max_results);
        auto const told = ask(
            "MULLER*",
            [&](raw_scp::connection& over, dimse_message const& rq) {
                for (std::uint32_t n = 0; n < c.items; ++n)
                    over.respond(rq, 0xFF00, an_item());
                over.respond(rq, 0);
            },
            c.max_results);
        REQUIRE(told.how);
        CHECK(told.rows.rows.size() == c.items);
        REQUIRE(told.how->issues.size() == c.issues);
        if (c.issues != 0)
            CHECK(told.how->issues.front().what == issue::kind::incomplete);
    }
}
