#pragma once

#include "tests/support/raw_scp.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

/// The archive's side of a C-GET or a C-STORE, by hand.
namespace pons::test {

struct proposed_context {
    std::uint8_t id = 0;
    std::string abstract_syntax;
    std::vector<std::string> transfer_syntaxes;
};

struct dimse_response {
    std::uint8_t context = 0;
    std::uint16_t field = 0;
    std::uint16_t message_id = 0;  ///< being responded to
    std::uint16_t status = 0;
};

class get_peer {
public:
    static constexpr auto get_class = "1.2.840.10008.5.1.4.1.2.2.3";

    explicit get_peer(raw_scp::connection& over) : over_(over) { parse(over.read_pdu().body); }

    std::vector<proposed_context> const& proposed() const { return contexts_; }
    bool for_get() const { return find(get_class, {}) != nullptr; }

    proposed_context const* find(std::string_view abstract_syntax, std::string_view transfer_syntax) const
    {
        for (auto const& c : contexts_)
            if (c.abstract_syntax == abstract_syntax &&
                (transfer_syntax.empty() || c.transfer_syntaxes.front() == transfer_syntax))
                return &c;
        return nullptr;
    }

    /// Accepts each context with its first transfer syntax, but for those of the class that `refuse` names.
    void accept(std::string_view refuse = "none", char reason = '\3')
    {
        bytes items = raw::item(0x10, "1.2.840.10008.3.1.1.1");
        for (auto const& c : contexts_)
            items += raw::item(0x21,
                               bytes{static_cast<char>(c.id), '\0', c.abstract_syntax == refuse ? reason : '\0', '\0'} +
                                   raw::item(0x40, c.transfer_syntaxes.front()));
        items += raw::item(
            0x50, raw::item(0x51, raw::big(131072, 4)) + raw::item(0x52, "1.2.3.4") + raw::item(0x55, "BY_HAND"));
        over_.write(raw::pdu(0x02, head_ + items));
    }

    /// For good, by the user, without a reason.
    void reject() { over_.write(raw::pdu(0x03, bytes{'\0', '\1', '\1', '\1'})); }

    dimse_message read_get() { return get_ = over_.read_message(); }

    /// A C-STORE-RQ with the data set cut into PDVs as `sizes` says, the rest in one; `last` false: it does not end;
    /// `together`: all of `sizes` in one PDU.
    void store(std::uint8_t context, std::string_view sop_class, std::string_view instance, bytes const& data_set,
               std::vector<std::size_t> const& sizes = {}, bool last = true, bool together = false)
    {
        auto rest = element(0x00000002, sop_class, '\0') + raw::number(0x0100, 0x0001) +
                    raw::number(0x0110, ++store_id_) + raw::number(0x0700, 0) + raw::number(0x0800, 1) +
                    element(0x00001000, instance, '\0');
        over_.write(raw::pdu(0x04, raw::pdv(context, true, true, raw::with_group_length(rest))));
        std::size_t at = 0;
        bytes pdvs;
        for (auto const size : sizes) {
            pdvs += raw::pdv(context, false, false, data_set.substr(at, size));
            at += size;
            if (!together)
                over_.write(raw::pdu(0x04, std::exchange(pdvs, {})));
        }
        if (together)
            over_.write(raw::pdu(0x04, pdvs));
        for (constexpr std::size_t most = 131000; data_set.size() - at > most; at += most)
            over_.write(raw::pdu(0x04, raw::pdv(context, false, false, data_set.substr(at, most))));
        over_.write(raw::pdu(0x04, raw::pdv(context, false, last, data_set.substr(at))));
    }

    /// The next command; a data set with it is not expected.
    dimse_response read_response()
    {
        auto const p = over_.read_pdu();
        if (p.type == 0x05) {
            over_.released = true;
            over_.write(raw::pdu(0x06, bytes(4, '\0')));
        }
        over_.aborted = p.type == 0x07;
        if (p.type != 0x04)
            throw raw_scp::gone{};
        dimse_response r{static_cast<std::uint8_t>(p.body[4]), 0, 0, 0};
        r.field = raw::number_in(p.body, 0x0100, 6).value_or(0);
        r.message_id = raw::number_in(p.body, 0x0120, 6).value_or(0);
        r.status = raw::number_in(p.body, 0x0900, 6).value_or(0);
        return r;
    }

