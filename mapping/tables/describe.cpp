#include "mapping/tables/describe.hpp"

#include "mapping/search/parameter.hpp"
#include "mapping/tables/imaging_study.hpp"

namespace pons::mapping::tables {

namespace {

constexpr std::string_view level_names[] = {"study", "series", "instance"};

std::string_view name_of(level at)
{
    return level_names[static_cast<std::size_t>(at)];
}

std::string list_of(std::span<tag const> attributes)
{
    std::string text;
    for (auto const t : attributes)
        if (t != tag{})
            text.append(text.empty() ? "" : "<br>").append(describe(t));
    return text;
}

std::string element_rows(std::span<element_row const> rows)
{
    std::string text =
        "| element | type | card. | Σ | from | level | not carried over | source |\n| --- | --- | --- | --- | --- | "
        "--- | --- | --- |\n";
    for (auto const& row : rows)
        text.append("| `")
            .append(row.element)
            .append("` | ")
            .append(row.type)
            .append(" | ")
            .append(row.cardinality)
            .append(row.in_summary ? " | Σ | " : " | | ")
            .append(list_of(row.from))
            .append(" | ")
            .append(name_of(row.at))
            .append(" | ")
            .append(row.loss)
            .append(" | ")
            .append(row.spec)
            .append(" |\n");
    return text;
}

std::string modifiers_of(search::modifier_set const& set)
{
    using search::modifier;
    std::string text;
    for (auto const m : {modifier::missing, modifier::not_, modifier::identifier, modifier::of_type, modifier::exact,
                         modifier::contains, modifier::type})
        if (set.has(m))
            text.append(text.empty() ? ":" : ", :").append(search::name_of(m));
    return text;
}

}  // namespace

std::string describe_elements()
{
    return element_rows(imaging_study());
}

std::string describe_patient()
{
    return element_rows(patient());
}

std::string describe_search_parameters()
{
    std::string text =
        "| parameter | type | modifiers | chains | judged at | asked of a DICOMweb archive | asked of a DIMSE archive "
        "|\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n";
    for (auto const& row : search::imaging_study_parameters()) {
        std::string chains;
        for (auto const& chain : row.chains) {
            chains.append(chains.empty() ? "" : ", ").append(chain.name);
            if (auto const modifiers = modifiers_of(chain.modifiers); !modifiers.empty())
                chains.append(" (").append(modifiers).append(")");
        }
        text.append("| `")
            .append(row.name)
            .append("` | ")
            .append(search::name_of(row.type))
            .append(" | ")
            .append(modifiers_of(row.modifiers))
            .append(" | ")
            .append(chains)
            .append(" | ")
            .append(name_of(row.at))
            .append(" | ")
            .append(row.qido)
            .append(" | ")
            .append(row.c_find)
            .append(" |\n");
    }
    return text;
}

std::string describe_return_keys()
{
    std::string text = "| level | attributes |\n| --- | --- |\n";
    for (auto const at : {level::study, level::series, level::instance})
        text.append("| ").append(name_of(at)).append(" | ").append(list_of(return_keys(at))).append(" |\n");
    return text;
}

}  // namespace pons::mapping::tables
