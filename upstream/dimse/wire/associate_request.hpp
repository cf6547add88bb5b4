#pragma once

#include "mapping/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// A-ASSOCIATE-RQ as somebody sends it to us (PS3.8 §9.3.2, Annex D; PS3.7 §D.3.3).
namespace pons::upstream::dimse {

/// A presentation context that a peer proposes to us.
struct proposed_context {
    std::uint8_t id = 0;
    std::string abstract_syntax;
    std::vector<std::string> transfer_syntaxes;  ///< at least one, as the peer prefers

    friend bool operator==(proposed_context const&, proposed_context const&) = default;
};

/// SCP/SCU Role Selection (PS3.7 §D.3.3.4).
struct role_selection {
    std::string sop_class_uid;
    bool scu = true;
    bool scp = false;

    friend bool operator==(role_selection const&, role_selection const&) = default;
};

/// SOP Class Extended Negotiation (PS3.7 §D.3.3.5). What `information` says is the service class's own (PS3.4).
struct extended_negotiation {
    std::string sop_class_uid;
    std::vector<std::byte> information;

    friend bool operator==(extended_negotiation const&, extended_negotiation const&) = default;
};

struct associate_request {
    std::string address;  ///< "192.0.2.7", where it came from, in its usual form: the acceptor's word, not the peer's
    std::uint16_t protocol_version = 1;
    std::string called_ae;  ///< without padding
    std::string calling_ae;
    std::string application_context;
    std::vector<proposed_context> contexts;
    std::vector<role_selection> roles;
    std::vector<extended_negotiation> extended;
    std::uint32_t max_pdu = 0;  ///< how long a P-DATA-TF body the peer takes; 0: any
    std::string implementation_version_name;

    friend bool operator==(associate_request const&, associate_request const&) = default;
};

/// What a request may hold. Real ones have up to 128 contexts and some 50 transfer syntaxes in one.
inline constexpr std::size_t largest_associate_request = 256 * 1024;
inline constexpr std::size_t most_proposed_contexts = 128;
inline constexpr std::size_t most_transfer_syntaxes = 64;  ///< in one context; the rest is not looked at

/// Reads what follows the PDU's header.
///
/// Errors: errc::malformed (an item beyond the end of what holds it, a context without syntaxes or whose id was there
/// before, a UID of more than 64 bytes, an AE title with control characters, no user information), too_large. `where`
/// says which part.
/// Tolerated: items and sub-items that we do not know, UIDs padded by NUL or space, any reserved byte, an even
/// context id.
result<associate_request> parse_associate_request(std::span<std::byte const> body);

}  // namespace pons::upstream::dimse
