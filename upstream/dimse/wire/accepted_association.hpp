#pragma once

#include "mapping/result.hpp"
#include "upstream/dimse/wire/associate_answer.hpp"
#include "upstream/dimse/wire/association.hpp"
#include "upstream/dimse/wire/command_set.hpp"
#include "upstream/dimse/wire/transport.hpp"
#include "upstream/dimse/wire/waiting.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pons::upstream::dimse {

/// An association that somebody requested of us (PS3.8 §7), after `associate_answer`. Every call blocks; one thread at
/// a time. Its PDUs are read here, without DCMTK: a piece of a PDV is given on as soon as it has come, whatever lengths
/// the peer announces, odd and empty ones too; nothing is ever sized by them. What it holds is one buffer of 64 KiB.
///
/// Errors of every call: errc::timed_out and cancelled by the patience given, aborted (A-ABORT, the end of the
/// connection, or A-RELEASE-RQ, which is answered at once; `released` tells), malformed (what came is no PDU, or none
/// that may come now; A-ABORT has been sent). Whoever gives up reading (timed_out, cancelled) may go on later where he
/// was; every other error is the end of it.
class accepted_association {
public:
    /// The socket is connected and not blocking; the A-ASSOCIATE-AC that says `answer` is written with the first call.
    accepted_association(transport over, associate_request const& asked, associate_answer const& answer);
    accepted_association(accepted_association const&) = delete;
    accepted_association& operator=(accepted_association const&) = delete;
    ~accepted_association();  ///< A-ABORT when it has not ended

    std::string const& calling_ae() const { return calling_ae_; }
    std::string const& called_ae() const { return called_ae_; }
    /// Where it came from, "192.0.2.7".
    std::string const& address() const { return address_; }
    /// All that was accepted, as the peer proposed them.
    std::vector<presentation_context> const& contexts() const { return contexts_; }
    /// What was agreed to of the roles that the peer selected (PS3.7 §D.3.3.4); null: it selected none for that class,
    /// and is its SCU.
    role_selection const* role(std::string_view sop_class_uid) const;
    /// What was answered to its extended negotiation (PS3.7 §D.3.3.5); null: nothing.
    extended_negotiation const* extended(std::string_view sop_class_uid) const;
    /// Null when it was not proposed or not accepted.
    presentation_context const* context(std::uint8_t id) const;

    /// One message with one write.
    result<void> send(std::uint8_t context, command_set const& command, std::span<std::byte const> data_set,
                      patience const& how_long);

    /// A message whose data set comes in pieces: the command, which leaves with the first of them. All pieces but the
    /// last are of even length, or of none.
    result<void> begin_message(std::uint8_t context, command_set const& command);
    result<void> send_piece(std::uint8_t context, std::span<std::byte const> piece, bool last,
                            patience const& how_long);

    /// The next piece of a message: as much of a PDV as has come. `last` is on the last piece of the last PDV. With
    /// `room` the bytes are there, no more than fit: they come straight from the socket.
    result<fragment> next(patience const& how_long, std::span<std::byte> room = {});

    /// A whole command. Errors also: too_large, malformed as command_set::decode, or a data set where a command should
    /// be.
    result<message> receive_command(patience const& how_long);
    /// The data set that follows it, into `bytes`, which is emptied first. Beyond `limit` the rest is read and dropped,
    /// and the result is false: the association stays in step. Errors also: malformed (a command instead; aborted).
    result<bool> receive_data_set(std::vector<std::byte>& bytes, std::size_t limit, patience const& how_long);

    /// Waits until the peer says something (first; also when it has gone, which the next read tells), without reading
    /// it, or until `other`, a descriptor or -1, is readable (second). For whoever serves one while something else
    /// works. First, within `to_write`, what has not been written yet; an error is of that, and the end.
    result<either> await_input(int other, patience const& how_long, std::chrono::milliseconds to_write);

    bool usable() const { return state_ == state::open; }
    bool released() const { return state_ == state::released; }
    /// The connection ended, without a release and without A-ABORT.
    bool lost() const { return state_ == state::lost; }
    /// Without waiting. What could not be written yet is dropped.
    void abort(abort_reason why = abort_reason::not_specified);
    /// After A-ABORT or A-RELEASE-RP of ours: waits until the peer has closed the connection (PS3.8 §9.2, Sta13), and
    /// drops what still comes of it, for what is not read makes the system reset the connection, and the peer never
    /// read our last word. Then, or when patience ends, it is closed. Nothing where the connection has ended.
    void await_close(patience const& how_long);

    static constexpr std::uint32_t max_pdu = 128 * 1024;  ///< what we announce; longer ones are taken, too

private:
    enum class state { open, released, lost, gone };

    result<std::size_t> receive(std::span<std::byte> to, std::span<std::byte> behind, patience const& how_long);
    result<void> fill(std::size_t wanted, patience const& how_long);
    result<std::span<std::byte const>> take_into(std::span<std::byte> to, patience const& how_long);
    result<void> begin_pdu(patience const& how_long);
    result<void> begin_pdv(patience const& how_long);
    result<void> flush(patience const& how_long);
    std::span<std::byte const> take(std::size_t size);
    tl::unexpected<failure> ended(state how);
    tl::unexpected<failure> said_last(state how);
    tl::unexpected<failure> violated(abort_reason reason, failure why = {errc::malformed, "association"});

    tls_session::attempt put(std::span<std::byte const> from);
    tls_session::attempt get(std::span<std::byte> to, std::span<std::byte> behind);

    transport over_;
    state state_ = state::open;
    std::string calling_ae_;
    std::string called_ae_;
    std::string address_;
    std::vector<role_selection> roles_;
    std::vector<extended_negotiation> extended_;
    std::vector<presentation_context> contexts_;
    std::size_t fragment_size_;
    std::vector<std::byte> out_;
    std::vector<std::byte> command_;  // what has come of the command that is being received

    std::vector<std::byte> in_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t pdu_left_ = 0;
    std::size_t pdv_left_ = 0;
    fragment current_;  // the PDV that `pdv_left_` belongs to
};

}  // namespace pons::upstream::dimse
