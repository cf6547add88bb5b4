#include "mapping/fhir/capability.hpp"

#include "mapping/search/parameter.hpp"

#include <array>
#include <string>

namespace pons::mapping::fhir {

namespace {

using search::modifier;

void write_interactions(writer& w)
{
    w.begin_list("interaction");
    for (auto const code : {"read", "search-type"}) {
        w.begin_item();
        w.property("code", code);
        w.end_item();
    }
    w.end_list();
    w.property("versioning", "no-version");
    w.boolean("readHistory", false);
    w.property("conditionalRead", "not-match");
}

void write_parameter(writer& w, std::string_view name, std::string_view definition, search::parameter_type type,
                     std::string_view documentation)
{
    w.begin_item();
    w.property("name", name);
    w.property("definition", definition);
    w.property("type", search::name_of(type));
    w.optional("documentation", documentation);
    w.end_item();
}

std::string list_of(search::modifier_set const& set)
{
    std::string text;
    for (auto const m : {modifier::missing, modifier::not_, modifier::identifier, modifier::of_type, modifier::exact,
                         modifier::contains, modifier::type})
        if (set.has(m))
            text.append(text.empty() ? "" : ", ").append(search::name_of(m));
    return text;
}

/// "Modifiers: missing, not. Chains: identifier (missing, not), name (missing, exact, contains)."
std::string document(search::parameter_row const& row)
{
    std::string text;
    if (auto const modifiers = list_of(row.modifiers); !modifiers.empty())
        text.append("Modifiers: ").append(modifiers).append(".");
    if (row.chains.empty())
        return text;
    text.append(text.empty() ? "Chains: " : " Chains: ");
    for (auto const& chain : row.chains) {
        if (&chain != &row.chains.front())
            text.append(", ");
        text.append(chain.name);
        if (auto const modifiers = list_of(chain.modifiers); !modifiers.empty())
            text.append(" (").append(modifiers).append(")");
    }
    return text.append(".");
}

void write_imaging_study_capability(writer& w, std::string_view explain)
{
    w.begin_item();
    w.property("type", "ImagingStudy");
    w.property("profile", "http://hl7.org/fhir/StructureDefinition/ImagingStudy");
    write_interactions(w);
    w.begin_list("searchInclude");
    w.item("ImagingStudy:endpoint");
    w.end_list();
    w.begin_list("searchParam");
    for (auto const& row : search::imaging_study_parameters())
        write_parameter(w, row.name, row.definition, row.type, document(row));
    w.end_list();
    if (!explain.empty()) {
        w.begin_list("operation");
        w.begin_item();
        w.property("name", "explain");
        w.property("definition", explain);
        w.end_item();
        w.end_list();
    }
    w.end_item();
}

void write_endpoint_capability(writer& w)
{
    w.begin_item();
    w.property("type", "Endpoint");
    w.property("profile", "http://hl7.org/fhir/StructureDefinition/Endpoint");
    write_interactions(w);
    w.begin_list("searchParam");
    for (auto const& row : search::endpoint_parameters())
        write_parameter(w, row.name, row.definition, row.type, {});
    w.end_list();
    w.end_item();
}

}  // namespace

void write_capability_statement(writer& w, capability_facts const& facts)
{
    w.begin_resource({}, "CapabilityStatement");
    w.property("status", "active");
    w.property("date", facts.date);
    w.property("kind", "instance");
    w.begin_object("software");
    w.property("name", "Pons");
    w.property("version", facts.version);
    w.end_object();
    w.begin_object("implementation");
    w.property("description", "Imaging studies of DICOM archives, searched live");
    w.property("url", facts.base);
    w.end_object();
    w.property("fhirVersion", "4.0.1");
    w.begin_list("format");
    for (auto const format : {"application/fhir+json", "application/fhir+xml", "json", "xml"})
        w.item(format);
    w.end_list();
    w.begin_list("rest");
    w.begin_item();
    w.property("mode", "server");
    w.property("documentation",
               facts.needs_key
                   ? "Read only. Searches need a key that narrows: patient, identifier, _id, or a range of started."
                   : "Read only.");
    w.begin_list("resource");
    write_imaging_study_capability(w, facts.explain);
    write_endpoint_capability(w);
    w.end_list();
    w.begin_list("compartment");
    w.item("http://hl7.org/fhir/CompartmentDefinition/patient");
    w.end_list();
    w.end_item();
    w.end_list();
    w.end_resource();
}

void write_explain_definition(writer& w, std::string_view url)
{
    w.begin_resource({}, "OperationDefinition");
    w.property("id", explain_definition_id);
    w.property("url", url);
    w.property("name", "ExplainImagingStudySearch");
    w.property("title", "What a search of ImagingStudy asks of the archives");
    w.property("status", "active");
    w.property("kind", "operation");
    w.property(
        "description",
        "Tells what a search would ask of each archive, in which forms and parts, and what is judged afterwards; "
        "or makes it, and tells what was asked and what became of the rows.");
    w.boolean("affectsState", false);
    w.property("code", "explain");
    w.property("comment",
               "All parameters of a search of ImagingStudy may be given, in the query or in a form. Text for people: "
               "Accept: text/plain.");
    w.begin_list("resource");
    w.item("ImagingStudy");
    w.end_list();
    w.boolean("system", false);
    w.boolean("type", true);
    w.boolean("instance", false);
    w.begin_list("parameter");
    auto const parameter = [&](std::string_view name, std::string_view use, std::uint32_t least,
                               std::string_view documentation, std::string_view type) {
        w.begin_item();
        w.property("name", name);
        w.property("use", use);
        w.property("min", least);
        w.property("max", "1");
        w.property("documentation", documentation);
        w.property("type", type);
        w.end_item();
    };
    parameter("_trace", "in", 0, "Make the search, and tell how it went. It costs what the search costs.", "boolean");
    parameter("return", "out", 1, "Named parts: sources with their queries, and what is done with what they bring.",
              "Parameters");
    w.end_list();
    w.end_resource();
}

}  // namespace pons::mapping::fhir
