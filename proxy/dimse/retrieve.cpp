#include "proxy/dimse/retrieve.hpp"

#include "proxy/dimse/get_carrier.hpp"
#include "proxy/dimse/locate.hpp"
#include "proxy/dimse/move_carrier.hpp"
#include "proxy/dimse/receive_identifier.hpp"
#include "proxy/dimse/retrieving.hpp"
#include "upstream/dimse/store_provider_contexts.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>

namespace pons::proxy::dimse {

namespace {

using element = wire::command_element;

/// The identifier, all of it read. An error of the association; nothing: it has been answered.
result<std::optional<retrieve_query>> understand(operation& of, find_model model)
{
    auto const refuse = [&](std::string_view why) -> result<std::optional<retrieve_query>> {
        if (auto const said = of.respond(status::identifier_does_not_match, why); !said)
            return tl::unexpected(said.error());
        return std::nullopt;
    };
    auto const identifier = receive_identifier(of);
    if (!identifier || !*identifier)
        return identifier ? result<std::optional<retrieve_query>>(std::nullopt) : tl::unexpected(identifier.error());
    auto const* const extended = of.over.extended(of.context.abstract_syntax);
    bool const relational = extended && is_relational_retrieve(extended->information);
    auto query = to_retrieve_query(**identifier, model, of.bounds.max_candidates, relational);
    if (!query)
        return refuse(query.error().where);
    if (query->lacks_path() && !finds_by_uid(of.settings, of.sources))
        return refuse("no archive here finds series or images by their UIDs alone");
    return std::optional<retrieve_query>(std::move(*query));
}

result<void> serve_get(operation& of)
{
    bool const by_patient = of.context.abstract_syntax == wire::uids::patient_root_get;
    auto const query = understand(of, by_patient ? find_model::patient_root : find_model::study_root);
    if (!query || !*query)
        return query ? result<void>() : tl::unexpected(query.error());
    retrieving work(of, **query);
    get_carrier to(of, work.cancelled);
    return work.run(to);
}

result<void> serve_move(operation& of)
{
    bool const by_patient = of.context.abstract_syntax == wire::uids::patient_root_move;
    auto const query = understand(of, by_patient ? find_model::patient_root : find_model::study_root);
    if (!query || !*query)
        return query ? result<void>() : tl::unexpected(query.error());
    auto const& peers = of.settings.peers;
    auto const to = std::ranges::find(peers, of.rq.command.text(element::move_destination), &config::peer::name);
    if (to == peers.end())
        return of.respond(status::move_destination_unknown, "the destination is none of the peers");
    retrieving work(of, **query);
    move_carrier carrier(of, *to);
    return work.run(carrier);
}

bool is_get(std::string_view abstract_syntax)
{
    return abstract_syntax == wire::uids::patient_root_get || abstract_syntax == wire::uids::study_root_get;
}

bool is_move(std::string_view abstract_syntax)
{
    return abstract_syntax == wire::uids::patient_root_move || abstract_syntax == wire::uids::study_root_move;
}

std::optional<wire::extended_negotiation> answer(wire::extended_negotiation const& asked)
{
    return wire::extended_negotiation{asked.sop_class_uid, answer_retrieve_options(asked.information)};
}

/// A peer may be SCP of what can be stored.
std::optional<wire::role_selection> storage_role(wire::role_selection const& asked)
{
    if (!asked.scp || !wire::is_storage(asked.sop_class_uid))
        return {};
    return asked;
}

}  // namespace

service make_get()
{
    return {.name = "C-GET",
            .metric = "c_get",
            .request = wire::command::c_get_rq,
            .offers = &is_get,
            .serve = &serve_get,
            .role = &storage_role,
            .extend = [](wire::extended_negotiation const& asked) -> std::optional<wire::extended_negotiation> {
                return is_get(asked.sop_class_uid) ? answer(asked) : std::nullopt;
            }};
}

service make_move()
{
    return {.name = "C-MOVE",
            .metric = "c_move",
            .request = wire::command::c_move_rq,
            .offers = &is_move,
            .serve = &serve_move,
            .extend = [](wire::extended_negotiation const& asked) -> std::optional<wire::extended_negotiation> {
                return is_move(asked.sop_class_uid) ? answer(asked) : std::nullopt;
            }};
}

}  // namespace pons::proxy::dimse
