#include "proxy/http/exchange.hpp"

#include "proxy/http/text.hpp"

namespace pons::proxy::http {

std::string_view request::header(std::string_view name) const
{
    for (auto const& [field, value] : headers)
        if (equal_ignoring_case(field, name))
            return value;
    return {};
}

}  // namespace pons::proxy::http
