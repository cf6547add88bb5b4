#include "proxy/fhir/routes.hpp"

#include "proxy/fhir/explain/operation.hpp"
#include "proxy/fhir/read.hpp"
#include "proxy/fhir/search.hpp"

namespace pons::proxy::fhir {

namespace {

using interaction = awaitable<http::response> (*)(service&, http::exchange const&);

struct row {
    http::verb method;
    std::string_view path;
    std::string_view name;
    interaction handler;
};

constexpr row rows[] = {
    {http::verb::get, "/metadata", "fhir.capabilities", &read_capabilities},
    {http::verb::get, "/ImagingStudy", "fhir.search", &search_imaging_study},
    {http::verb::post, "/ImagingStudy/_search", "fhir.search", &search_imaging_study},
    {http::verb::get, "/ImagingStudy/$explain", "fhir.explain", &explain_imaging_study},
    {http::verb::post, "/ImagingStudy/$explain", "fhir.explain", &explain_imaging_study},
    {http::verb::get, "/OperationDefinition/{id}", "fhir.operation.read", &read_operation_definition},
    {http::verb::get, "/ImagingStudy/{id}", "fhir.read", &read_imaging_study},
    {http::verb::get, "/Patient/{id}/ImagingStudy", "fhir.search", &search_patient_compartment},
    {http::verb::post, "/Patient/{id}/ImagingStudy/_search", "fhir.search", &search_patient_compartment},
    {http::verb::get, "/Endpoint", "fhir.endpoint.search", &search_endpoint},
    {http::verb::post, "/Endpoint/_search", "fhir.endpoint.search", &search_endpoint},
    {http::verb::get, "/Endpoint/{id}", "fhir.endpoint.read", &read_endpoint},
};

}  // namespace

std::vector<http::route> make_routes(std::shared_ptr<service> s)
{
    std::vector<http::route> routes;
    for (std::string_view const base : {"/fhir", "/fhir/r4"})
        for (auto const& r : rows)
            routes.push_back({.verbs = {r.method},
                              .pattern = std::string(base).append(r.path),
                              .name = std::string(r.name),
                              .handler = [s, handler = r.handler](http::exchange const& x) { return handler(*s, x); }});
    return routes;
}

}  // namespace pons::proxy::fhir
