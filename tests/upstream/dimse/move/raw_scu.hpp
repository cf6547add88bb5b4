#pragma once

#include "tests/support/raw_scp.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The other side of `raw_scp`: somebody who calls us, by hand on a plain socket, and may do so badly.
namespace pons::test {

struct raw_context {
    std::uint8_t id = 1;
    std::string abstract_syntax = "1.2.840.10008.5.1.4.1.1.7";
    std::vector<std::string> transfer_syntaxes{"1.2.840.10008.1.2.1"};
};

inline bytes user_information(std::uint32_t max_pdu = 16384)
{
    return raw::item(0x50, raw::item(0x51, raw::big(max_pdu, 4)) + raw::item(0x52, "1.2.3.4"));
}

inline bytes proposed(raw_context const& c)
{
    bytes content = bytes{static_cast<char>(c.id)} + bytes(3, '\0') + raw::item(0x30, c.abstract_syntax);
    for (auto const& uid : c.transfer_syntaxes)
        content += raw::item(0x40, uid);
    return raw::item(0x20, content);
}

/// What follows the header of an A-ASSOCIATE-RQ.
inline bytes associate_body(std::string_view called, std::string_view calling, std::vector<raw_context> const& contexts,
                            bytes const& user = user_information())
{
    auto body = raw::big(1, 2) + raw::big(0, 2) + raw::ae(called) + raw::ae(calling) + bytes(32, '\0') +
                raw::item(0x10, "1.2.840.10008.3.1.1.1");
    for (auto const& c : contexts)
        body += proposed(c);
    return body + user;
}

struct raw_store {
    std::uint16_t message_id = 1;
    std::string sop_instance_uid = "1.2.3.1";
    std::string originator_ae;  ///< empty: neither it nor the id
    std::uint16_t originator_id = 0;
    std::string sop_class_uid = "1.2.840.10008.5.1.4.1.1.7";
};

class raw_scu {
public:
    struct gone {};

    explicit raw_scu(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(port);
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0)
            throw std::runtime_error("nobody listens");
    }
    raw_scu(raw_scu const&) = delete;
    raw_scu& operator=(raw_scu const&) = delete;
    ~raw_scu() { ::close(fd_); }

    void write(bytes const& what)
    {
        for (std::size_t sent = 0; sent < what.size();) {
            auto const n = ::send(fd_, what.data() + sent, what.size() - sent, MSG_NOSIGNAL);
            if (n <= 0)
                throw gone{};
            sent += static_cast<std::size_t>(n);
        }
    }

    struct pdu {
        std::uint8_t type = 0;
        bytes body;
    };

    /// Throws `gone` when there is none any more.
    pdu read_pdu()
    {
        auto const head = read(6);
        return {static_cast<std::uint8_t>(head[0]), read(raw::from_big(head.substr(2)))};
    }

    /// The answer's type: 2 accepted, 3 rejected, 7 aborted.
    std::uint8_t associate(std::string_view called, std::string_view calling,
                           std::vector<raw_context> const& contexts = {raw_context{}})
    {
        write(raw::pdu(1, associate_body(called, calling, contexts)));
        auto const answer = read_pdu();
        answer_ = answer.body;
        return answer.type;
    }

    /// The body of the answer to A-ASSOCIATE-RQ.
    bytes const& answer() const { return answer_; }

    /// Result/reason and transfer syntax of a context in the answer.
    std::pair<int, std::string> context(std::uint8_t id) const
    {
        for (std::size_t at = 68; at + 4 <= answer_.size();) {
            auto const size = raw::from_big(answer_.substr(at + 2, 2));
            if (answer_[at] == 0x21 && static_cast<std::uint8_t>(answer_[at + 4]) == id)
                return {answer_[at + 6], answer_.substr(at + 12, raw::from_big(answer_.substr(at + 10, 2)))};
            at += 4 + size;
        }
        return {-1, {}};
    }

    static bytes store_request(raw_store const& what, std::uint8_t context = 1)
    {
        auto rest = element(0x00000002, what.sop_class_uid, '\0') + raw::number(0x0100, 0x0001) +
                    raw::number(0x0110, what.message_id) + raw::number(0x0700, 0) + raw::number(0x0800, 1) +
                    element(0x00001000, what.sop_instance_uid, '\0');
        if (!what.originator_ae.empty())
            rest += element(0x00001030, what.originator_ae) + raw::number(0x1031, what.originator_id);
        return raw::pdu(4, raw::pdv(context, true, true, raw::with_group_length(rest)));
    }

    static bytes data_set(bytes const& content, std::size_t fragment = 8000, std::uint8_t context = 1)
    {
        bytes all;
        for (std::size_t at = 0; at < content.size() || at == 0; at += fragment)
            all += raw::pdu(4, raw::pdv(context, false, at + fragment >= content.size(), content.substr(at, fragment)));
        return all;
    }

    /// C-STORE, and its status.
    std::uint16_t store(raw_store const& what, bytes const& content)
    {
        write(store_request(what) + data_set(content));
        return read_status();
    }

    std::uint16_t echo()
    {
        auto const rest = element(0x00000002, "1.2.840.10008.1.1", '\0') + raw::number(0x0100, 0x0030) +
                          raw::number(0x0110, 7) + raw::number(0x0800, 0x0101);
        write(raw::pdu(4, raw::pdv(1, true, true, raw::with_group_length(rest))));
        return read_status();
    }

    /// The status of the next response.
    std::uint16_t read_status()
    {
        auto const p = read_pdu();
        if (p.type != 4)
            throw gone{};
        if (auto const status = raw::number_in(p.body, 0x0900, 6))
            return *status;
        throw gone{};
    }

    void release()
    {
        write(raw::pdu(5, bytes(4, '\0')));
        read_pdu();
    }

    void end_sending() { ::shutdown(fd_, SHUT_WR); }
    void abort() { write(raw::pdu(7, bytes(4, '\0'))); }

    /// A TLS alert (RFC 8446 §6), or the end.
    bool alert_or_end()
    {
        unsigned char c = 0;
        return ::recv(fd_, &c, 1, 0) <= 0 || c == 0x15;
    }

    /// The other side has said all; false: something comes, or the connection is reset.
    bool ended()
    {
        char c = 0;
        return ::recv(fd_, &c, 1, 0) == 0;
    }

    /// True when the other side closes, or resets, before sending anything.
    bool closed()
    {
        char c = 0;
        return ::recv(fd_, &c, 1, 0) <= 0;
    }

private:
    bytes read(std::size_t size)
    {
        bytes b(size, '\0');
        for (std::size_t have = 0; have < size;) {
            auto const n = ::recv(fd_, b.data() + have, size - have, 0);
            if (n <= 0)
                throw gone{};
            have += static_cast<std::size_t>(n);
        }
        return b;
    }

    int fd_;
    bytes answer_;
};

}  // namespace pons::test
