#include "upstream/dimse/wire/accepted_association.hpp"

#include "upstream/dimse/wire/gather.hpp"
#include "upstream/dimse/wire/pdu.hpp"
#include "upstream/errc.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace pons::upstream::dimse {

namespace {

constexpr std::size_t buffer_size = 16 * 1024;  // for commands and headers; data sets go by it
constexpr std::size_t next_headers = 12;        // of a PDU and its first PDV
constexpr std::size_t pdv_header = 6;           // length, context, message control header
constexpr std::size_t pdv_length_covers = 2;    // context and message control header

/// How long a PDV may be for the peer: even, and within sane bounds whatever it said.
std::size_t fragment_size(std::uint32_t max_pdu)
{
    constexpr std::uint32_t ours = accepted_association::max_pdu;
    auto const pdu = max_pdu == 0 ? ours : std::min(max_pdu, ours);
    return (std::max<std::size_t>(pdu, pdv_header + 2) - pdv_header) & ~std::size_t{1};
}

std::vector<presentation_context> accepted(associate_request const& asked, associate_answer const& answer)
{
    std::vector<presentation_context> contexts;
    for (auto const& a : answer.contexts) {
        auto const proposed = std::ranges::find(asked.contexts, a.id, &proposed_context::id);
        if (a.result == context_result::acceptance && proposed != asked.contexts.end())
            contexts.push_back({a.id, proposed->abstract_syntax, a.transfer_syntax});
    }
    return contexts;
}

void put_pdvs(std::vector<std::byte>& to, std::uint8_t context, bool command, std::span<std::byte const> bytes,
              std::size_t fragment_size, bool last = true)
{
    do {
        auto const piece = bytes.first(std::min(bytes.size(), fragment_size));
        bytes = bytes.subspan(piece.size());
        pdu::put_header(to, pdu::type::p_data_tf, pdv_header + piece.size());
        pdu::put_big_endian(to, static_cast<std::uint32_t>(piece.size() + pdv_length_covers), 4);
        to.push_back(static_cast<std::byte>(context));
        to.push_back(static_cast<std::byte>((command ? 1 : 0) | (last && bytes.empty() ? 2 : 0)));
        to.insert(to.end(), piece.begin(), piece.end());
    } while (!bytes.empty());
}

tl::unexpected<failure> gave_up(readiness why, char const* where)
{
    return fail(why == readiness::interrupted ? errc::cancelled : errc::timed_out, where);
}

}  // namespace

