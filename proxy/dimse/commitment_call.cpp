#include "proxy/dimse/commitment_call.hpp"

#include "proxy/dimse/peer_association.hpp"
#include "upstream/dimse/wire/encoding.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace pons::proxy::dimse {

namespace {

namespace wire = upstream::dimse;
using element = wire::command_element;

constexpr auto release_time = std::chrono::seconds(1);

}  // namespace

wire::command_set make_event(mapping::storage_commitment const& what)
{
    bool const all = std::ranges::all_of(what.instances,
                                         [](auto const& one) { return one.reason == mapping::failure_reason::none; });
    wire::command_set rq;
    rq.set(element::affected_sop_class_uid, wire::uids::storage_commitment);
    rq.set(element::command_field, static_cast<std::uint16_t>(wire::command::n_event_report_rq));
    rq.set(element::command_data_set_type, std::uint16_t{1});
    rq.set(element::affected_sop_instance_uid, wire::uids::storage_commitment_instance);
    rq.set(element::event_type_id, static_cast<std::uint16_t>(all ? 1 : 2));
    return rq;
}

result<void> report_to(config::peer const& peer, std::string const& our_ae, mapping::storage_commitment const& what,
                       wire::patience const& how_long)
{
    std::vector<wire::proposal> contexts;
    contexts.push_back(
        {.abstract_syntax = wire::uids::storage_commitment,
         .transfer_syntaxes = {wire::uids::explicit_vr_little_endian, wire::uids::implicit_vr_little_endian},
         .provider = true});
    auto over = open_to_peer(peer, our_ae, std::move(contexts), how_long);
    if (!over)
        return tl::unexpected(over.error());
    auto const* const in = over->context(wire::uids::storage_commitment);
    if (!in)
        return fail(upstream::errc::association_rejected, "storage commitment not accepted");
    auto rq = make_event(what);
    auto const id = over->next_message_id();
    rq.set(element::message_id, id);
    auto const bytes = mapping::write_storage_commitment(what, wire::encoding_of(in->transfer_syntax));
    if (auto const sent = over->send(in->id, rq, bytes, how_long); !sent)
        return tl::unexpected(about_peer(sent.error()));
    auto const rsp = over->receive_command(how_long);
    if (!rsp)
        return tl::unexpected(about_peer(rsp.error()));
    if (!rsp->command.is(wire::command::n_event_report_rsp) ||
        rsp->command.number(element::message_id_being_responded_to) != id)
        return tl::unexpected(about_peer({make_error_code(upstream::errc::malformed), "N-EVENT-REPORT"}));
    over->release({std::min(how_long.deadline, clock::now() + release_time), how_long.by});
    if (rsp->command.number(element::status) != 0)
        return tl::unexpected(about_peer({make_error_code(upstream::errc::refused), "N-EVENT-REPORT"}));
    return {};
}

}  // namespace pons::proxy::dimse
