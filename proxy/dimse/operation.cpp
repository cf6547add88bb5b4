#include "proxy/dimse/operation.hpp"

#include "upstream/dimse/wire/uids.hpp"
#include "upstream/errc.hpp"

#include <algorithm>
#include <array>

namespace pons::proxy::dimse {

namespace {

using element = wire::command_element;

constexpr std::size_t longest_comment = 64;  // LO
constexpr std::size_t short_name = 17;       // of a source
constexpr std::uint16_t some_data_set = 0x0001;
constexpr auto without_limit = std::chrono::hours(24);

/// LO is of the default repertoire. What is too long loses the end of a long name of a source first, which the
/// administrator can find in the log, and then its own end.
std::string to_comment(std::string_view text)
{
    constexpr std::string_view source = "source ";
    std::string comment(text);
    if (text.size() > longest_comment && text.starts_with(source)) {
        auto const name = std::min(text.find_first_of(" ,:", source.size()), text.size()) - source.size();
        auto const spare = name - std::min(name, short_name);
        auto const cut = std::min(text.size() - longest_comment, spare);
        comment.erase(source.size() + name - cut, cut);
    }
    comment.resize(std::min(comment.size(), longest_comment));
    for (auto& c : comment)
        if (c < ' ' || c > '~' || c == '\\')
            c = '?';
    return comment;
}

}  // namespace

provider_bounds bounds_of(config::settings const& settings)
{
    provider_bounds bounds;
    bounds.any_caller = settings.dicom.any_caller;
    bounds.per_peer = settings.dicom.associations_per_peer;
    bounds.allow_unbounded = settings.fhir.allow_unbounded;
    bounds.max_candidates = settings.dicomweb.max_candidates;
    bounds.max_fan_out = settings.dicomweb.max_fan_out;
    return bounds;
}

provider_times times_of(config::settings const& settings)
{
    auto const& dicom = settings.dicom;
    return {.idle = dicom.idle_timeout,
            .silence = dicom.silence_timeout,
            .operation = dicom.operation_timeout,
            .commitment = dicom.commitment_timeout,
            .stall = settings.http.stall_timeout,
            .pending = dicom.pending_interval};
}

result<std::optional<std::vector<std::byte>>> operation::receive_data_set(std::size_t limit)
{
    std::vector<std::byte> bytes;
    auto const fits = over.receive_data_set(bytes, limit, within(times.silence));
    if (!fits)
        return tl::unexpected(fits.error());
    if (!*fits)
        return std::nullopt;
    return bytes;
}

wire::command_set operation::response(std::uint16_t code, std::string_view comment, bool with_data_set) const
{
    wire::command_set rsp;
    auto const field = rq.command.number(element::command_field).value_or(0);
    rsp.set(element::command_field, static_cast<std::uint16_t>(field | 0x8000));
    rsp.set(element::message_id_being_responded_to, rq.command.number(element::message_id).value_or(0));
    rsp.set(element::command_data_set_type, with_data_set ? some_data_set : wire::no_data_set);
    rsp.set(element::status, code);
    for (auto const e : {element::affected_sop_class_uid, element::affected_sop_instance_uid})
        if (auto const uid = rq.command.text(e); !uid.empty())
            rsp.set(e, uid);
    if (!comment.empty())
        rsp.set(element::error_comment, to_comment(comment));
    return rsp;
}

result<void> operation::respond(std::uint16_t code, std::string_view comment)
{
    status = code;
    return send(response(code, comment));
}

result<void> operation::send(wire::command_set const& response, std::span<std::byte const> data_set)
{
    return over.send(context.id, response, data_set, within(times.silence));
}

result<interjection> await_news(operation& of, wire::interruption& bell, time_point until)
{
    for (;;) {
        auto const limit = std::min(until, clock::now() + without_limit);
        auto const seen = of.over.await_input(bell.fd(), {limit, &of.stop}, of.times.stall);
        if (!seen)
            return tl::unexpected(seen.error());
        auto const came = *seen;
        if (came == wire::either::second) {
            bell.reset();
            return interjection::none;
        }
        if (came == wire::either::interrupted)
            return fail(upstream::errc::cancelled, "association");
        if (came == wire::either::expired) {
            if (clock::now() >= until)
                return interjection::none;
            continue;
        }
        auto const said = of.over.receive_command(of.within(of.times.silence));
        if (!said)
            return tl::unexpected(said.error());
        if (of.answered && of.answered(*said))
            continue;
        if (!said->command.is(wire::command::c_cancel_rq) || said->command.has_data_set()) {
            of.over.abort(wire::abort_reason::unexpected_pdu);
            return fail(upstream::errc::malformed, "association");
        }
        // One of an operation that has ended already comes too late, and is nothing.
        if (said->command.number(element::message_id_being_responded_to) == of.rq.command.number(element::message_id))
            return interjection::cancelled;
    }
}

std::string in_words(failure const& why)
{
    return why.where.empty() ? why.code.message() : why.where + ": " + why.code.message();
}

std::optional<std::string> choose_uncompressed(wire::proposed_context const& asked,
                                               wire::associate_request const& /*of*/)
{
    constexpr std::array<std::string_view, 3> ours{wire::uids::explicit_vr_little_endian,
                                                   wire::uids::implicit_vr_little_endian,
                                                   wire::uids::explicit_vr_big_endian};
    for (auto const syntax : ours)
        if (std::ranges::find(asked.transfer_syntaxes, syntax) != asked.transfer_syntaxes.end())
            return std::string(syntax);
    return {};
}

}  // namespace pons::proxy::dimse
