#include "proxy/dimse/sub_operations.hpp"

#include "mapping/dicom_stream.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace pons;
using namespace pons::proxy::dimse;

namespace {

using element = wire::command_element;

expectation expected(std::size_t count)
{
    expectation what;
    for (std::size_t n = 1; n <= count; ++n)
        what.instances.push_back({.sop_class_uid = "1.2", .sop_instance_uid = "1.2.3." + std::to_string(n)});
    return what;
}

}  // namespace

TEST_CASE("the final status says how sub-operations went")
{
    struct {
        char const* name;
        std::vector<std::uint16_t> answers;  // to the first of two
        std::size_t expected;
        std::uint16_t final;
        std::size_t completed, warned, failed;
    } const cases[] = {
        {"there was nothing", {}, 0, 0x0000, 0, 0, 0},
        {"all", {0, 0}, 2, 0x0000, 2, 0, 0},
        {"a warning", {0, 0xB007}, 2, 0xB000, 1, 1, 0},
        {"warnings only", {0xB000, 0x0116}, 2, 0xB000, 0, 2, 0},
        {"one failed", {0, 0xA700}, 2, 0xB000, 1, 0, 1},
        {"all failed", {0x0122, 0xC000}, 2, 0xA702, 0, 0, 2},
        {"one did not come", {0}, 2, 0xB000, 1, 0, 1},
        {"none came", {}, 2, 0xA702, 0, 0, 2},
        {"more than was expected", {0, 0, 0}, 2, 0x0000, 3, 0, 0},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        sub_operations done;
        done.expect(expected(c.expected));
        CHECK(done.remaining() == c.expected);
        for (std::size_t n = 0; n < c.answers.size(); ++n)
            done.answered("1.2.3." + std::to_string(n + 1), c.answers[n]);
        done.fail_rest();
        CHECK(done.final_status() == c.final);
        CHECK(done.completed() == c.completed);
        CHECK(done.warned() == c.warned);
        CHECK(done.failures() == c.failed);
        CHECK(done.remaining() == 0);
    }
}

TEST_CASE("numbers and the list of what failed are within what they can hold")
{
    sub_operations done;
    done.expect(expected(70'000));
    wire::command_set rsp;
    done.put_counts(rsp, true);
    CHECK(rsp.number(element::number_of_remaining_suboperations) == 65535);
    CHECK(done.failed_list(wire::uids::explicit_vr_little_endian).empty());
    done.answered("1.2.3.1", 0);
    done.fail_rest();
    wire::command_set last;
    done.put_counts(last, false);
    CHECK_FALSE(last.number(element::number_of_remaining_suboperations));
    CHECK(last.number(element::number_of_completed_suboperations) == 1);
    CHECK(last.number(element::number_of_failed_suboperations) == 65535);
    CHECK(last.number(element::number_of_warning_suboperations) == 0);
    auto const explicit_list = done.failed_list(wire::uids::explicit_vr_little_endian);
    auto const list = mapping::read_data_set(explicit_list, mapping::encoding::explicit_le, {});
    REQUIRE(list);
    mapping::tag const failed{0x00080058};
    CHECK(list->count(failed) == 1000);
    CHECK(list->text(failed).starts_with("1.2.3."));
    auto const implicit_list = done.failed_list(wire::uids::implicit_vr_little_endian);
    REQUIRE(implicit_list.size() == explicit_list.size());  // VR and 16 bits of length, or 32 of them
    CHECK(std::equal(implicit_list.begin(), implicit_list.begin() + 4, explicit_list.begin()));
    CHECK(std::equal(implicit_list.begin() + 8, implicit_list.end(), explicit_list.begin() + 8));
}
