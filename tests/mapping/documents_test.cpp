#include "tests/support/documents.hpp"

#include "mapping/order_item.hpp"
#include "mapping/tables/describe.hpp"
#include "mapping/worklist_item.hpp"

using namespace pons::mapping;
using pons::test::check_table;

TEST_CASE("the documents show the tables that the code uses")
{
    check_table("docs/mapping.md", "elements", tables::describe_elements());
    check_table("docs/mapping.md", "patient", tables::describe_patient());
    check_table("docs/mapping.md", "return keys", tables::describe_return_keys());
    check_table("docs/mapping.md", "worklist", describe_worklist());
    check_table("docs/mapping.md", "orders", orders::describe_orders());
    check_table("docs/conformance.md", "search parameters", tables::describe_search_parameters());
}
