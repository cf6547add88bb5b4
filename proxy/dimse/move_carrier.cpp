#include "proxy/dimse/move_carrier.hpp"

#include "proxy/dimse/peer_association.hpp"
#include "upstream/dimse/conversation.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/errc.hpp"

#include <algorithm>
#include <utility>

namespace pons::proxy::dimse {

namespace {

using element = wire::command_element;
using upstream::errc;

constexpr std::size_t most_contexts = 128;     // PS3.8 §9.3.2.2
constexpr std::size_t largest_answer = 65536;  // a data set with a C-STORE-RSP, which is none of the standard's
constexpr auto open_time = std::chrono::seconds(15);
constexpr auto release_time = std::chrono::milliseconds(200);

/// What archives store images in, beside the uncompressed ones.
constexpr std::string_view usual_syntaxes[] = {
    "1.2.840.10008.1.2.4.70",   // JPEG Lossless, selection value 1
    "1.2.840.10008.1.2.4.90",   // JPEG 2000 Lossless
    "1.2.840.10008.1.2.4.80",   // JPEG-LS Lossless
    "1.2.840.10008.1.2.4.50",   // JPEG Baseline
    "1.2.840.10008.1.2.5",      // RLE
    "1.2.840.10008.1.2.4.91",   // JPEG 2000
    "1.2.840.10008.1.2.4.51",   // JPEG Extended
    "1.2.840.10008.1.2.4.57",   // JPEG Lossless
    "1.2.840.10008.1.2.4.81",   // JPEG-LS
    "1.2.840.10008.1.2.4.201",  // High-Throughput JPEG 2000 Lossless
    "1.2.840.10008.1.2.4.203",  // High-Throughput JPEG 2000
};

}  // namespace

move_carrier::move_carrier(operation& of, config::peer const& to) : of_(of), to_(to) {}

move_carrier::~move_carrier()
{
    hang_up();
}

void move_carrier::expect(expectation const& what)
{
    for (auto const& one : what.instances)
        if (wire::may_be_uid(one.sop_class_uid) && std::ranges::find(classes_, one.sop_class_uid) == classes_.end())
            classes_.push_back(one.sop_class_uid);
}

/// The most needed first.
std::vector<wire::storage_context> move_carrier::proposals_for(storage_context const& needed) const
{
    std::vector<storage_context> all;
    auto const add = [&](std::string const& sop_class, std::string_view syntax) {
        storage_context one{sop_class, std::string(syntax)};
        if (all.size() < most_contexts && std::ranges::find(all, one) == all.end())
            all.push_back(std::move(one));
    };
    auto const add_uncompressed = [&](std::string const& sop_class) {
        add(sop_class, wire::uids::explicit_vr_little_endian);
        add(sop_class, wire::uids::implicit_vr_little_endian);
    };
    add(needed.sop_class, needed.transfer_syntax);
    add_uncompressed(needed.sop_class);
    for (auto const& each : needed_) {
        add(each.sop_class, each.transfer_syntax);
        add_uncompressed(each.sop_class);
    }
    for (auto const& sop_class : classes_)
        add_uncompressed(sop_class);
    for (auto const syntax : usual_syntaxes) {
        add(needed.sop_class, syntax);
        for (auto const& sop_class : classes_)
            add(sop_class, syntax);
    }
    return all;
}

void move_carrier::hang_up()
{
    if (line_ && line_->usable() && !line_->has_input())
        line_->release(of_.within(release_time));
    line_.reset();
}

void move_carrier::open_for(storage_context const& needed)
{
    hang_up();
    proposed_ = proposals_for(needed);
    for (;;) {
        std::vector<wire::proposal> contexts;
        for (auto const& each : proposed_)
            contexts.push_back({each.sop_class, {each.transfer_syntax}});
        auto opened = open_to_peer(to_, of_.who.called_ae, std::move(contexts), of_.within(open_time));
        if (opened) {
            line_ = std::move(*opened);
            if (std::ranges::find(needed_, needed) == needed_.end())
                needed_.push_back(needed);
            return;
        }
        auto const& why = opened.error();
        constexpr std::size_t least = 3;  // as it is stored, and uncompressed
        bool const for_what_is_proposed = why.code == errc::association_rejected && why.retry_after.count() == 0;
        if (!for_what_is_proposed || proposed_.size() <= least) {
            down_ = "destination " + to_.name + ": " + why.where;
            return;
        }
        proposed_.resize(least);
        classes_.clear();
        needed_.clear();
    }
}

bool move_carrier::proposed(storage_context const& what) const
{
    return std::ranges::find(proposed_, what) != proposed_.end();
}

deliverable move_carrier::form_for(upstream::part_head const& head)
{
    if (!wire::may_be_uid(head.sop_class_uid) || !wire::may_be_uid(head.transfer_syntax_uid))
        return {};
    storage_context const needed{head.sop_class_uid, head.transfer_syntax_uid};
    if (down_.empty() && (!line_ || !proposed(needed)))
        open_for(needed);
    return choose_form(
        head, [&](std::string_view syntax) { return line_ && line_->context(head.sop_class_uid, syntax) != nullptr; });
}

/// Breaks in a row, of the destination's making; said of it.
template <class T>
result<T> move_carrier::counted(result<T> how)
{
    if (how)
        return how;
    if (++breaks_ == most_breaks)
        down_ = "destination " + to_.name + ": the association broke off again and again";
    auto why = about_peer(std::move(how.error()));
    why.where = "destination " + to_.name + ": " + why.where;
    return tl::unexpected(std::move(why));
}

result<void> move_carrier::begin(upstream::part_head const& head)
{
    storage_context const needed{head.sop_class_uid, head.transfer_syntax_uid};
    // An idle peer that has something to say has closed or aborted.
    if (line_ && line_->has_input())
        line_.reset();
    if (down_.empty() && (!line_ || !proposed(needed)))
        open_for(needed);
    auto const* const context = line_ ? line_->context(head.sop_class_uid, head.transfer_syntax_uid) : nullptr;
    if (!context)
        return fail(errc::unsupported, std::string(without_form(head)));
    context_ = context->id;
    message_id_ = line_->next_message_id();
    auto rq = wire::make_request(wire::command::c_store_rq, head.sop_class_uid.c_str(), message_id_, true);
    rq.set(element::affected_sop_instance_uid, head.sop_instance_uid);
    rq.set(element::move_originator_ae_title, of_.who.calling_ae);
    rq.set(element::move_originator_message_id, of_.rq.command.number(element::message_id).value_or(0));
    return counted(line_->begin_message(context_, rq, of_.within(of_.times.stall)));
}

result<void> move_carrier::send(std::span<std::byte const> bytes, bool last)
{
    return counted(line_->send_piece(context_, bytes, last, of_.within(of_.times.stall)));
}

result<std::uint16_t> move_carrier::response()
{
    auto status = counted(read_response());
    if (status)
        breaks_ = 0;
    return status;
}

result<std::uint16_t> move_carrier::read_response()
{
    auto const said = line_->receive_command(of_.within(of_.times.silence));
    if (!said)
        return tl::unexpected(said.error());
    auto const status = said->command.number(element::status);
    auto const answers = said->command.number(element::message_id_being_responded_to);
    if (!said->command.is(wire::command::c_store_rsp) || answers != message_id_ || !status)
        return fail(errc::malformed, "destination");
    if (said->command.has_data_set()) {
        std::vector<std::byte> dropped;
        if (auto const came = line_->receive_data_set(dropped, largest_answer, of_.within(of_.times.silence)); !came)
            return tl::unexpected(came.error());
    }
    return *status;
}

}  // namespace pons::proxy::dimse
