#include "proxy/dimse/services.hpp"

#include "proxy/dimse/commitment.hpp"
#include "proxy/dimse/echo.hpp"
#include "proxy/dimse/find.hpp"
#include "proxy/dimse/retrieve.hpp"
#include "proxy/dimse/store.hpp"
#include "proxy/dimse/worklist.hpp"

namespace pons::proxy::dimse {

std::vector<service> make_services()
{
    auto const places = std::make_shared<stored_places>();
    return {make_echo(),
            make_find(),
            make_get(),
            make_move(),
            make_store(places),
            make_worklist(),
            make_commitment(places)};
}

}  // namespace pons::proxy::dimse
