#pragma once

#include "mapping/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Command sets (PS3.7 §6.3, Annex E): group 0000, Implicit VR Little Endian, flat.
namespace pons::upstream::dimse {

/// Command Field (0000,0100), PS3.7 §E.1.
enum class command : std::uint16_t {
    c_store_rq = 0x0001,
    c_store_rsp = 0x8001,
    c_get_rq = 0x0010,
    c_get_rsp = 0x8010,
    c_move_rq = 0x0021,
    c_move_rsp = 0x8021,
    c_find_rq = 0x0020,
    c_find_rsp = 0x8020,
    c_echo_rq = 0x0030,
    c_echo_rsp = 0x8030,
    n_event_report_rq = 0x0100,
    n_event_report_rsp = 0x8100,
    n_action_rq = 0x0130,
    n_action_rsp = 0x8130,
    c_cancel_rq = 0x0FFF,
};

/// The element number within group 0000.
enum class command_element : std::uint16_t {
    group_length = 0x0000,
    affected_sop_class_uid = 0x0002,
    requested_sop_class_uid = 0x0003,
    command_field = 0x0100,
    message_id = 0x0110,
    message_id_being_responded_to = 0x0120,
    move_destination = 0x0600,
    priority = 0x0700,
    command_data_set_type = 0x0800,
    status = 0x0900,
    offending_element = 0x0901,
    error_comment = 0x0902,
    affected_sop_instance_uid = 0x1000,
    requested_sop_instance_uid = 0x1001,
    event_type_id = 0x1002,
    action_type_id = 0x1008,
    number_of_remaining_suboperations = 0x1020,
    number_of_completed_suboperations = 0x1021,
    number_of_failed_suboperations = 0x1022,
    number_of_warning_suboperations = 0x1023,
    move_originator_ae_title = 0x1030,  ///< Move Originator Application Entity Title
    move_originator_message_id = 0x1031,
};

/// Command Data Set Type (0000,0800) when no data set follows; any other value: one does.
inline constexpr std::uint16_t no_data_set = 0x0101;

/// One command. Elements that we have no name for are kept, too.
class command_set {
public:
    void set(command_element e, std::uint16_t value);
    void set(command_element e, std::string_view uid_or_text);

    /// Nothing when absent or not two bytes long.
    std::optional<std::uint16_t> number(command_element e) const;
    /// Without padding; empty when absent.
    std::string_view text(command_element e) const;

    bool is(command field) const { return number(command_element::command_field) == static_cast<std::uint16_t>(field); }
    bool has_data_set() const
    {
        return number(command_element::command_data_set_type).value_or(no_data_set) != no_data_set;
    }

    /// With the group length in front.
    std::vector<std::byte> encode() const;

    static constexpr std::size_t size_limit = 64 * 1024;

    /// Errors: upstream::errc::malformed (another group, a length beyond the end), too_large.
    /// Tolerated: a wrong or missing group length, odd lengths, elements out of order; the first of two stays.
    static result<command_set> decode(std::span<std::byte const> bytes);

private:
    struct element {
        command_element number;
        std::string value;  // as on the wire
    };

    element const* find(command_element e) const;
    void put(command_element e, std::string value);

    std::vector<element> elements_;  // ascending
};

}  // namespace pons::upstream::dimse
