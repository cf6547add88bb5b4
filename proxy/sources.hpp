#pragma once

#include "config/settings.hpp"
#include "mapping/record.hpp"
#include "mapping/search/plan.hpp"
#include "upstream/search/source.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace pons::upstream::dimse {
class commitment_registry;
class move_registry;
}  // namespace pons::upstream::dimse

/// From the configuration to what the faces use.
namespace pons::proxy {

/// What is known of a source: issuer, zone, accession rules, and its Endpoints below `http.public_url`.
std::shared_ptr<mapping::source_facts const> make_facts(config::settings const& settings, config::source const& source);

mapping::search::abilities make_abilities(config::quirks const& quirks);

/// The archives of one worker; pools and budgets behind them are shared by the workers.
using make_sources = std::function<std::vector<upstream::searched_source>()>;

/// What may change of a source while it is served, as `upstream::gate::change`: from here on it is as in `now`, whose
/// name is one of the sources. Where it may not be asked any more by that, whatever runs on it is ended, idle
/// associations and connections are let go. What was kept of its answers is forgotten in any case. Gives whether it may
/// be asked. Any thread, one at a time; does not wait.
using change_source = std::function<bool(config::source const& now)>;

struct prepared_sources {
    make_sources make;
    change_source change;
};

/// Makes the shared part of every source (association pools, connection budgets, facts) once and gives a function that
/// makes a worker's archives, and one that switches them on and off. `settings` must outlive both. `moves`: for C-MOVE,
/// the registry that the process's store provider has, too; without it there is none. `commitments`: the same for
/// storage commitment.
prepared_sources prepare_sources(config::settings const& settings,
                                 std::shared_ptr<upstream::dimse::move_registry> moves = nullptr,
                                 std::shared_ptr<upstream::dimse::commitment_registry> commitments = nullptr);

}  // namespace pons::proxy
