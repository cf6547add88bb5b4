#pragma once

#include "mapping/result.hpp"
#include "upstream/dimse/wire/command_set.hpp"
#include "upstream/dimse/wire/transport.hpp"
#include "upstream/dimse/wire/waiting.hpp"
#include "upstream/errc.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pons::upstream::dimse {

/// One presentation context to propose (PS3.8 §9.3.2.2).
struct proposal {
    std::string abstract_syntax;
    std::vector<std::string> transfer_syntaxes;
    bool provider = false;  ///< we are its SCP: role selection (PS3.7 §D.3.3.4), as C-GET needs for storage
};

/// Who asks, for peers that want to know (PS3.7 §D.3.3.7). No answer to it is asked for.
struct user_identity {
    std::string user;
    std::string passcode;
};

struct association_request {
    std::string calling_ae;
    std::string called_ae;
    std::vector<proposal> contexts;
    std::optional<user_identity> identity{};
};

/// One presentation context that the peer accepted.
struct presentation_context {
    std::uint8_t id = 0;
    std::string abstract_syntax;
    std::string transfer_syntax;
};

/// One that it did not accept.
struct refused_context {
    std::string abstract_syntax;
    std::string transfer_syntax;       ///< the first that was proposed
    bool for_transfer_syntax = false;  ///< none of those proposed; else the abstract syntax, or no reason was told
};

/// Why there is no association.
struct refusal {
    failure why;
    bool transient = false;             ///< A-ASSOCIATE-RJ with result 2, rejected-transient (PS3.8 §9.3.4)
    std::optional<tls::trouble> tls{};  ///< when TLS was it
};

/// A piece of a message (PS3.8 §9.3.5.1). `bytes` last until the next call on the association.
struct fragment {
    std::uint8_t context = 0;
    bool command = false;
    bool last = false;
    std::span<std::byte const> bytes;
};

/// A command as it came, and in which presentation context.
struct message {
    std::uint8_t context = 0;
    command_set command;
};

/// An association that we requested (PS3.8 §7). Every call blocks; one thread at a time.
///
/// Errors of every call: upstream::errc::timed_out and cancelled by the patience given, aborted (A-ABORT, A-RELEASE-RQ
/// or the end of the connection), malformed (what came is no PDU), unauthorized (TLS: the peer did not accept our
/// certificate, or asks for one; it may say so with its first bytes only). Network bytes are taken as raw PDVs; nothing
/// of DCMTK parses a command or data set.
class association {
public:
    /// Negotiates over a connection. Errors beyond those above: association_rejected.
    static tl::expected<association, refusal> request(transport over, association_request const& what,
                                                      patience const& how_long);

    association(association&&) noexcept;
    association& operator=(association&&) noexcept;
    ~association();  ///< aborts what was not released

    /// Null when the peer did not accept it.
    presentation_context const* context(std::string_view abstract_syntax) const;
    presentation_context const* context(std::uint8_t id) const;
    presentation_context const* context(std::string_view abstract_syntax, std::string_view transfer_syntax) const;
    std::vector<refused_context> const& refused() const;

    /// Where the peer was reached, in the usual form of an address; empty: the connection had ended.
    std::string const& peer_address() const;

    std::uint16_t next_message_id();
    /// How many operations it has had: the ids that were taken.
    std::uint16_t operations() const;

    /// One message with one write, up to 128 KiB.
    result<void> send(std::uint8_t context, command_set const& command, std::span<std::byte const> data_set,
                      patience const& how_long);

    /// A message whose data set comes in pieces: the command, which leaves with the first of them. All pieces but the
    /// last are of even length, or of none.
    result<void> begin_message(std::uint8_t context, command_set const& command, patience const& how_long);
    result<void> send_piece(std::uint8_t context, std::span<std::byte const> piece, bool last,
                            patience const& how_long);

    /// What has come of a PDV, at least a byte of it; an empty one only when it is the last of its message. With `room`
    /// the bytes are there, no more than fit: they come straight from the socket.
    result<fragment> next(patience const& how_long, std::span<std::byte> room = {});

    /// A whole command. Errors also: too_large, malformed as command_set::decode, or a data set where a command should
    /// be.
    result<message> receive_command(patience const& how_long);
    /// The data set that follows, into `bytes`, which is emptied first. Beyond `limit` the rest is read and dropped,
    /// and the result is false: the association stays in step.
    result<bool> receive_data_set(std::vector<std::byte>& bytes, std::size_t limit, patience const& how_long);

    /// More has come already, so that the next read will not wait.
    bool buffered() const;
    /// False once the connection is gone, or was given up in the middle of a PDU.
    bool usable() const;
    /// Waits for the peer to say something, without reading it; ready also when it is not usable. Whatever comes while
    /// idle is its end: the peer has closed or aborted.
    readiness await_input(patience const& how_long);
    /// The same without waiting: ready or not.
    bool has_input();

    /// A-RELEASE; when the peer does not answer in time the connection is closed all the same.
    void release(patience const& how_long);
    /// A-ABORT, without waiting.
    void abort();

private:
    struct state;
    explicit association(std::unique_ptr<state> s);
    failure failed(unsigned short dcmtk_code, char const* where);
    failure failed(errc code, char const* where);
    result<void> begin_pdu();
    result<void> begin_pdv();

    std::unique_ptr<state> state_;
};

}  // namespace pons::upstream::dimse
