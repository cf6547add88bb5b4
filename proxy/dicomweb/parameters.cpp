#include "proxy/dicomweb/parameters.hpp"

#include "mapping/search/query_string.hpp"

namespace pons::proxy::dicomweb {

std::string accepted(http::request const& req)
{
    std::string accept(req.header("Accept"));
    for (auto& [name, value] : mapping::search::split_query(req.query))
        if (name == "accept" && !value.empty())
            accept = std::move(value);
    return accept;
}

}  // namespace pons::proxy::dicomweb
