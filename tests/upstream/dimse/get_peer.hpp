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
        bytes items = item(0x10, "1.2.840.10008.3.1.1.1");
        for (auto const& c : contexts_)
            items +=
                item(0x21, bytes{static_cast<char>(c.id), '\0', c.abstract_syntax == refuse ? reason : '\0', '\0'} +
                               item(0x40, c.transfer_syntaxes.front()));
        items += item(0x50, item(0x51, big(131072, 4)) + item(0x52, "1.2.3.4") + item(0x55, "BY_HAND"));
        over_.write(pdu(0x02, head_ + items));
    }

    /// For good, by the user, without a reason.
    void reject() { over_.write(pdu(0x03, bytes{'\0', '\1', '\1', '\1'})); }

    dimse_message read_get() { return get_ = over_.read_message(); }

    /// A C-STORE-RQ with the data set cut into PDVs as `sizes` says, the rest in one; `last` false: it does not end;
    /// `together`: all of `sizes` in one PDU.
    void store(std::uint8_t context, std::string_view sop_class, std::string_view instance, bytes const& data_set,
               std::vector<std::size_t> const& sizes = {}, bool last = true, bool together = false)
    {
        auto rest = element(0x00000002, sop_class, '\0') + number(0x0100, 0x0001) + number(0x0110, ++store_id_) +
                    number(0x0700, 0) + number(0x0800, 1) + element(0x00001000, instance, '\0');
        over_.write(pdu(0x04, pdv(context, true, true, with_length(rest))));
        std::size_t at = 0;
        bytes pdvs;
        for (auto const size : sizes) {
            pdvs += pdv(context, false, false, data_set.substr(at, size));
            at += size;
            if (!together)
                over_.write(pdu(0x04, std::exchange(pdvs, {})));
        }
        if (together)
            over_.write(pdu(0x04, pdvs));
        for (constexpr std::size_t most = 131000; data_set.size() - at > most; at += most)
            over_.write(pdu(0x04, pdv(context, false, false, data_set.substr(at, most))));
        over_.write(pdu(0x04, pdv(context, false, last, data_set.substr(at))));
    }

    /// The next command; a data set with it is not expected.
    dimse_response read_response()
    {
        auto const p = over_.read_pdu();
        if (p.type == 0x05) {
            over_.released = true;
            over_.write(pdu(0x06, bytes(4, '\0')));
        }
        over_.aborted = p.type == 0x07;
        if (p.type != 0x04)
            throw raw_scp::gone{};
        dimse_response r{static_cast<std::uint8_t>(p.body[4]), 0, 0, 0};
        for (std::size_t at = 6; at + 8 <= p.body.size();) {
            auto const tag = from_little(p.body.substr(at + 2, 2));
            auto const size = from_little(p.body.substr(at + 4, 4));
            auto const value = static_cast<std::uint16_t>(size == 2 ? from_little(p.body.substr(at + 8, 2)) : 0);
            if (tag == 0x0100)
                r.field = value;
            if (tag == 0x0120)
                r.message_id = value;
            if (tag == 0x0900)
                r.status = value;
            at += 8 + size;
        }
        return r;
    }

    struct counters {
        int completed = -1, failed = -1, warning = -1;
    };

    void respond(std::uint16_t status, counters const& c, bytes const& data_set = {})
    {
        auto rest = number(0x0100, 0x8010) + number(0x0120, get_.message_id) +
                    number(0x0800, data_set.empty() ? 0x0101 : 1) + number(0x0900, status);
        for (auto const& [tag, value] : {std::pair(0x1021, c.completed), {0x1022, c.failed}, {0x1023, c.warning}})
            if (value >= 0)
                rest += number(static_cast<std::uint16_t>(tag), static_cast<std::uint16_t>(value));
        over_.write(pdu(0x04, pdv(get_.context, true, true, with_length(rest))));
        if (!data_set.empty())
            over_.write(pdu(0x04, pdv(get_.context, false, true, data_set)));
    }

    void answer_store(dimse_message const& rq, std::uint16_t status)
    {
        auto const rest =
            number(0x0100, 0x8001) + number(0x0120, rq.message_id) + number(0x0800, 0x0101) + number(0x0900, status);
        over_.write(pdu(0x04, pdv(rq.context, true, true, with_length(rest))));
    }

    raw_scp::connection& over() { return over_; }

private:
    static bytes little(std::uint32_t value, int size)
    {
        bytes b;
        for (; size > 0; --size, value >>= 8)
            b.push_back(static_cast<char>(value & 0xFF));
        return b;
    }
    static bytes big(std::uint32_t value, int size)
    {
        auto const b = little(value, size);
        return {b.rbegin(), b.rend()};
    }
    static std::uint32_t from_little(bytes const& b)
    {
        std::uint32_t value = 0;
        for (auto c = b.rbegin(); c != b.rend(); ++c)
            value = value << 8 | static_cast<std::uint8_t>(*c);
        return value;
    }
    static bytes pdu(std::uint8_t type, bytes const& body)
    {
        return bytes{static_cast<char>(type), '\0'} + big(static_cast<std::uint32_t>(body.size()), 4) + body;
    }
    static bytes pdv(std::uint8_t context, bool command, bool last, bytes const& content)
    {
        return big(static_cast<std::uint32_t>(content.size() + 2), 4) + static_cast<char>(context) +
               static_cast<char>((command ? 1 : 0) | (last ? 2 : 0)) + content;
    }
    static bytes item(std::uint8_t type, bytes const& body)
    {
        return bytes{static_cast<char>(type), '\0'} + big(static_cast<std::uint32_t>(body.size()), 2) + body;
    }
    static bytes number(std::uint16_t tag, std::uint16_t value) { return element(tag, little(value, 2)); }
    static bytes with_length(bytes const& rest)
    {
        return element(0, little(static_cast<std::uint32_t>(rest.size()), 4)) + rest;
    }

    void parse(bytes const& rq)
    {
        head_ = rq.substr(0, 68);
        auto const size_at = [&](std::size_t at) {
            return static_cast<std::size_t>(static_cast<std::uint8_t>(rq[at]) << 8 |
                                            static_cast<std::uint8_t>(rq[at + 1]));
        };
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
