#include "proxy/worklists.hpp"

#include "upstream/guard/guard.hpp"
#include "upstream/orders/order_server.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

namespace pons::proxy {

namespace {

/// What all workers share of one server.
struct shared_server {
    config::order_server const* settings;
    mapping::codecs::zone zone;
    std::shared_ptr<upstream::budget> connections;
    std::shared_ptr<upstream::gate> gate;
};

}  // namespace

make_order_worklists prepare_worklists(config::settings const& settings)
{
    std::vector<shared_server> all;
    for (auto const& each : settings.worklists) {
        auto const source = upstream::orders::as_source(each);
        auto zone = mapping::codecs::find_zone(each.timezone);
        if (!zone)  // the configuration was checked
            throw std::invalid_argument("worklists: timezone");
        all.push_back({.settings = &each,
                       .zone = std::move(*zone),
                       .connections = std::make_shared<upstream::budget>(each.name, source.limits),
                       .gate = std::make_shared<upstream::gate>(source)});
    }
    return [all = std::move(all)] {
        std::vector<order_worklist> made;
        for (auto const& shared : all) {
            auto const server = upstream::orders::make_order_server(*shared.settings, shared.connections, shared.zone);
            order_worklist one;
            one.name = shared.settings->name;
            one.where = upstream::make_guarded(std::shared_ptr<upstream::worklist>(server), shared.gate);
            one.verify = [server](time_point deadline) { return server->verify(deadline); };
            made.push_back(std::move(one));
        }
        return made;
    };
}

}  // namespace pons::proxy
