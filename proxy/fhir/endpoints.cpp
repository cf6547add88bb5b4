#include "proxy/fhir/endpoints.hpp"

namespace pons::proxy::fhir {

std::vector<mapping::endpoint_facts> all_endpoints(service const& s)
{
    struct {
        std::string_view kind;
        std::string_view path;  ///< below the public URL
        bool of_source;         ///< the name of the source ends the path
    } const others[] = {
        {"qido-rs", "/dicomweb/sources/", true}, {"stow-rs", "/dicomweb/sources/", true}, {"wado-uri", "/wado", false}};
    std::vector<mapping::endpoint_facts> all;
    for (auto const& source : s.sources) {
        auto const& facts = *source.facts;
        all.insert(all.end(), facts.endpoints.begin(), facts.endpoints.end());
        for (auto const& other : others) {
            auto& endpoint = all.emplace_back();
            endpoint.id.append(facts.name).append("-").append(other.kind);
            endpoint.connection_type.append("dicom-").append(other.kind);
            endpoint.name = facts.name;
            endpoint.address.append(s.settings.http.public_url).append(other.path);
            if (other.of_source)
                endpoint.address += facts.name;
        }
    }
    return all;
}

}  // namespace pons::proxy::fhir
