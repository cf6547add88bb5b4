#pragma once

#include "upstream/dimse/wire/associate_request.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// What an acceptor answers to A-ASSOCIATE-RQ (PS3.8 §9.3.3, §9.3.4, §9.3.8).
namespace pons::upstream::dimse {

/// Result/Reason of a presentation context (PS3.8 Table 9-18).
enum class context_result : std::uint8_t {
    acceptance = 0,
    no_reason = 2,
    abstract_syntax_not_supported = 3,
    transfer_syntaxes_not_supported = 4,
};

struct context_answer {
    std::uint8_t id = 0;
    context_result result = context_result::abstract_syntax_not_supported;
    std::string transfer_syntax;  ///< of an accepted one

    friend bool operator==(context_answer const&, context_answer const&) = default;
};

struct associate_answer {
    std::vector<context_answer> contexts;             ///< one for each that was proposed
    std::vector<role_selection> roles;                ///< those agreed to; the others are as by default
    std::vector<extended_negotiation> extended = {};  ///< those that are answered
    std::shared_ptr<void> held = nullptr;             ///< kept until the association has ended, for whoever counts them
};

/// A-ASSOCIATE-RJ (PS3.8 Table 9-21).
struct rejection {
    std::uint8_t result = 1;  ///< 1 permanent, 2 transient
    std::uint8_t source = 1;  ///< 1 service user, 2 ACSE, 3 presentation
    std::uint8_t reason = 1;

    friend bool operator==(rejection const&, rejection const&) = default;
};

inline constexpr rejection application_context_not_supported{1, 1, 2};
inline constexpr rejection calling_ae_not_recognized{1, 1, 3};
inline constexpr rejection called_ae_not_recognized{1, 1, 7};
inline constexpr rejection protocol_version_not_supported{1, 2, 2};
inline constexpr rejection local_limit_exceeded{2, 3, 2};

/// Why an A-ABORT of the service provider is sent (PS3.8 Table 9-26).
enum class abort_reason : std::uint8_t {
    not_specified = 0,
    unrecognized_pdu = 1,
    unexpected_pdu = 2,
    invalid_value = 6
};

/// Whole PDUs, header included. `max_pdu`: how long a P-DATA-TF body we take.
std::vector<std::byte> encode_accept(associate_request const& asked, associate_answer const& answer,
                                     std::uint32_t max_pdu);
std::vector<std::byte> encode_reject(rejection const& why);
std::vector<std::byte> encode_abort(abort_reason why);

}  // namespace pons::upstream::dimse
