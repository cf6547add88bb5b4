// What a FHIR server tells of orders: Bundles of ServiceRequests and of those they refer to. Nothing crashes, what is
// read keeps its bounds, and what is made of it can be told in DICOM.
#include "mapping/codecs/identifier.hpp"
#include "mapping/dicom_stream.hpp"
#include "mapping/order_item.hpp"
#include "tests/fuzz/expect.hpp"
#include "upstream/orders/order_reader.hpp"

#include <string>

using namespace pons;
using namespace pons::mapping;
using namespace pons::mapping::orders;

namespace {

void expect_item(data_set const& item)
{
    for (auto const& row : order_rows()) {
        auto const& home = row.in == worklist_row::place::item ? item : item.items(tag{0x00400100}).front();
        for (std::size_t i = 0; i < home.count(row.attribute); ++i) {
            auto const value = home.text(row.attribute, i);
            PONS_EXPECT(row.as == "LT"_vr || value.find('\\') == value.npos);
            PONS_EXPECT(row.as != "UI"_vr || value.empty() || codecs::is_uid(value));
            PONS_EXPECT(row.as != "DA"_vr || value.empty() || value.size() == 8);
        }
    }
    // As the provider writes it; in two character sets.
    for (auto const* const charset : {"ISO_IR 192", "ISO_IR 100"})
        static_cast<void>(write_data_set(item, encoding::explicit_le, charset));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size)
{
    static auto const zone = codecs::find_zone("Europe/Vienna");
    order_facts const facts{.base = "http://ehr.example/fhir",
                            .patient_system = "urn:oid:1.2",
                            .patient_namespace = "HOSP",
                            .accession_system = "urn:oid:1.3",
                            .ae_title_system = "urn:oid:1.4",
                            .zone = zone ? &*zone : nullptr};
    std::vector<std::string> const categories{"http://snomed.info/sct|363679005"};
    auto page = upstream::orders::read_orders(std::string(reinterpret_cast<char const*>(data), size));
    if (!page)
        return 0;
    PONS_EXPECT(page->orders.size() + page->parties.size() <= upstream::orders::most_entries);
    parties came(facts.base);
    came.add(std::move(page->parties));
    for (auto const& one : page->orders) {
        PONS_EXPECT(!one.id.empty());
        static_cast<void>(is_scheduled(one, categories));
        expect_item(to_worklist_item(look_at(one, came, facts)));
    }
    return 0;
}
