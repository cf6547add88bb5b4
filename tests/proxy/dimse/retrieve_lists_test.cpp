#include "tests/proxy/dimse/retrieve_door.hpp"

using namespace pons;
using namespace pons::test;
namespace tags = mapping::tags;
using texts = std::vector<std::string>;

namespace {

keys_of_find list_of(std::string const& uids)
{
    return {{tags::StudyInstanceUID, "1.2.1"}, {tags::SeriesInstanceUID, "1.2.1.1"}, {tags::SOPInstanceUID, uids}};
}

texts lists(fixed_state const& state)
{
    texts all;
    for (auto const& one : state.retrieves) {
        std::string uids = one.sop_instance_uid;
        for (auto const& uid : one.sop_instance_uids)
            uids += (uids.empty() ? "" : " ") + uid;
        all.push_back(uids);
    }
    return all;
}

}  // namespace

TEST_CASE("several images of a series are asked for at once, where an archive can be asked so")
{
    retrieved_from pons;
    pons.web.takes_instance_lists = true;
    auto const got = get(pons.open(), list_of("1.2.1.1.2\\1.2.1.1.1\\1.2.1.1.9"), {}, "IMAGE");
    CHECK(got.status == 0x0000);
    CHECK(got.counts() == counts(2, 0, 0));
    CHECK(names(got) == texts{"1.2.1.1.1", "1.2.1.1.2"});
    pons.close();
    CHECK(lists(pons.web) == texts{"1.2.1.1.2 1.2.1.1.1"});
}

TEST_CASE("what a list did not bring is asked for by itself, and told when it does not come")
{
    retrieved_from pons;
    pons.web.takes_instance_lists = true;
    pons.web.instances.erase(pons.web.instances.begin());
    auto const got = get(pons.open(), list_of("1.2.1.1.1\\1.2.1.1.2"), {}, "IMAGE");
    CHECK(got.status == 0xB000);
    CHECK(got.counts() == counts(1, 1, 0));
    CHECK(got.failed_uids == texts{"1.2.1.1.1"});
    pons.close();
    CHECK(lists(pons.web) == texts{"1.2.1.1.1 1.2.1.1.2", "1.2.1.1.1"});
}

TEST_CASE("of an archive that takes no lists each is asked for by itself")
{
    retrieved_from pons;
    auto const got = get(pons.open(), list_of("1.2.1.1.1\\1.2.1.1.2"), {}, "IMAGE");
    CHECK(got.status == 0x0000);
    CHECK(got.counts() == counts(2, 0, 0));
    pons.close();
    CHECK(lists(pons.web) == texts{"1.2.1.1.1 1.2.1.1.2", "1.2.1.1.1", "1.2.1.1.2"});
}

TEST_CASE("what the list of one holder did not bring comes from another")
{
    retrieved_from pons;
    auto& other = pons.add_source("other");
    for (auto* const each : {&pons.web, &other})
        each->takes_instance_lists = true;
    other.studies.push_back(a_study(1));
    add_instances(other, other.studies.back(), explicit_le);
    pons.web.instances.erase(pons.web.instances.begin());
    auto const got = get(pons.open(), list_of("1.2.1.1.1\\1.2.1.1.2"), {}, "IMAGE");
    CHECK(got.status == 0x0000);
    CHECK(got.counts() == counts(2, 0, 0));
    pons.close();
    CHECK(lists(pons.web) == texts{"1.2.1.1.1 1.2.1.1.2", "1.2.1.1.1"});
    CHECK(lists(other) == texts{"1.2.1.1.1"});
}
