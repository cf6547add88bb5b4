#include "tests/support/documents.hpp"

#include "proxy/dimse/conformance.hpp"

using namespace pons::proxy::dimse;
using pons::test::check_table;

TEST_CASE("the DICOM conformance statement shows what is negotiated and answered")
{
    constexpr auto statement = "docs/dicom-conformance.md";
    check_table(statement, "accepted", describe_accepted());
    check_table(statement, "proposed", describe_proposed());
    check_table(statement, "find statuses", describe_find_statuses());
    check_table(statement, "store statuses", describe_store_statuses());
    check_table(statement, "associations", describe_associations());
}