accepted_association::accepted_association(transport over, associate_request const& asked,
                                           associate_answer const& answer)
    : over_(std::move(over)),
      calling_ae_(asked.calling_ae),
      called_ae_(asked.called_ae),
      address_(asked.address),
      roles_(answer.roles),
      extended_(answer.extended),
      contexts_(accepted(asked, answer)),
      fragment_size_(fragment_size(asked.max_pdu)),
      out_(encode_accept(asked, answer, max_pdu)),
      in_(buffer_size)
{
    int const on = 1;
    ::setsockopt(over_.socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

accepted_association::~accepted_association()
{
    abort();
}

presentation_context const* accepted_association::context(std::uint8_t id) const
{
    auto const at = std::ranges::find(contexts_, id, &presentation_context::id);
    return at != contexts_.end() ? &*at : nullptr;
}

role_selection const* accepted_association::role(std::string_view sop_class_uid) const
{
    auto const at = std::ranges::find(roles_, sop_class_uid, &role_selection::sop_class_uid);
    return at != roles_.end() ? &*at : nullptr;
}

extended_negotiation const* accepted_association::extended(std::string_view sop_class_uid) const
{
    auto const at = std::ranges::find(extended_, sop_class_uid, &extended_negotiation::sop_class_uid);
    return at != extended_.end() ? &*at : nullptr;
}

tl::unexpected<failure> accepted_association::ended(state how)
{
    state_ = how;
    out_.clear();
    if (over_.tls)
        over_.tls->close();
    over_.socket = descriptor();
    return fail(errc::aborted, "association");
}

/// The peer is to close the connection now (Sta13).
tl::unexpected<failure> accepted_association::said_last(state how)
{
    state_ = how;
    out_.clear();
    if (over_.tls)
        over_.tls->close();
    ::shutdown(over_.socket.get(), SHUT_WR);
    return fail(errc::aborted, "association");
}

void accepted_association::await_close(patience const& how_long)
{
    std::array<std::byte, 4096> rest;
    bool more = state_ != state::open && over_.socket;
    while (more && wait_for(over_.socket.get(), POLLIN, how_long) == readiness::ready) {
        auto const n = ::recv(over_.socket.get(), rest.data(), rest.size(), MSG_DONTWAIT);
        more = n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
    }
    if (state_ != state::open)
        over_.socket = descriptor();
}

void accepted_association::abort(abort_reason why)
{
    if (state_ != state::open)
        return;
    auto const pdu = encode_abort(why);
    static_cast<void>(put(pdu));
    static_cast<void>(said_last(state::gone));
}

tl::unexpected<failure> accepted_association::violated(abort_reason reason, failure why)
{
    abort(reason);
    return tl::unexpected(std::move(why));
}

tls_session::attempt accepted_association::put(std::span<std::byte const> from)
{
    if (over_.tls)
        return over_.tls->write(from);
    for (;;) {
        auto const n = ::send(over_.socket.get(), from.data(), from.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0)
            return {static_cast<std::size_t>(n), 0};
        if (errno != EINTR)
            return {0, errno == EAGAIN ? short{POLLOUT} : short{0}};
    }
}

tls_session::attempt accepted_association::get(std::span<std::byte> to, std::span<std::byte> behind)
{
    if (over_.tls)
        return over_.tls->read(to);
    iovec const parts[] = {{to.data(), to.size()}, {behind.data(), behind.size()}};
    for (;;) {
        auto const n = ::readv(over_.socket.get(), parts, 2);
        if (n >= 0)
            return {static_cast<std::size_t>(n), 0};
        if (errno != EINTR)
            return {0, errno == EAGAIN ? short{POLLIN} : short{0}};
    }
}

result<void> accepted_association::flush(patience const& how_long)
{
    for (std::size_t sent = 0; sent < out_.size();) {
        auto const went = put(std::span(out_).subspan(sent));
        sent += went.bytes;
        if (went.bytes > 0)
            continue;
        if (went.wanted == 0)
            return ended(state::lost);
        if (auto const came = wait_for(over_.socket.get(), went.wanted, how_long); came != readiness::ready) {
            static_cast<void>(ended(state::gone));  // part of a message cannot be taken back
            return gave_up(came, "send");
        }
    }
    out_.clear();
    return {};
}

/// Reads until that many bytes lie in the buffer.
result<void> accepted_association::fill(std::size_t wanted, patience const& how_long)
{
    if (begin_ == end_)
        begin_ = end_ = 0;
    if (in_.size() - begin_ < wanted) {
        std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    while (end_ - begin_ < wanted) {
        auto const came = receive(std::span(in_).subspan(end_), {}, how_long);
        if (!came)
            return tl::unexpected(came.error());
        end_ += *came;
    }
    return {};
}

/// At least a byte, to the one place and then to the other.
result<std::size_t> accepted_association::receive(std::span<std::byte> to, std::span<std::byte> behind,
                                                  patience const& how_long)
{
    for (;;) {
        // A peer that never stops sending must not outrun the deadline either.
        auto came = check(how_long);
        if (came == readiness::ready) {
            auto const some = get(to, behind);
            if (some.bytes > 0)
                return some.bytes;
            if (some.wanted == 0)
                return ended(state::lost);
            // What comes next is acknowledged at once, and what came before now.
            int const on = 1;
            ::setsockopt(over_.socket.get(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
            came = wait_for(over_.socket.get(), some.wanted, how_long);
        }
        if (came != readiness::ready)
            return gave_up(came, "receive");
    }
}

std::span<std::byte const> accepted_association::take(std::size_t size)
{
    std::span<std::byte const> const taken(in_.data() + begin_, size);
    begin_ += size;
    return taken;
}

result<std::span<std::byte const>> accepted_association::take_into(std::span<std::byte> to, patience const& how_long)
{
    if (begin_ != end_) {
        auto const some = take(std::min(to.size(), end_ - begin_));
        std::memcpy(to.data(), some.data(), some.size());
        return to.first(some.size());
    }
    begin_ = end_ = 0;
    auto const came = receive(to, std::span(in_).first(next_headers), how_long);
    if (!came)
        return tl::unexpected(came.error());
    auto const size = std::min(*came, to.size());
    end_ = *came - size;
    return to.first(size);
}

result<void> accepted_association::begin_pdu(patience const& how_long)
{
    if (auto const there = fill(pdu::header_size, how_long); !there)
        return there;
    auto const kind = static_cast<pdu::type>(in_[begin_]);
    if (kind == pdu::type::p_data_tf) {
        pdu_left_ = pdu::big_endian(take(pdu::header_size).subspan(2));
        return {};
    }
    if (kind == pdu::type::release_rq) {
        pdu::put_header(out_, pdu::type::release_rp, 4);
        pdu::put_big_endian(out_, 0, 4);
        auto const answered = flush(how_long);
        return answered ? said_last(state::released) : answered;
    }
    if (kind == pdu::type::abort)
        return ended(state::gone);
    auto const known = kind >= pdu::type::associate_rq && kind <= pdu::type::release_rp;
    return violated(known ? abort_reason::unexpected_pdu : abort_reason::unrecognized_pdu);
}

result<void> accepted_association::begin_pdv(patience const& how_long)
{
    if (pdu_left_ < pdv_header)
        return violated(abort_reason::invalid_value);
    if (auto const there = fill(pdv_header, how_long); !there)
        return there;
    auto const head = take(pdv_header);
    std::size_t const length = pdu::big_endian(head.first(4));
    pdu_left_ -= pdv_header;
    if (length < pdv_length_covers || length - pdv_length_covers > pdu_left_)
        return violated(abort_reason::invalid_value);
    pdv_left_ = length - pdv_length_covers;
    pdu_left_ -= pdv_left_;
    auto const control = std::to_integer<unsigned>(head[5]);
    current_ = {std::to_integer<std::uint8_t>(head[4]), (control & 1) != 0, (control & 2) != 0, {}};
    return {};
}

result<fragment> accepted_association::next(patience const& how_long, std::span<std::byte> room)
{
    if (!usable())
        return fail(errc::aborted, "association");
    if (auto const written = flush(how_long); !written)
        return tl::unexpected(written.error());
    while (pdv_left_ == 0) {
        while (pdu_left_ == 0)
            if (auto const begun = begin_pdu(how_long); !begun)
                return tl::unexpected(begun.error());
        if (auto const begun = begin_pdv(how_long); !begun)
            return tl::unexpected(begun.error());
        if (pdv_left_ == 0 && current_.last)
            return current_;
    }
    auto piece = current_;
    if (room.empty()) {
        if (begin_ == end_)
            if (auto const there = fill(1, how_long); !there)
                return tl::unexpected(there.error());
        piece.bytes = take(std::min(pdv_left_, end_ - begin_));
    } else {
        auto const taken = take_into(room.first(std::min(room.size(), pdv_left_)), how_long);
        if (!taken)
            return tl::unexpected(taken.error());
        piece.bytes = *taken;
    }
    pdv_left_ -= piece.bytes.size();
    piece.last = current_.last && pdv_left_ == 0;
    return piece;
}

result<message> accepted_association::receive_command(patience const& how_long)
{
    return gather_command(
        command_, [&] { return next(how_long); },
        [this](abort_reason reason, failure why) { return violated(reason, std::move(why)); });
}

result<bool> accepted_association::receive_data_set(std::vector<std::byte>& bytes, std::size_t limit,
                                                    patience const& how_long)
{
    return gather_data_set(
        bytes, limit, [&] { return next(how_long); },
        [this](abort_reason reason, failure why) { return violated(reason, std::move(why)); });
}

result<either> accepted_association::await_input(int other, patience const& how_long,
                                                 std::chrono::milliseconds to_write)
{
    // A-ASSOCIATE-AC, or a command whose data set has not begun.
    if (auto const written = flush({clock::now() + to_write, how_long.by}); !written)
        return tl::unexpected(written.error());
    bool const more = begin_ != end_ || (over_.tls && over_.tls->pending());
    if (!usable() || more)
        return either::first;
    return wait_for_either(over_.socket.get(), other, how_long);
}

result<void> accepted_association::send(std::uint8_t context, command_set const& command,
                                        std::span<std::byte const> data_set, patience const& how_long)
{
    if (!usable())
        return fail(errc::aborted, "association");
    auto const encoded = command.encode();
    put_pdvs(out_, context, true, encoded, fragment_size_);
    if (command.has_data_set())
        put_pdvs(out_, context, false, data_set, fragment_size_);
    return flush(how_long);
}

result<void> accepted_association::begin_message(std::uint8_t context, command_set const& command)
{
    if (!usable())
        return fail(errc::aborted, "association");
    put_pdvs(out_, context, true, command.encode(), fragment_size_);
    return {};
}

result<void> accepted_association::send_piece(std::uint8_t context, std::span<std::byte const> piece, bool last,
                                              patience const& how_long)
{
    if (!usable())
        return fail(errc::aborted, "association");
    if (piece.empty() && !last)
        return {};
    put_pdvs(out_, context, false, piece, fragment_size_, last);
    return flush(how_long);
}

}  // namespace pons::upstream::dimse
