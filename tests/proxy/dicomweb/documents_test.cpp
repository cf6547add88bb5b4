#include "tests/support/documents.hpp"
#include "proxy/dicomweb/attributes.hpp"

using namespace pons;

namespace {

std::string describe_results()
{
    std::string text = "| results | attributes |\n| --- | --- |\n";
    using mapping::level;
    for (auto const& [at, name] : {std::pair(level::study, "studies"), std::pair(level::series, "series"),
                                   std::pair(level::instance, "instances")}) {
        std::string list;
        for (auto const& row : proxy::dicomweb::result_attributes())
            if (row.at == at)
                list.append(list.empty() ? "" : ", ")
                    .append(mapping::find_attribute(row.tag)->keyword)
                    .append(row.if_known ? " (if known)" : "");
        text.append("| ").append(name).append(" | ").append(list).append(" |\n");
    }
    return text;
}

}  // namespace

TEST_CASE("the conformance statement lists what results of searches hold")
{
    test::check_table("docs/conformance.md", "dicomweb results", describe_results());
}
