#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Protocol data units of the DICOM upper layer (PS3.8 §9.3): numbers are big endian, unlike everything inside.
namespace pons::upstream::dimse::pdu {

enum class type : std::uint8_t {
    associate_rq = 0x01,
    associate_ac = 0x02,
    associate_rj = 0x03,
    p_data_tf = 0x04,
    release_rq = 0x05,
    release_rp = 0x06,
    abort = 0x07,
};

/// Items within A-ASSOCIATE-RQ and A-ASSOCIATE-AC (PS3.8 §9.3.2, §9.3.3; PS3.7 Annex D.3.3).
enum class item : std::uint8_t {
    application_context = 0x10,
    proposed_context = 0x20,
    accepted_context = 0x21,
    abstract_syntax = 0x30,
    transfer_syntax = 0x40,
    user_information = 0x50,
    maximum_length = 0x51,
    implementation_class_uid = 0x52,
    role_selection = 0x54,
    implementation_version_name = 0x55,
    extended_negotiation = 0x56,
    user_identity_response = 0x59,
};

inline constexpr std::size_t header_size = 6;  ///< type, reserved, length of what follows

inline std::uint32_t big_endian(std::span<std::byte const> bytes)
{
    std::uint32_t value = 0;
    for (auto const b : bytes)
        value = value << 8 | std::to_integer<std::uint32_t>(b);
    return value;
}

inline void put_big_endian(std::vector<std::byte>& to, std::uint32_t value, int bytes)
{
    while (--bytes >= 0)
        to.push_back(static_cast<std::byte>(value >> 8 * bytes & 0xFF));
}

/// Type, reserved byte and length; `body` follows.
inline void put_header(std::vector<std::byte>& to, type of, std::size_t body)
{
    to.push_back(static_cast<std::byte>(of));
    to.push_back({});
    put_big_endian(to, static_cast<std::uint32_t>(body), 4);
}

}  // namespace pons::upstream::dimse::pdu
