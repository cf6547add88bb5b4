#include "upstream/crosswalk/records.hpp"
#include "upstream/crosswalk/errc.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <utility>

using namespace pons;
using namespace pons::upstream;

namespace {

std::string const base = "http://ehr.example/fhir";

patient_record record(std::string id, std::vector<patient_link> links = {}, bool active = true)
{
    patient_record r{.id = id, .active = active, .ids = {}, .links = std::move(links)};
    r.ids.push_back({"urn:oid:1", "M" + id});
    return r;
}

/// The values of the ids, in order; "?" when it is not one patient.
std::string values(std::vector<patient_record> all)
{
    patient_records records(base);
    for (auto& one : all)
        if (!records.add(std::move(one)))
            return "?";
    auto const found = records.as_one();
    if (!found) {
        CHECK(found.error().code == crosswalk_errc::ambiguous_patient);
        return "?";
    }
    std::string text;
    for (auto const& id : found->ids)
        text += (text.empty() ? "" : " ") + id.value;
    return text;
}

}  // namespace

TEST_CASE("records are one patient when links say so")
{
    auto const by = [](std::string other) { return patient_link{"replaced-by", "Patient/" + other}; };
    auto const replaces = [](std::string other) { return patient_link{"replaces", "Patient/" + other}; };
    auto const beside = [](std::string other) { return patient_link{"seealso", "Patient/" + other}; };
    CHECK(values({record("1")}) == "M1");
    CHECK(values({record("1", {by("2")}), record("2")}) == "M1 M2");
    CHECK(values({record("2", {replaces("1")}), record("1")}) == "M1 M2");
    CHECK(values({record("1", {by("2")}), record("2", {by("3"), replaces("1")}), record("3")}) == "M1 M2 M3");
    CHECK(values({record("1", {beside("2")}), record("2")}) == "M1 M2");
    CHECK(values({record("1", {{"refer", base + "/Patient/2/_history/7"}}), record("2")}) == "M1 M2");
    // In a circle, as servers that keep both ends of a link may have it.
    CHECK(values({record("1", {by("2"), replaces("2")}), record("2", {by("1"), replaces("1")})}) == "M1 M2");
    CHECK(values({record("1", {by("1")})}) == "M1");
}

TEST_CASE("records that no link explains are not one patient")
{
    auto const by = [](std::string other) { return patient_link{"replaced-by", "Patient/" + other}; };
    auto const replaces = [](std::string other) { return patient_link{"replaces", "Patient/" + other}; };
    CHECK(values({record("1"), record("2")}) == "?");
    CHECK(values({record("1", {by("2"), by("3")}), record("2"), record("3")}) == "?");
    CHECK(values({record("2", {replaces("1")}), record("1"), record("3", {replaces("1")})}) == "?");
    // A record that is not in use says nothing of who else has its identifier.
    CHECK(values({record("1"), record("2", {}, false)}) == "M1");
    // Two survivors that refer to each other are one.
    CHECK(values({record("1", {by("2"), by("3")}), record("2", {{"seealso", "Patient/3"}}), record("3")}) ==
          "M1 M2 M3");
}

TEST_CASE("links that cannot be followed")
{
    struct {
        char const* type;
        char const* other;
        bool refused;
    } const cases[] = {
        {"replaced-by", "http://elsewhere.example/fhir/Patient/2", true},
        {"replaces", "", true},
        {"replaced-by", "Patient/..", true},
        {"replaces", "Patient/2/../../Group/1", true},
        {"seealso", "http://elsewhere.example/fhir/Patient/2", false},
        {"refer", "RelatedPerson/2", false},
        {"seealso", "", false},
        {"", "Patient/2", false},
        {"unheard-of", "Patient/2", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.other);
        patient_records records(base);
        auto const added = records.add(record("1", {{c.type, c.other}}));
        CHECK(added.has_value() != c.refused);
        CHECK_FALSE(records.next());
    }
}

TEST_CASE("a record that is gone matters only when it replaced another")
{
    patient_records old(base);
    REQUIRE(old.add(record("2", {{"replaces", "Patient/1"}})));
    CHECK(old.next() == "1");
    REQUIRE(old.add_missing("1"));
    CHECK_FALSE(old.next());
    CHECK(old.as_one()->ids.size() == 1);

    patient_records survivor(base);
    REQUIRE(survivor.add(record("1", {{"replaced-by", "Patient/2"}})));
    auto const gone = survivor.add_missing("2");
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code == crosswalk_errc::ambiguous_patient);
}

TEST_CASE("chains and identifiers have an end")
{
    patient_records chain(base);
    for (std::size_t i = 0; i < most_records; ++i)
        REQUIRE(chain.add(record(std::to_string(i), {{"replaces", "Patient/" + std::to_string(i + 1)}})));
    CHECK(chain.add(record("x")).error().code == crosswalk_errc::too_large);
    CHECK(chain.add_missing(std::to_string(most_records)).error().code == crosswalk_errc::too_large);

    auto many = record("1");
    for (std::size_t i = 0; i < most_ids; ++i)
        many.ids.push_back({"urn:oid:2", std::to_string(i)});
    patient_records full(base);
    CHECK(full.add(many).error().code == crosswalk_errc::too_large);
}

// Where both ends of every link are told, it does not matter from which record one comes.
TEST_CASE("every record of a patient leads to the same ids")
{
    unsigned whole = 0;
    unsigned refused = 0;
    for (unsigned seed = 0; seed < 3000; ++seed) {
        CAPTURE(seed);
        std::mt19937 dice(seed);
        auto const below = [&](std::size_t n) { return static_cast<std::size_t>(dice() % n); };
        std::vector<patient_record> all;
        auto const count = 1 + below(6);
        for (std::size_t i = 0; i < count; ++i)
            all.push_back(record(std::to_string(i), {}, below(5) != 0));
        for (auto links = below(count + 2); links > 0; --links) {
            auto& from = all[below(count)];
            auto& to = all[below(count)];
            bool const replaced = below(3) != 0;
            from.links.push_back({replaced ? "replaced-by" : "seealso", "Patient/" + to.id});
            to.links.push_back({replaced ? "replaces" : "seealso", "Patient/" + from.id});
        }
        auto const from = [&](std::size_t first) {
            patient_records records(base);
            REQUIRE(records.add(all[first]));
            std::set<std::string> met{all[first].id};
            for (auto id = records.next(); id; id = records.next()) {
                REQUIRE(records.add(all[std::stoul(*id)]));
                met.insert(*id);
            }
            return std::pair(records.as_one(), met);
        };
        for (std::size_t first = 0; first < count; ++first) {
            auto const [one, met] = from(first);
            ++(one ? whole : refused);
            if (!one)
                continue;
            for (auto const& id : one->ids) {
                auto const other = from(std::stoul(id.value.substr(1))).first;
                // A record that is not in use may have been passed over; it still leads to those who are.
                if (other)
                    CHECK(other->ids == one->ids);
            }
            CHECK(one->ids.size() <= met.size());
        }
    }
    CHECK(whole > 1000);
    CHECK(refused > 100);
}
