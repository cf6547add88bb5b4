#include "upstream/dimse/wire/association_state.hpp"
#include "upstream/dimse/wire/gather.hpp"
#include "upstream/dimse/wire/pdu.hpp"
#include "upstream/errc.hpp"

#include <dcmtk/dcmnet/cond.h>
#include <dcmtk/dcmnet/dul.h>

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

/// Much more than we announce, as nothing here holds a whole one; beyond it is no PDU.
constexpr std::size_t longest_pdu = 16 << 20;

/// Writes `bytes` as PDVs no longer than the peer takes (PS3.8 §D.1); an empty data set is one empty PDV.
OFCondition write_pdvs(T_ASC_Association* to, std::uint8_t context, DUL_DATAPDV type, std::span<std::byte const> bytes,
                       std::size_t fragment_size, bool last = true)
{
    OFCondition written = EC_Normal;
    do {
        auto const piece = bytes.first(std::min(bytes.size(), fragment_size));
        bytes = bytes.subspan(piece.size());
        DUL_PDV pdv{};
        pdv.fragmentLength = static_cast<unsigned long>(piece.size());
        pdv.presentationContextID = context;
        pdv.pdvType = type;
        pdv.lastPDV = last && bytes.empty();
        pdv.data = const_cast<std::byte*>(piece.data());
        DUL_PDVLIST list{};
        list.count = 1;
        list.pdv = &pdv;
        written = DUL_WritePDVs(&to->DULassociation, &list);
    } while (written.good() && !bytes.empty());
    return written;
}

/// Whoever asks has the failure, and gives up the association himself.
tl::unexpected<failure> told(abort_reason /*reason*/, failure why)
{
    return tl::unexpected(std::move(why));
}

}  // namespace

result<void> association::send(std::uint8_t context, command_set const& command, std::span<std::byte const> data_set,
                               patience const& how_long)
{
    auto& s = *state_;
    if (!usable())
        return fail(errc::aborted, "send");
    s.begin(how_long);
    s.link.over->hold();
    auto const encoded = command.encode();
    auto written = write_pdvs(s.dcmtk, context, DUL_COMMANDPDV, encoded, s.fragment_size);
    if (written.good() && command.has_data_set())
        written = write_pdvs(s.dcmtk, context, DUL_DATASETPDV, data_set, s.fragment_size);
    if (written.bad())
        return tl::unexpected(failed(written.code(), "send"));
    if (!s.link.over || !s.link.over->flush())
        return tl::unexpected(failed(DULC_TCPIOERROR, "send"));
    return {};
}

result<void> association::begin_message(std::uint8_t context, command_set const& command, patience const& how_long)
{
    auto& s = *state_;
    if (!usable())
        return fail(errc::aborted, "send");
    s.begin(how_long);
    s.link.over->hold();
    auto const encoded = command.encode();
    auto const written = write_pdvs(s.dcmtk, context, DUL_COMMANDPDV, encoded, s.fragment_size);
    if (written.bad())
        return tl::unexpected(failed(written.code(), "send"));
    return {};
}

result<void> association::send_piece(std::uint8_t context, std::span<std::byte const> piece, bool last,
                                     patience const& how_long)
{
    auto& s = *state_;
    if (!usable())
        return fail(errc::aborted, "send");
    if (piece.empty() && !last)
        return {};
    s.begin(how_long);
    s.link.over->hold();
    auto const written = write_pdvs(s.dcmtk, context, DUL_DATASETPDV, piece, s.fragment_size, last);
    if (written.bad())
        return tl::unexpected(failed(written.code(), "send"));
    if (!s.link.over || !s.link.over->flush())
        return tl::unexpected(failed(DULC_TCPIOERROR, "send"));
    return {};
}

/// PS3.8 §9.3.1. Read here and not by DCMTK, whose DUL_NextPDV (3.6.7) steps over a PDV by the length of the one behind
/// it: several of different lengths in one PDU lead it out of its buffer.
result<void> association::begin_pdu()
{
    auto& s = *state_;
    if (!s.link.over->fill(pdu::header_size))
        return tl::unexpected(failed(errc::aborted, "receive"));
    auto const head = s.link.over->take(pdu::header_size);
    switch (static_cast<pdu::type>(head[0])) {
        case pdu::type::p_data_tf:
            s.pdu_left = pdu::big_endian(head.subspan(2));
            if (s.pdu_left > longest_pdu)
                return tl::unexpected(failed(errc::malformed, "receive"));
            return {};
        case pdu::type::abort:
        case pdu::type::release_rq:
            return tl::unexpected(failed(errc::aborted, "receive"));
        default:
            return tl::unexpected(failed(errc::malformed, "receive"));
    }
}

/// PS3.8 §9.3.5.1 and Annex E.
result<void> association::begin_pdv()
{
    constexpr std::size_t header_size = 6;  // length, context, message control header
    constexpr std::size_t covered = 2;      // of these by the length
    auto& s = *state_;
    if (s.pdu_left < header_size)
        return tl::unexpected(failed(errc::malformed, "receive"));
    if (!s.link.over->fill(header_size))
        return tl::unexpected(failed(errc::aborted, "receive"));
    auto const head = s.link.over->take(header_size);
    std::size_t const length = pdu::big_endian(head.first(4));
    s.pdu_left -= header_size;
    if (length < covered || length - covered > s.pdu_left)
        return tl::unexpected(failed(errc::malformed, "receive"));
    s.pdv_left = length - covered;
    s.pdu_left -= s.pdv_left;
    auto const control = std::to_integer<unsigned>(head[5]);
    s.pdv = {std::to_integer<std::uint8_t>(head[4]), (control & 1) != 0, (control & 2) != 0, {}};
    return {};
}

result<fragment> association::next(patience const& how_long, std::span<std::byte> room)
{
    auto& s = *state_;
    if (!usable())
        return fail(errc::aborted, "receive");
    s.begin(how_long);
    while (s.pdv_left == 0) {
        if (s.pdu_left == 0) {
            // Giving up before a PDU has begun leaves the association in step: C-CANCEL is still possible.
            if (auto const came = s.link.over->await_input(); came != readiness::ready)
                return fail(came == readiness::expired ? errc::timed_out : errc::cancelled, "receive");
            if (auto const begun = begin_pdu(); !begun)
                return tl::unexpected(begun.error());
            continue;
        }
        if (auto const begun = begin_pdv(); !begun)
            return tl::unexpected(begun.error());
        if (s.pdv_left == 0 && s.pdv.last)
            return s.pdv;
    }
    auto piece = s.pdv;
    if (!room.empty())
        piece.bytes = s.link.over->take_into(room.first(std::min(s.pdv_left, room.size())));
    else if (s.link.over->fill(1))
        piece.bytes = s.link.over->take(std::min(s.pdv_left, s.link.over->filled()));
    if (piece.bytes.empty())
        return tl::unexpected(failed(errc::aborted, "receive"));
    s.pdv_left -= piece.bytes.size();
    piece.last = s.pdv.last && s.pdv_left == 0;
    return piece;
}

result<message> association::receive_command(patience const& how_long)
{
    std::vector<std::byte> bytes;
    return gather_command(
        bytes, [&] { return next(how_long); }, &told);
}

result<bool> association::receive_data_set(std::vector<std::byte>& bytes, std::size_t limit, patience const& how_long)
{
    return gather_data_set(
        bytes, limit, [&] { return next(how_long); }, &told);
}

}  // namespace pons::upstream::dimse
