#include "upstream/dimse/get_exchange.hpp"

#include "mapping/dicom_stream.hpp"
#include "upstream/dimse/move_status.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>
#include <chrono>

namespace pons::upstream::dimse {

namespace {

constexpr auto write_time = std::chrono::seconds(10);

namespace get_status {
constexpr std::uint16_t sop_class_not_supported = 0x0122;
constexpr std::uint16_t unrecognized_operation = 0x0211;
constexpr std::uint16_t cannot_perform = 0xA702;
constexpr std::uint16_t some_failed = 0xB000;
constexpr std::uint16_t cannot_understand = 0xC000;
}  // namespace get_status

std::uint32_t count(command_set const& rsp, command_element of)
{
    return rsp.number(of).value_or(0);
}

}  // namespace

get_outcome get_exchange::run(presentation_context const& in, retrieve_request const& what,
                              mapping::data_set const& identifier)
{
    auto const as = in.transfer_syntax == uids::implicit_vr_little_endian ? mapping::encoding::implicit_le
                                                                          : mapping::encoding::explicit_le;
    asked_ = &what;
    auto const written = mapping::write_data_set(identifier, as, at_.source.quirks.charset_query);
    auto const rq = make_request(command::c_get_rq, in.abstract_syntax.c_str(), talk_.id(), true);
    if (auto const sent = talk_.send(in.id, rq, written.bytes); !sent)
        return tl::unexpected(get_failure{sent.error()});
    for (;;) {
        auto const came = talk_.next();
        if (!came)
            return tl::unexpected(get_failure{
                came.error(), came.error().code == errc::cancelled ? get_leaves::running : get_leaves::broken});
        if (came->command.is(command::c_store_rq)) {
            sub_operations_ = true;
            auto taken = take(*came);
            if (!taken)
                return taken;
            continue;
        }
        if (!talk_.is_response(*came, command::c_get_rsp))
            return broken({errc::malformed, "C-GET response"});
        if (came->command.has_data_set())  // Failed SOP Instance UID List (0008,0058); what is missing is seen anyway
            if (auto const skipped = talk_.data_set(scratch_, mapping::read_limits{}.size); !skipped)
                return tl::unexpected(get_failure{skipped.error()});
        if (!status::is_pending(*came->command.number(command_element::status)))
            return final(came->command);
    }
}

get_outcome get_exchange::final(command_set const& rsp)
{
    auto const code = *rsp.number(command_element::status);
    auto const completed = count(rsp, command_element::number_of_completed_suboperations);
    auto const warnings = count(rsp, command_element::number_of_warning_suboperations);
    auto const failed = count(rsp, command_element::number_of_failed_suboperations);
    sum_.completed += completed + warnings;
    sum_.failed += failed;
    auto const nothing = !sub_operations_ && failed == 0;
    auto const ended = [&](failure why, get_hope left) {
        return tl::unexpected(get_failure{std::move(why), get_leaves::ended, sum_.began ? get_hope::none : left});
    };
    switch (code) {
        case status::success:
            if (nothing && !sum_.began)
                return ended({errc::not_found, talk_.at("C-GET without sub-operations")}, get_hope::another_way);
            if (nothing)
                ++sum_.failed;
            return {};
        case get_status::some_failed:
            // Failed ones that were not counted; but a count of zero means warnings, and everything came.
            if (!rsp.number(command_element::number_of_failed_suboperations))
                ++sum_.failed;
            return {};
        case get_status::cannot_perform:
            if (!sub_operations_)
                return ended(refused(rsp), get_hope::another_attempt);
            sum_.failed += failed == 0 ? 1 : 0;
            return {};
        case get_status::sop_class_not_supported:
        case get_status::unrecognized_operation:
            return ended(refused(rsp), get_hope::another_way);
        default:
            return ended(refused(rsp), get_hope::none);
    }
}

/// A retrieve that is asked for by UIDs is never too broad: A700 is about what the archive can do now. Sub-operations
/// that fail (A702) fail for what it holds, or for what was negotiated: that does not change.
failure get_exchange::refused(command_set const& rsp) const
{
    auto why = talk_.refused("C-GET", rsp);
    auto const code = rsp.number(command_element::status).value_or(0);
    bool const for_good =
        code == get_status::cannot_perform || count(rsp, command_element::number_of_failed_suboperations) > 0;
    if (!for_good)
        why.retry_after = worth_repeating_after(code);
    if (why.code == errc::too_broad)
        why.code = errc::refused;
    return why;
}

get_outcome get_exchange::take(message const& rq)
{
    auto const* const context = over_.context(rq.context);
    part_head head{std::string(rq.command.text(command_element::affected_sop_class_uid)),
                   std::string(rq.command.text(command_element::affected_sop_instance_uid)),
                   context ? context->transfer_syntax : std::string(), 0};
    if (head.sop_class_uid.empty() && context)
        head.sop_class_uid = context->abstract_syntax;
    if (!context || head.sop_instance_uid.empty() || !rq.command.has_data_set()) {
        // Without these nobody could read it: refuse this one, go on with the rest.
        return refuse(rq, context ? get_status::cannot_understand : get_status::sop_class_not_supported,
                      rq.command.has_data_set());
    }
    auto const next = [&]() -> result<fragment> {
        auto piece = over_.next(talk_.next_patience());
        if (piece && piece->context != rq.context)
            return fail(errc::malformed, "data set");
        return piece;
    };
    if (auto const read = read_beginning(next, context->transfer_syntax, beginning_); !read)
        return broken(read.error());
    if (!was_asked_for(*asked_, beginning_.of))
        return refuse(rq, status::out_of_resources, !beginning_.whole);
    if (!sum_.began) {
        sum_.began = true;
        sum_.until = clock::now() + at_.source.timeouts.transfer;
        talk_.until(sum_.until);
    }
    return take_data_set(rq, head);
}

patience get_exchange::write_patience() const
{
    return {std::min(sum_.until, clock::now() + write_time), &at_.by};
}

/// The operation goes on. `rest`: there is more of its data set.
get_outcome get_exchange::refuse(message const& rq, std::uint16_t status, bool rest)
{
    ++sum_.failed;
    if (rest)
        if (auto const skipped = skip_data_set(rq.context, talk_.next_patience()); !skipped)
            return broken(skipped.error());
    if (auto const sent = answer(rq, status, write_patience()); !sent)
        return broken(sent.error());
    return {};
}

get_outcome get_exchange::take_data_set(message const& rq, part_head const& head)
{
    bool last = beginning_.whole;
    if (!to_.begin(head)) {
        unread_ = rq;
        unread_rest_ = !last;
        return broken({errc::cancelled, "C-GET"}, get_leaves::running);
    }
    if (!to_.write(beginning_.bytes))
        return broken({errc::cancelled, "C-GET"});
    while (!last) {
        auto const room = to_.room();
        if (room.empty())
            return broken({errc::cancelled, "C-GET"});
        auto const piece = over_.next(talk_.next_patience(), room);
        if (!piece)
            return broken(piece.error());
        if (piece->command || piece->context != rq.context)
            return broken({errc::malformed, "data set"});
        if (!to_.wrote(piece->bytes.size()))
            return broken({errc::cancelled, "C-GET"});
        last = piece->last;
    }
    auto const handed_on = to_.end();
    // The receiver may have gone by now: the answer has to leave all the same.
    auto const sent = answer(rq, handed_on ? status::success : status::out_of_resources, {clock::now() + write_time});
    if (!handed_on)
        return broken(handed_on.error(), sent ? get_leaves::running : get_leaves::broken);
    if (!sent)
        return broken(sent.error());
    return {};
}

/// True when it ended.
result<bool> get_exchange::skip_data_set(std::uint8_t context, patience const& how_long)
{
    for (;;) {
        auto const piece = over_.next(how_long);
        if (!piece)
            return tl::unexpected(piece.error());
        if (piece->command || piece->context != context)
            return fail(errc::malformed, "data set");
        if (piece->last)
            return true;
    }
}

result<void> get_exchange::answer(message const& rq, std::uint16_t status, patience const& how_long)
{
    command_set rsp;
    rsp.set(command_element::affected_sop_class_uid, rq.command.text(command_element::affected_sop_class_uid));
    rsp.set(command_element::command_field, static_cast<std::uint16_t>(command::c_store_rsp));
    rsp.set(command_element::message_id_being_responded_to, rq.command.number(command_element::message_id).value_or(0));
    rsp.set(command_element::command_data_set_type, no_data_set);
    rsp.set(command_element::status, status);
    rsp.set(command_element::affected_sop_instance_uid, rq.command.text(command_element::affected_sop_instance_uid));
    return over_.send(rq.context, rsp, {}, how_long);
}

bool get_exchange::cancel(presentation_context const& in)
{
    at_.by.reset();
    if (!over_.usable() || !to_.worth_draining())
        return false;
    patience const how_long{clock::now() + drain_time, &at_.by};
    if (!over_.send(in.id, make_cancel(talk_.id()), {}, how_long))
        return false;
    if (unread_ && ((unread_rest_ && !skip_data_set(unread_->context, how_long)) ||
                    !answer(*unread_, status::out_of_resources, how_long)))
        return false;
    for (;;) {
        auto const came = over_.receive_command(how_long);
        if (!came || (came->command.has_data_set() && !skip_data_set(came->context, how_long)))
            return false;
        if (came->command.is(command::c_store_rq)) {
            if (!answer(*came, status::out_of_resources, how_long))
                return false;
        } else if (!talk_.is_response(*came, command::c_get_rsp)) {
            return false;
        } else if (!status::is_pending(*came->command.number(command_element::status))) {
            return true;
        }
    }
}

}  // namespace pons::upstream::dimse
