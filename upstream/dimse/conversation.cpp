#include "upstream/dimse/conversation.hpp"

#include "upstream/errc.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

constexpr auto write_time = std::chrono::seconds(10);

std::string in_hex(std::uint16_t number)
{
    constexpr char digits[] = "0123456789ABCDEF";
    std::string hex;
    for (int shift = 12; shift >= 0; shift -= 4)
        hex.push_back(digits[number >> shift & 0xF]);
    return hex;
}

template <class T>
result<T> with_place(conversation const& in, result<T> r)
{
    if (!r)
        r.error() = in.placed(std::move(r.error()));
    return r;
}

}  // namespace

command_set make_request(command field, char const* sop_class, std::uint16_t message_id, bool data_set)
{
    command_set rq;
    rq.set(command_element::affected_sop_class_uid, sop_class);
    rq.set(command_element::command_field, static_cast<std::uint16_t>(field));
    rq.set(command_element::message_id, message_id);
    if (field != command::c_echo_rq)
        rq.set(command_element::priority, std::uint16_t{0});
    rq.set(command_element::command_data_set_type, data_set ? std::uint16_t{1} : no_data_set);
    return rq;
}

command_set make_cancel(std::uint16_t message_id)
{
    command_set cancel;
    cancel.set(command_element::command_field, static_cast<std::uint16_t>(command::c_cancel_rq));
    cancel.set(command_element::message_id_being_responded_to, message_id);
    cancel.set(command_element::command_data_set_type, no_data_set);
    return cancel;
}

patience conversation::next_patience() const
{
    auto const time = heard_ ? source_.timeouts.between_responses : source_.timeouts.first_response;
    return {std::min(until_, clock::now() + time), &by_};
}

result<void> conversation::send(std::uint8_t context, command_set const& command, std::span<std::byte const> data_set)
{
    patience const how_long{std::min(until_, clock::now() + write_time), &by_};
    return with_place(*this, over_.send(context, command, data_set, how_long));
}

result<message> conversation::next()
{
    auto came = with_place(*this, over_.receive_command(next_patience()));
    if (came)
        heard_ = true;
    return came;
}

result<message> conversation::next(command expected)
{
    auto rsp = next();
    if (rsp && !is_response(*rsp, expected))
        return fail(errc::malformed, at("response"));
    return rsp;
}

bool conversation::is_response(message const& m, command expected) const
{
    return m.command.is(expected) && m.command.number(command_element::status) &&
           m.command.number(command_element::message_id_being_responded_to) == id_;
}

result<bool> conversation::data_set(std::vector<std::byte>& bytes, std::size_t limit)
{
    return with_place(*this, over_.receive_data_set(bytes, limit, next_patience()));
}

failure conversation::refused(char const* service, command_set const& rsp) const
{
    auto const code = rsp.number(command_element::status).value_or(0);
    // Error Comment (0000,0902) is not repeated anywhere: archives quote patients in it.
    return {code == status::out_of_resources ? errc::too_broad : errc::refused,
            at(std::string(service) + " status " + in_hex(code))};
}

}  // namespace pons::upstream::dimse
