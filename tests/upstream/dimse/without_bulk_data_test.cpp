#include "upstream/dimse/without_bulk_data.hpp"

#include "tests/support/run.hpp"
#include "tests/upstream/complete/told_archive.hpp"

#include <doctest/doctest.h>

#include <utility>

namespace {

using namespace pons;
using namespace pons::upstream;
using namespace pons::upstream::dimse;
using mapping::data_set;
using mapping::tag;
using namespace std::chrono_literals;

constexpr auto ct_image = "1.2.840.10008.5.1.4.1.1.2";
constexpr auto ecg = "1.2.840.10008.5.1.4.1.1.9.1.1";

contents one_series(held_classes classes)
{
    contents known;
    known.series.push_back({"1.2.3.4", "CT", std::move(classes)});
    known.instances = 2;
    known.uids = {"1.2.3.4.5", "1.2.3.4.6"};
    return known;
}

/// What a row of these attributes has at `wanted` afterwards: its value.
std::string place_in(std::initializer_list<std::pair<std::uint32_t, char const*>> attributes, std::uint32_t wanted)
{
    data_set row;
    for (auto const& [t, value] : attributes)
        row.add(tag{t}, value);
    add_left_out(row);
    return row.contains(tag{wanted}) ? std::string(row.text(tag{wanted})) : "absent";
}

TEST_CASE("a retrieve without bulk data names the instances, and takes their classes uncompressed")
{
    auto const attempt =
        plan_without_bulk_data({"1.2.3", {}, {}}, one_series({{ct_image, {"1.2.840.10008.1.2.4.90"}}}));
    REQUIRE(attempt);
    REQUIRE(attempt->size() == 1);
    auto const& step = attempt->front();
    CHECK(step.without_bulk_data == std::vector<std::string>{"1.2.3.4.5", "1.2.3.4.6"});
    REQUIRE(step.storage.size() == 1);
    CHECK(step.storage.front().abstract_syntax == ct_image);
    CHECK(step.storage.front().transfer_syntaxes ==
          std::vector<std::string>{"1.2.840.10008.1.2.1", "1.2.840.10008.1.2"});
    CHECK(step.requests == std::vector<retrieve_request>{{"1.2.3", {}, {}}});
}

TEST_CASE("there is none where classes or instances are not told, or what was left out could not be")
{
    retrieve_request const study{"1.2.3", {}, {}};
    CHECK_FALSE(plan_without_bulk_data(study, one_series({})));
    CHECK_FALSE(plan_without_bulk_data(study, one_series({{ct_image, {}}, {ecg, {}}})));
    auto nameless = one_series({{ct_image, {}}});
    nameless.uids.clear();
    CHECK_FALSE(plan_without_bulk_data(study, nameless));
    CHECK_FALSE(plan_without_bulk_data(study, {}));
}

TEST_CASE("a list names all where the archive counts no more than it lists")
{
    struct {
        char const* name;
        retrieve_request of;
        std::optional<std::uint64_t> in_study, in_series;
        bool names_all;
    } const cases[] = {
        {"a study, as counted", {"1.2", {}, {}}, 2, {}, true},
        {"a study of more", {"1.2", {}, {}}, 3, 2, false},
        {"a study that is not counted", {"1.2", {}, {}}, {}, 2, false},
        {"a study counted as nothing", {"1.2", {}, {}}, 0, 2, false},
        {"a series, as counted", {"1.2", "1.2.1", {}}, 9, 2, true},
        {"a series of more", {"1.2", "1.2.1", {}}, 2, 3, false},
        {"a series that is not counted", {"1.2", "1.2.1", {}}, 2, {}, false},
        {"an instance", {"1.2", "1.2.1", "1.2.3.4.5"}, {}, {}, true},
        {"an instance that is not there", {"1.2", "1.2.1", "1.2.3.4.7"}, 2, 2, false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        test::told_archive archive;
        archive.listed = {"1.5", "1.6"};
        archive.instances_announced = c.in_study;
        if (c.in_series)
            archive.in_series_announced["1.2.1"] = *c.in_series;
        auto const known = one_series({{ct_image, {}}});
        CHECK(test::run(names_all(archive, c.of, known, clock::now() + 20s)) == c.names_all);
        archive.find_fails = errc::refused;
        bool const told_by_the_list = !c.of.sop_instance_uid.empty() && c.names_all;
        CHECK(test::run(names_all(archive, c.of, known, clock::now() + 20s)) == told_by_the_list);
    }
}

TEST_CASE("what was left out gets its place back")
{
    CHECK(place_in({{0x00280100, "16"}, {0x00280101, "12"}}, 0x7FE00010) == "7FE00010");
    CHECK(place_in({{0x00280100, "32"}}, 0x7FE00008) == "7FE00008");
    CHECK(place_in({{0x00280100, "64"}}, 0x7FE00009) == "7FE00009");
    CHECK(place_in({{0x00280100, "32"}, {0x00280101, "32"}}, 0x7FE00008) == "absent");
    CHECK(place_in({{0x60020010, "256"}, {0x60020100, "1"}}, 0x60023000) == "60023000");
    CHECK(place_in({{0x60020010, "256"}, {0x60020100, "16"}}, 0x60023000) == "absent");
    CHECK(place_in({{0x00080016, "1.2.840.10008.5.1.4.1.1.104.1"}}, 0x00420011) == "00420011");
    CHECK(place_in({{0x00080016, "1.2.840.10008.5.1.4.1.1.4.2"}}, 0x56000020) == "56000020");
    CHECK(place_in({{0x00080016, "1.2.840.10008.5.1.4.1.1.88.22"}}, 0x7FE00010) == "absent");
}

TEST_CASE("what came all the same stays as it is")
{
    data_set row;
    row.add(tag{0x00280100}, "16");
    row.add(tag{0x00280101}, "16");
    row.add(tag{0x7FE00010}, mapping::vr_of('O', 'B'), {"7FE00010"});
    auto const before = row;
    add_left_out(row);
    CHECK(row == before);
}

}  // namespace
