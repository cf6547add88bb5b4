#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/dimse/wire/accepted_association.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The DIMSE provider: those who speak DICOM ask Pons as they would ask an archive (PS3.7, PS3.4).
namespace pons::proxy::dimse {

namespace wire = upstream::dimse;

class bridge;
class outbox;

/// Who called whom.
struct caller {
    std::string calling_ae;
    std::string called_ae;
    std::string address;                 ///< "192.0.2.7"
    config::peer const* peer = nullptr;  ///< which of `peers` it is; null with `any_caller` only
};

/// How long the provider waits.
struct provider_times {
    std::chrono::milliseconds idle{120'000};        ///< for the next message on an association
    std::chrono::milliseconds silence{30'000};      ///< for the rest of a message, and until one of ours is taken
    std::chrono::milliseconds operation{60'000};    ///< for a C-FIND as a whole
    std::chrono::milliseconds commitment{600'000};  ///< until it is settled
    std::chrono::milliseconds stall{20'000};        ///< until a piece of an instance that we send is taken
    std::chrono::milliseconds pending{10'000};      ///< between signs of life of a retrieve that waits; 0: none
};

/// What the provider lets happen.
struct provider_bounds {
    bool any_caller = false;              ///< whoever is not among the peers is served, too
    std::uint32_t per_peer = 16;          ///< associations with one calling AE title, at once
    bool allow_unbounded = false;         ///< C-FIND without a key that narrows
    std::uint32_t max_candidates = 5000;  ///< studies that one C-FIND may look at, and results that it may have
    std::uint32_t max_fan_out = 1000;     ///< SERIES and IMAGE queries that one C-FIND may cost
};

/// By `dicom`, `fhir.allow_unbounded`, `dicomweb.max_candidates` and `dicomweb.max_fan_out`.
provider_bounds bounds_of(config::settings const& settings);
provider_times times_of(config::settings const& settings);

/// One message of a peer that asks for something, while it is served: what a handler works with. On the association's
/// own thread; everything here outlives the handler's call.
struct operation {
    wire::accepted_association& over;
    wire::message const& rq;                    ///< the command; its data set, if it has one, is still to be read
    wire::presentation_context const& context;  ///< that it came in
    caller const& who;
    std::vector<std::string_view> const& sources;    ///< behind the called AE title, in the order of `settings.sources`
    std::vector<std::string_view> const& worklists;  ///< the same of those that are no source's
    config::settings const& settings;
    dimse::bridge& bridge;
    wire::interruption& stop;  ///< Pons stops: every wait is to end by it (`within`)
    provider_times const& times;
    provider_bounds const& bounds;
    std::shared_ptr<dimse::outbox> const& outbox;  ///< for what is to be said later on this association
    /// Takes the answer to a message of ours that came in between; false: it is none.
    std::function<bool(wire::message const&)> answered = nullptr;

    // What the log and the counters tell of it; `respond` sets the status.
    std::optional<std::uint16_t> status = {};
    std::uint32_t results = 0;  ///< rows, or sub-operations that went well

    wire::patience within(std::chrono::milliseconds time) const { return {clock::now() + time, &stop}; }

    /// The data set that follows the command, up to `limit` bytes, in `times.silence`. Nothing: it is larger, and all
    /// of it has been read. Errors: those of accepted_association.
    result<std::optional<std::vector<std::byte>>> receive_data_set(std::size_t limit);

    /// The response to `rq` with that status, which a data set follows or not: message id, command field and UIDs are
    /// those of the request (PS3.7 §9.3). `comment` becomes Error Comment (0000,0902), cut to 64 characters; never a
    /// value of the peer's, or anything about a patient.
    wire::command_set response(std::uint16_t code, std::string_view comment = {}, bool with_data_set = false) const;

    /// Sends the final response, and remembers its status.
    result<void> respond(std::uint16_t code, std::string_view comment = {});
    /// Any other one, with its data set where the command has one (Command Data Set Type).
    result<void> send(wire::command_set const& response, std::span<std::byte const> data_set = {});
};

/// What a peer says while its operation runs; it may say nothing but C-CANCEL (PS3.7 §9.3.2.3; no asynchronous
/// operations are agreed to), or end the association.
enum class interjection {
    none,       ///< the bell has rung, or `until` has come
    cancelled,  ///< C-CANCEL-RQ of this operation
};

/// Waits for `bell`, which whatever runs on the bridge rings when there is news, for a word of the peer's, or until
/// `until`. The bell is reset before it returns, so look for news after that. Without `until` there is no limit: what
/// runs on the bridge has a deadline.
///
/// Errors: aborted (the peer has gone), malformed (it said something else, and has been aborted), cancelled (Pons
/// stops).
result<interjection> await_news(operation& of, wire::interruption& bell, time_point until = time_point::max());

/// "place: what is wrong", for an Error Comment or the log.
std::string in_words(failure const& why);

/// Serves one message: reads all of it, asks, and sends the responses, the final one with `respond`. An error is one of
/// the association's, which is of no more use; what fails otherwise is a status.
using handler = std::function<result<void>(operation&)>;

/// One of the operations that we are asked for, and what of an A-ASSOCIATE-RQ belongs to it. All its functions are
/// called by several threads, those of negotiation on the acceptor's, where they must not wait.
struct service {
    std::string_view name;    ///< "C-FIND", for the log
    std::string_view metric;  ///< "c_find": of its counters
    wire::command request{};  ///< whose messages it serves
    /// Whether it serves such messages in a context of this abstract syntax.
    std::function<bool(std::string_view abstract_syntax)> offers;
    handler serve;
    /// The transfer syntax to accept a context with, of an abstract syntax that it offers; nothing: none of them. Null:
    /// `choose_uncompressed`. The first service that accepts a context has its way.
    std::function<std::optional<std::string>(wire::proposed_context const&, wire::associate_request const&)> choose =
        nullptr;
    /// What it agrees to of a role selection (PS3.7 §D.3.3.4), which the standard allows no other than the peer
    /// proposed; nothing: it has no part in it. What several agree to is put together. Null: the peer is SCU only.
    std::function<std::optional<wire::role_selection>(wire::role_selection const&)> role = nullptr;
    /// The answer to an extended negotiation; nothing: there is none. Null: never one.
    std::function<std::optional<wire::extended_negotiation>(wire::extended_negotiation const&)> extend = nullptr;
    bool needs_sources = false;  ///< C000 where the called AE title leads to none
    bool each_is_logged = true;  ///< a line in the log for each; false: for an association's as a whole
};

/// Explicit VR Little Endian, else Implicit VR Little Endian, else Explicit VR Big Endian.
std::optional<std::string> choose_uncompressed(wire::proposed_context const& asked, wire::associate_request const& of);

/// Status codes that several services share (PS3.7 Annex C, PS3.4 Tables C.4-1 to C.4-3).
namespace status {
inline constexpr std::uint16_t success = 0x0000;
inline constexpr std::uint16_t sop_class_not_supported = 0x0122;
inline constexpr std::uint16_t unrecognized_operation = 0x0211;
inline constexpr std::uint16_t out_of_resources = 0xA700;
inline constexpr std::uint16_t matches_not_calculated = 0xA701;
inline constexpr std::uint16_t sub_operations_not_performed = 0xA702;
inline constexpr std::uint16_t move_destination_unknown = 0xA801;
inline constexpr std::uint16_t identifier_does_not_match = 0xA900;
inline constexpr std::uint16_t unable_to_process = 0xC000;
inline constexpr std::uint16_t some_sub_operations_failed = 0xB000;
inline constexpr std::uint16_t cancelled = 0xFE00;
inline constexpr std::uint16_t pending = 0xFF00;
inline constexpr std::uint16_t pending_with_unsupported_keys = 0xFF01;

/// Done, and something is to be said of it (PS3.7 Annex C).
constexpr bool is_warning(std::uint16_t code)
{
    return code >> 12 == 0xB || code == 0x0001 || code == 0x0107 || code == 0x0116;
}
}  // namespace status

}  // namespace pons::proxy::dimse
