#pragma once

#include "upstream/dimse/wire/association.hpp"

#include "config/settings.hpp"

#include <cstdint>
#include <string>

/// One request and its responses. Everything here blocks the calling thread.
namespace pons::upstream::dimse {

/// Status (0000,0900), PS3.7 Annex C and PS3.4 C.4.
namespace status {
inline constexpr std::uint16_t success = 0x0000;
inline constexpr std::uint16_t pending = 0xFF00;
inline constexpr std::uint16_t pending_optional_keys_unsupported = 0xFF01;
inline constexpr std::uint16_t out_of_resources = 0xA700;

constexpr bool is_pending(std::uint16_t s)
{
    return s == pending || s == pending_optional_keys_unsupported;
}
}  // namespace status

/// How long what is left of a cancelled operation is waited for.
inline constexpr auto drain_time = std::chrono::milliseconds(500);

command_set make_request(command field, char const* sop_class, std::uint16_t message_id, bool data_set);
command_set make_cancel(std::uint16_t message_id);

/// With the deadlines of the source.
class conversation {
public:
    conversation(association& over, config::source const& source, time_point until, interruption& by)
        : over_(over), source_(source), until_(until), by_(by), id_(over.next_message_id())
    {
    }

    std::uint16_t id() const { return id_; }
    bool heard() const { return heard_; }
    void until(time_point t) { until_ = t; }
    std::string at(std::string const& place) const { return "source " + source_.name + ", " + place; }

    /// Up to the next response, or the next piece of one; `timeouts.first_response` for the first.
    patience next_patience() const;

    result<void> send(std::uint8_t context, command_set const& command, std::span<std::byte const> data_set);

    /// The next command, whatever it is.
    result<message> next();
    /// The next response to our message; its status is there. Errors also: malformed, for anything else.
    result<message> next(command expected);
    /// It is one, with a status.
    bool is_response(message const& m, command expected) const;

    result<bool> data_set(std::vector<std::byte>& bytes, std::size_t limit);

    /// The failure for a final status. The peer's own words go to the debug log only: they may name a patient.
    failure refused(char const* service, command_set const& rsp) const;

    /// The same error, with the source in its place.
    failure placed(failure why) const
    {
        why.where = at(why.where);
        return why;
    }

private:
    association& over_;
    config::source const& source_;
    time_point until_;
    interruption& by_;
    std::uint16_t id_;
    bool heard_ = false;
};

}  // namespace pons::upstream::dimse
