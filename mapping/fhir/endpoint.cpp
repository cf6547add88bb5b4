#include "mapping/fhir/endpoint.hpp"

#include "mapping/fhir/common.hpp"

#include <algorithm>

namespace pons::mapping::fhir {

namespace {

void write_one_coding(writer& w, std::string_view system, std::string_view code, std::string_view display)
{
    w.begin_item();
    w.property("system", system);
    w.property("code", code);
    w.optional("display", display);
    w.end_item();
}

struct kind_row {
    std::string_view connection_type;
    std::string_view text;
    std::string_view media_type;  ///< of what goes over it; empty: not told
};

constexpr kind_row kinds[] = {{"dicom-wado-rs", "DICOM WADO-RS", "application/dicom"},
                              {"dicom-qido-rs", "DICOM QIDO-RS", "application/dicom+json"},
                              {"dicom-stow-rs", "DICOM STOW-RS", "application/dicom"},
                              {"dicom-wado-uri", "DICOM WADO-URI", "application/dicom"},
                              {"ihe-iid", "DICOM IID", {}}};

/// Of one that is not known: the first.
kind_row const& kind_of(std::string_view connection_type)
{
    auto const* const known = std::ranges::find(kinds, connection_type, &kind_row::connection_type);
    return known != std::end(kinds) ? *known : kinds[0];
}

}  // namespace

endpoint_shape make_endpoint_shape(view v, std::span<std::string const> elements)
{
    auto const shown = [&](std::string_view element) {
        return elements.empty() ? v != view::text : std::ranges::find(elements, element) != elements.end();
    };
    return {.name = shown("name"),
            .payload_mime_type = shown("payloadMimeType"),
            .subsetted = v != view::all || !elements.empty()};
}

void write_endpoint(writer& w, std::string_view element, endpoint_facts const& endpoint, endpoint_shape const& as)
{
    w.begin_resource(element, "Endpoint");
    w.property("id", endpoint.id);
    if (as.subsetted)
        write_subsetted(w);
    w.property("status", "active");
    w.begin_object("connectionType");
    w.property("system", connection_type_system);
    w.property("code", endpoint.connection_type);
    w.end_object();
    if (as.name)
        w.optional("name", endpoint.name);
    // R4 wants a payloadType; its own code system has no code for DICOM (fhir.md 3.2).
    w.begin_list("payloadType");
    w.begin_item();
    w.begin_list("coding");
    write_one_coding(w, "http://terminology.hl7.org/CodeSystem/endpoint-payload-type", "any", "Any");
    write_one_coding(w, "http://dicom.nema.org/resources/ontology/DCM", "113014", "DICOM Study");
    w.end_list();
    auto const& kind = kind_of(endpoint.connection_type);
    w.property("text", kind.text);
    w.end_item();
    w.end_list();
    if (as.payload_mime_type && !kind.media_type.empty()) {
        w.begin_list("payloadMimeType");
        w.item(kind.media_type);
        w.end_list();
    }
    w.property("address", endpoint.address);
    w.end_resource();
}

}  // namespace pons::mapping::fhir
