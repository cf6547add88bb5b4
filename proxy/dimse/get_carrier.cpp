#include "proxy/dimse/get_carrier.hpp"

#include "upstream/dimse/conversation.hpp"
#include "upstream/errc.hpp"

#include <algorithm>

namespace pons::proxy::dimse {

namespace {

using element = wire::command_element;

constexpr std::size_t largest_answer = 65536;  // a data set with a C-STORE-RSP, which is none of the standard's

}  // namespace

bool get_carrier::takes(std::string_view sop_class) const
{
    auto const* const role = of_.over.role(sop_class);
    return role && role->scp;
}

wire::presentation_context const* get_carrier::context_of(std::string_view sop_class, std::string_view syntax) const
{
    if (!takes(sop_class))
        return nullptr;
    auto const& all = of_.over.contexts();
    auto const at = std::ranges::find_if(all, [&](wire::presentation_context const& c) {
        return c.abstract_syntax == sop_class && c.transfer_syntax == syntax;
    });
    return at != all.end() ? &*at : nullptr;
}

deliverable get_carrier::form_for(upstream::part_head const& head)
{
    return choose_form(head,
                       [&](std::string_view syntax) { return context_of(head.sop_class_uid, syntax) != nullptr; });
}

std::string_view get_carrier::without_form(upstream::part_head const& head) const
{
    auto const proposed = [&](wire::presentation_context const& c) { return c.abstract_syntax == head.sop_class_uid; };
    if (!takes(head.sop_class_uid) && std::ranges::any_of(of_.over.contexts(), proposed))
        return "no SCP role was selected for their class (PS3.7 D.3.3.4)";
    return carrier::without_form(head);
}

result<void> get_carrier::begin(upstream::part_head const& head)
{
    auto const* const context = context_of(head.sop_class_uid, head.transfer_syntax_uid);
    if (!context)
        return fail(upstream::errc::unsupported, std::string(without_form(head)));
    context_ = context->id;
    message_id_ = static_cast<std::uint16_t>(message_id_ % 0xFFFF + 1);
    auto rq = wire::make_request(wire::command::c_store_rq, head.sop_class_uid.c_str(), message_id_, true);
    rq.set(element::affected_sop_instance_uid, head.sop_instance_uid);
    return of_.over.begin_message(context_, rq);
}

result<void> get_carrier::send(std::span<std::byte const> bytes, bool last)
{
    return of_.over.send_piece(context_, bytes, last, of_.within(of_.times.stall));
}

result<std::uint16_t> get_carrier::response()
{
    for (;;) {
        auto const said = of_.over.receive_command(of_.within(of_.times.silence));
        if (!said)
            return tl::unexpected(said.error());
        if (of_.answered && of_.answered(*said))
            continue;
        auto const answers = said->command.number(element::message_id_being_responded_to);
        if (said->command.is(wire::command::c_cancel_rq) && !said->command.has_data_set()) {
            cancelled_ = cancelled_ || answers == of_.rq.command.number(element::message_id);
            continue;
        }
        auto const status = said->command.number(element::status);
        if (!said->command.is(wire::command::c_store_rsp) || answers != message_id_ || !status) {
            of_.over.abort(wire::abort_reason::unexpected_pdu);
            return fail(upstream::errc::malformed, "association");
        }
        if (said->command.has_data_set())
            if (auto const dropped = of_.receive_data_set(largest_answer); !dropped)
                return tl::unexpected(dropped.error());
        return *status;
    }
}

}  // namespace pons::proxy::dimse
