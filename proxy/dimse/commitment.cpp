#include "proxy/dimse/commitment.hpp"

#include "proxy/store_target.hpp"
#include "upstream/dimse/wire/encoding.hpp"
#include "upstream/dimse/wire/uids.hpp"

namespace pons::proxy::dimse {

namespace {

using element = wire::command_element;
namespace uids = wire::uids;

/// PS3.7 §10.1.4.1.10.
constexpr std::uint16_t no_such_sop_instance = 0x0112;
constexpr std::uint16_t invalid_argument_value = 0x0115;
constexpr std::uint16_t no_such_action = 0x0123;
constexpr std::uint16_t resource_limitation = 0x0213;

constexpr std::uint16_t request_storage_commitment = 1;  // PS3.4 Table J.3-1

result<void> answer(operation& of, std::uint16_t code, std::string_view comment = {})
{
    of.status = code;
    auto rsp = of.response(code, comment);
    rsp.set(element::affected_sop_class_uid, of.rq.command.text(element::requested_sop_class_uid));
    rsp.set(element::affected_sop_instance_uid, of.rq.command.text(element::requested_sop_instance_uid));
    if (auto const action = of.rq.command.number(element::action_type_id))
        rsp.set(element::action_type_id, *action);
    return of.send(rsp);
}

result<void> serve(operation& of, commitment_desk& desk)
{
    auto const& rq = of.rq.command;
    std::vector<std::byte> bytes;
    if (rq.has_data_set()) {
        auto read = of.receive_data_set(mapping::largest_storage_commitment);
        if (!read)
            return tl::unexpected(read.error());
        if (!*read)
            return answer(of, resource_limitation, "too many instances in one request");
        bytes = std::move(**read);
    }
    if (rq.text(element::requested_sop_instance_uid) != uids::storage_commitment_instance)
        return answer(of, no_such_sop_instance);
    if (rq.number(element::action_type_id) != request_storage_commitment)
        return answer(of, no_such_action);
    auto const as = wire::encoding_of(of.context.transfer_syntax);
    auto what = mapping::read_storage_commitment(bytes, as);
    if (!what)
        return answer(of, invalid_argument_value, what.error().where);
    for (auto& one : what->instances)
        one.reason = mapping::failure_reason::none;
    of.results = static_cast<std::uint32_t>(what->instances.size());
    commitment_order order{.what = std::move(*what),
                           .who = of.who,
                           .source = {},
                           .over = of.outbox,
                           .context = of.context.id,
                           .as = as,
                           .time = of.times.commitment,
                           .most_queries = of.bounds.max_fan_out};
    if (auto const source = choose_store_source(of.sources, of.settings.dicomweb.store_to))
        order.source = *source;
    if (!desk.take(std::move(order), of.settings, of.bridge))
        return answer(of, resource_limitation, "too many requests are not settled yet");
    return answer(of, status::success);
}

}  // namespace

service make_commitment(std::shared_ptr<stored_places const> places, commitment_bounds bounds)
{
    auto desk = std::make_shared<commitment_desk>(std::move(places), std::move(bounds));
    return {.name = "storage commitment",
            .metric = "storage_commitment",
            .request = wire::command::n_action_rq,
            .offers = [](std::string_view abstract_syntax) { return abstract_syntax == uids::storage_commitment; },
            .serve = [desk = std::move(desk)](operation& of) { return serve(of, *desk); }};
}

}  // namespace pons::proxy::dimse
