// A query string from its split to the plan: nothing crashes, and what was understood is written and read the same.
#include "mapping/search/judge.hpp"
#include "mapping/search/plan.hpp"
#include "tests/fuzz/expect.hpp"

#include <string_view>

using namespace pons::mapping;
using namespace pons::mapping::search;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    unsigned const switches = data[0];
    std::string_view const query(reinterpret_cast<char const*>(data) + 1, size - 1);
    parse_options const options{.base = "http://pons.example/fhir", .strict = (switches & 1) != 0};
    auto const request = parse(split_query(query), options);
    if (!request)
        return 0;
    PONS_EXPECT(split_query(to_query(request->used)) == request->used);
    PONS_EXPECT(!request->count || *request->count <= options.max_count);

    source_facts facts;
    facts.accession = {.trim = true, .pad = (switches & 2) != 0 ? 8U : 0U, .prefix = (switches & 4) != 0 ? "X" : ""};
    abilities const can{(switches & 8) != 0, (switches & 16) != 0, (switches & 32) != 0, (switches & 64) != 0};
    auto const p = make_plan(request->criteria, facts, can);
    PONS_EXPECT(p.impossible || !p.alternatives.empty());
    for (auto const& alternative : p.alternatives) {
        for (auto const& k : alternative) {
            PONS_EXPECT(!k.values.empty());
            for (auto const& value : k.values) {
                PONS_EXPECT(!value.empty() && value != "*" && value != "\"\"");
                PONS_EXPECT(value.find('\\') == value.npos);
            }
        }
        PONS_EXPECT(to_find_request(p, alternative, nullptr).keys.size() == alternative.size());
    }
    study_record record;
    record.source = &facts;
    record.attributes.add(tags::StudyInstanceUID, "1.2.3");
    record.series_known = true;
    PONS_EXPECT(judge(request->criteria).of(record) != verdict::open);
    return 0;
}
