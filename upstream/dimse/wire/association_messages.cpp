#include "upstream/dimse/wire/association_state.hpp"
#include "upstream/errc.hpp"

#include <dcmtk/dcmnet/cond.h>
#include <dcmtk/dcmnet/dul.h>

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

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

result<fragment> association::next(patience const& how_long)
{
    auto& s = *state_;
    if (!usable())
        return fail(errc::aborted, "receive");
    s.begin(how_long);
    DUL_PDV pdv{};
    if (DUL_NextPDV(&s.dcmtk->DULassociation, &pdv).bad()) {
        // Giving up before a PDU has begun leaves the association in step: C-CANCEL is still possible.
        if (auto const came = s.link.over->await_input(); came != readiness::ready)
            return fail(came == readiness::expired ? errc::timed_out : errc::cancelled, "receive");
        if (auto const read = DUL_ReadPDVs(&s.dcmtk->DULassociation, nullptr, DUL_BLOCK, 0);
            read != DUL_PDATAPDUARRIVED)
            return tl::unexpected(failed(read.code(), "receive"));
        if (auto const first = DUL_NextPDV(&s.dcmtk->DULassociation, &pdv); first.bad())
            return tl::unexpected(failed(first.code(), "receive"));
    }
    return fragment{pdv.presentationContextID, pdv.pdvType == DUL_COMMANDPDV, pdv.lastPDV != OFFalse,
                    std::span(static_cast<std::byte const*>(pdv.data), pdv.fragmentLength)};
}

result<message> association::receive_command(patience const& how_long)
{
    std::vector<std::byte> bytes;
    for (;;) {
        auto const piece = next(how_long);
        if (!piece)
            return tl::unexpected(piece.error());
        if (!piece->command)
            return fail(errc::malformed, "command set");
        if (bytes.size() + piece->bytes.size() > command_set::size_limit)
            return fail(errc::too_large, "command set");
        bytes.insert(bytes.end(), piece->bytes.begin(), piece->bytes.end());
        if (!piece->last)
            continue;
        auto decoded = command_set::decode(bytes);
        if (!decoded)
            return tl::unexpected(decoded.error());
        return message{piece->context, std::move(*decoded)};
    }
}

result<bool> association::receive_data_set(std::vector<std::byte>& bytes, std::size_t limit, patience const& how_long)
{
    bytes.clear();
    bool fits = true;
    for (;;) {
        auto const piece = next(how_long);
        if (!piece)
            return tl::unexpected(piece.error());
        if (piece->command)
            return fail(errc::malformed, "data set");
        fits = fits && bytes.size() + piece->bytes.size() <= limit;
        if (fits)
            bytes.insert(bytes.end(), piece->bytes.begin(), piece->bytes.end());
        else
            bytes.clear();
        if (piece->last)
            return fits;
    }
}

}  // namespace pons::upstream::dimse
