// What a crosswalk is told: Patients, Bundles, Parameters, tables. Nothing crashes, what is read keeps its bounds, and
// the links of records end.
#include "config/crosswalk_file.hpp"
#include "tests/fuzz/expect.hpp"
#include "upstream/crosswalk/records.hpp"

#include <algorithm>
#include <string>

using namespace pons;
using namespace pons::upstream;

namespace {

void expect_ids(std::vector<mapping::search::issued_id> const& ids)
{
    for (auto const& id : ids) {
        PONS_EXPECT(!id.system.empty() && !id.value.empty());
        PONS_EXPECT(id.value.front() != ' ' && id.value.back() != ' ');
    }
}

void expect_patient(patient_record const& patient)
{
    PONS_EXPECT(!patient.id.empty() && patient.ids.size() <= most_in_list && patient.links.size() <= most_in_list);
    expect_ids(patient.ids);
}

/// The Patients of a page as one server's: some links lead from one to the other.
void follow(std::vector<patient_record> patients)
{
    patient_records records("http://ehr.example/fhir");
    for (auto& one : patients) {
        if (records.has(one.id))
            continue;
        if (!records.add(std::move(one)))
            return;
    }
    std::size_t steps = 0;
    for (auto id = records.next(); id; id = records.next()) {
        PONS_EXPECT(++steps <= most_records);
        PONS_EXPECT(!records.has(*id) && *id != "..");
        if (!records.add_missing(*id))
            return;
    }
    if (auto const one = records.as_one()) {
        PONS_EXPECT(one->ids.size() <= most_ids && std::ranges::is_sorted(one->ids));
        expect_ids(one->ids);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size)
{
    std::string const text(reinterpret_cast<char const*>(data), size);
    if (auto const patient = read_patient(text)) {
        expect_patient(*patient);
        follow({*patient});
    }
    if (auto page = read_patients(text)) {
        for (auto const& patient : page->patients)
            expect_patient(patient);
        if (!page->patients.empty())
            follow(std::move(page->patients));
    }
    if (auto const ids = read_pix_answer(text))
        expect_ids(*ids);
    auto const file = config::parse_crosswalk_file(text, "p");
    PONS_EXPECT(file.diagnostics.size() <= 50);
    if (file.diagnostics.empty())
        for (auto const& [id, place] : file.table.by_id)
            PONS_EXPECT(!id.empty() && place < file.table.patients.size() && file.table.patients[place].size() <= 64);
    return 0;
}
