#include "proxy/dimse/services.hpp"

#include "proxy/dimse/echo.hpp"
#include "proxy/dimse/find.hpp"
#include "proxy/dimse/retrieve.hpp"
#include "proxy/dimse/store.hpp"

namespace pons::proxy::dimse {

std::vector<service> make_services()
{
    return {make_echo(), make_find(), make_get(), make_move(), make_store()};
}

}  // namespace pons::proxy::dimse
