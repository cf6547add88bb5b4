#include "proxy/dicomweb/service.hpp"

namespace pons::proxy::dicomweb {

target make_target(service& s, std::string_view source)
{
    target t{.sources = {}, .base = s.settings.http.public_url + "/dicomweb"};
    for (auto& one : *s.sources)
        if (source.empty() || one.facts->name == source)
            t.sources.push_back(&one);
    if (!source.empty())
        t.base.append("/sources/").append(source);
    return t;
}

std::string url_of(std::string_view base, std::string_view study, std::string_view series, std::string_view instance)
{
    std::string url(base);
    url.append("/studies/").append(study);
    if (!series.empty())
        url.append("/series/").append(series);
    if (!instance.empty())
        url.append("/instances/").append(instance);
    return url;
}

}  // namespace pons::proxy::dicomweb