    struct counters {
        int completed = -1, failed = -1, warning = -1;
    };

    void respond(std::uint16_t status, counters const& c, bytes const& data_set = {})
    {
        auto rest = raw::number(0x0100, 0x8010) + raw::number(0x0120, get_.message_id) +
                    raw::number(0x0800, data_set.empty() ? 0x0101 : 1) + raw::number(0x0900, status);
        for (auto const& [tag, value] : {std::pair(0x1021, c.completed), {0x1022, c.failed}, {0x1023, c.warning}})
            if (value >= 0)
                rest += raw::number(static_cast<std::uint16_t>(tag), static_cast<std::uint16_t>(value));
        over_.write(raw::pdu(0x04, raw::pdv(get_.context, true, true, raw::with_group_length(rest))));
        if (!data_set.empty())
            over_.write(raw::pdu(0x04, raw::pdv(get_.context, false, true, data_set)));
    }

    void answer_store(dimse_message const& rq, std::uint16_t status, std::string_view error_comment = {})
    {
        auto const rest = raw::number(0x0100, 0x8001) + raw::number(0x0120, rq.message_id) +
                          raw::number(0x0800, 0x0101) + raw::number(0x0900, status) +
                          (error_comment.empty() ? bytes() : element(0x0902, bytes(error_comment)));
        over_.write(raw::pdu(0x04, raw::pdv(rq.context, true, true, raw::with_group_length(rest))));
    }

    raw_scp::connection& over() { return over_; }

private:
    void parse(bytes const& rq)
    {
        head_ = rq.substr(0, 68);
        auto const size_at = [&](std::size_t at) { return raw::from_big(rq.substr(at, 2)); };
        for (std::size_t at = 68; at + 4 <= rq.size(); at += 4 + size_at(at + 2)) {
            if (rq[at] != 0x20)
                continue;
            auto& c = contexts_.emplace_back();
            c.id = static_cast<std::uint8_t>(rq[at + 4]);
            auto const end = at + 4 + size_at(at + 2);
            for (auto sub = at + 8; sub + 4 <= end; sub += 4 + size_at(sub + 2)) {
                auto const uid = rq.substr(sub + 4, size_at(sub + 2));
                if (rq[sub] == 0x30)
                    c.abstract_syntax = uid;
                else
                    c.transfer_syntaxes.push_back(uid);
            }
        }
    }

    raw_scp::connection& over_;
    bytes head_;
    std::vector<proposed_context> contexts_;
    dimse_message get_;
    std::uint16_t store_id_ = 0;
};

/// What the peer tells about itself by C-FIND: nothing, or one instance of one series.
struct told {
    std::string sop_class;
    std::string transfer_syntax;
};

inline constexpr auto ct_class = "1.2.840.10008.5.1.4.1.1.2";
inline constexpr auto explicit_le = "1.2.840.10008.1.2.1";

/// A peer that answers C-FINDs with `what` and does `get` on associations for C-GET, after its request has come.
inline raw_scp::script gets(std::function<void(get_peer&)> get, told what = {}, std::string refuse = "none")
{
    return [get = std::move(get), what = std::move(what), refuse = std::move(refuse)](raw_scp::connection& over) {
        get_peer peer(over);
        peer.accept(refuse);
        if (peer.for_get()) {
            peer.read_get();
            get(peer);
            for (;;)
                (void)peer.read_response();
        }
        for (;;) {
            auto const rq = over.read_message();
            auto const row = explicit_element(0x00080016, "UI", what.sop_class, '\0') +
                             explicit_element(0x00080018, "UI", "1.2.3.4.5", '\0') +
                             explicit_element(0x00083002, "UI", what.transfer_syntax, '\0') +
                             explicit_element(0x0020000E, "UI", "1.2.3.4", '\0');
            if (!what.sop_class.empty() && rq.data_set.find("STUDY ") == bytes::npos)
                over.respond(rq, 0xFF00, row);
            over.respond(rq, 0);
        }
    };
}

}  // namespace pons::test
