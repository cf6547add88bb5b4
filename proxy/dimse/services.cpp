#include "proxy/dimse/services.hpp"

#include "proxy/dimse/echo.hpp"

namespace pons::proxy::dimse {

std::vector<service> make_services()
{
    return {make_echo()};
}

}  // namespace pons::proxy::dimse
