#include "tests/support/raw_scp.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>

namespace pons::test {

namespace {

constexpr std::size_t largest_pdv = 16 * 1024;

bytes response(dimse_message const& to, std::uint16_t field, std::uint16_t status, bool data_set,
               std::string_view error_comment)
{
    auto rest = raw::number(0x0100, field) + raw::number(0x0120, to.message_id) +
                raw::number(0x0800, data_set ? 1 : 0x0101) + raw::number(0x0900, status);
    if (!error_comment.empty())
        rest += element(0x00000902, error_comment);
    return raw::with_group_length(rest);
}

}  // namespace

bytes nested_sequences(std::size_t depth)
{
    bytes b;
    for (; depth > 0; --depth)
        b += raw::tag(0x00081115) + "SQ" + raw::little(0, 2) + raw::little(0xFFFFFFFF, 4) + raw::tag(0xFFFEE000) +
             raw::little(0xFFFFFFFF, 4);
    return b;
}

bytes study_row(int number)
{
    return explicit_element(0x00080052, "CS", "STUDY") + explicit_element(0x00081030, "LO", "made for a test") +
           explicit_element(0x0020000D, "UI", "1.2.3." + std::to_string(number), '\0');
}

raw_scp::connection::~connection()
{
    ::close(fd_);
}

void raw_scp::connection::shut_down()
{
    ::shutdown(fd_, SHUT_RDWR);
}

bytes raw_scp::connection::read(std::size_t size)
{
    bytes b(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        auto const n = ::recv(fd_, b.data() + have, size - have, 0);
        if (n <= 0)
            throw gone{};
        have += static_cast<std::size_t>(n);
    }
    return b;
}

void raw_scp::connection::write(bytes const& what)
{
    std::size_t sent = 0;
    while (sent < what.size()) {
        auto const n = ::send(fd_, what.data() + sent, what.size() - sent, MSG_NOSIGNAL);
        if (n <= 0)
            throw gone{};
        sent += static_cast<std::size_t>(n);
    }
}

raw_scp::connection::pdu raw_scp::connection::read_pdu()
{
    auto const head = read(6);
    return {static_cast<std::uint8_t>(head[0]), read(raw::from_big(head.substr(2)))};
}

void raw_scp::connection::send_associate_ac(std::uint32_t max_pdu, std::string_view transfer_syntax,
                                            std::uint8_t answer)
{
    association_request_ = read_pdu().body;
    auto const& rq = association_request_;
    bytes items = raw::item(0x10, "1.2.840.10008.3.1.1.1");
    for (std::size_t at = 68; at + 4 <= rq.size();) {
        auto const size = raw::from_big(rq.substr(at + 2, 2));
        if (rq[at] == 0x20)
            items += raw::item(0x21, bytes{rq[at + 4], '\0', static_cast<char>(answer), '\0'} +
                                         raw::item(0x40, bytes(transfer_syntax)));
        at += 4 + size;
    }
    items += raw::item(0x50,
                       raw::item(0x51, raw::big(max_pdu, 4)) + raw::item(0x52, "1.2.3.4") + raw::item(0x55, "BY_HAND"));
    write(raw::pdu(0x02, rq.substr(0, 68) + items));
}

void raw_scp::connection::accept_association(std::uint32_t max_pdu, std::string_view transfer_syntax)
{
    send_associate_ac(max_pdu, transfer_syntax, 0);
}

void raw_scp::connection::accept_no_context()
{
    send_associate_ac(16384, "1.2.840.10008.1.2", 3);
}

void raw_scp::connection::reject_association(std::uint8_t result, std::uint8_t source, std::uint8_t reason)
{
    association_request_ = read_pdu().body;
    write(raw::pdu(0x03, bytes{'\0', static_cast<char>(result), static_cast<char>(source), static_cast<char>(reason)}));
}

dimse_message raw_scp::connection::read_message()
{
    dimse_message m;
    bytes command;
    bool command_ended = false;
    bool ended = false;
    while (!ended) {
        auto const p = read_pdu();
        released = p.type == 0x05;
        aborted = p.type == 0x07;
        if (released)
            write(raw::pdu(0x06, bytes(4, '\0')));
        if (p.type != 0x04)
            throw gone{};
        for (std::size_t at = 0; at + 6 <= p.body.size();) {
            auto const size = raw::from_big(p.body.substr(at, 4)) - 2;
            auto const flags = p.body[at + 5];
            m.context = static_cast<std::uint8_t>(p.body[at + 4]);
            m.pdv_sizes.push_back(size);
            (flags & 1 ? command : m.data_set) += p.body.substr(at + 6, size);
            if (flags & 2)
                (flags & 1 ? command_ended : ended) = true;
            at += 6 + size;
        }
        if (!command_ended)
            continue;
        m.command_field = raw::number_in(command, 0x0100).value_or(0);
        auto const id = raw::number_in(command, 0x0110);
        m.message_id = id ? *id : raw::number_in(command, 0x0120).value_or(0);
        ended = ended || raw::number_in(command, 0x0800) == 0x0101;
    }
    return m;
}

bytes raw_scp::connection::encode_response(dimse_message const& to, std::uint16_t status,
                                           std::optional<bytes> const& data_set, std::string_view error_comment)
{
    auto const command = response(to, 0x8020, status, data_set.has_value(), error_comment);
    auto all = raw::pdu(0x04, raw::pdv(to.context, true, true, command));
    for (std::size_t at = 0; data_set && (at < data_set->size() || at == 0); at += largest_pdv)
        all += raw::pdu(
            0x04, raw::pdv(to.context, false, at + largest_pdv >= data_set->size(), data_set->substr(at, largest_pdv)));
    return all;
}

void raw_scp::connection::respond(dimse_message const& to, std::uint16_t status, std::optional<bytes> const& data_set,
                                  std::string_view error_comment)
{
    write(encode_response(to, status, data_set, error_comment));
}

void raw_scp::connection::respond_echo(dimse_message const& to, std::uint16_t status)
{
    write(raw::pdu(0x04, raw::pdv(to.context, true, true, response(to, 0x8030, status, false, {}))));
}

void raw_scp::connection::abort()
{
    write(raw::pdu(0x07, bytes(4, '\0')));
}

bool raw_scp::connection::wait_until_closed()
{
    char c = 0;
    return ::recv(fd_, &c, 1, 0) <= 0;
}

raw_scp::raw_scp(script behaviour) : behaviour_(std::move(behaviour)), listener_(::socket(AF_INET, SOCK_STREAM, 0))
{
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    if (::bind(listener_, address, size) != 0 || ::listen(listener_, 128) != 0 ||
        ::getsockname(listener_, address, &size) != 0)
        throw std::runtime_error("no port for a test peer");
    port_ = ntohs(at.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

raw_scp::~raw_scp()
{
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (auto& s : sessions_)
        s.peer->shut_down();
    for (auto& s : sessions_)
        s.thread.join();
}

void raw_scp::accept_all()
{
    for (;;) {
        auto const fd = ::accept(listener_, nullptr, nullptr);
        if (fd < 0)
            return;
        std::erase_if(sessions_, [](session& s) {
            bool const over = s.over;  // it may end between two looks
            if (over)
                s.thread.join();
            return over;
        });
        auto& s = sessions_.emplace_back();
        s.peer = std::make_unique<connection>(fd);
        ++connections_;
        s.thread = std::thread([this, &s] {
            try {
                behaviour_(*s.peer);
            } catch (gone const&) {
            }
            released_ += s.peer->released;
            aborted_ += s.peer->aborted;
            s.peer->shut_down();
            s.over = true;
        });
    }
}

raw_scp::script answers(std::vector<bytes> rows, std::uint16_t status)
{
    return [rows = std::move(rows), status](raw_scp::connection& peer) {
        peer.accept_association();
        for (;;) {
            auto const rq = peer.read_message();
            if (rq.command_field == 0x0030) {
                peer.respond_echo(rq);
                continue;
            }
            for (auto const& row : rows)
                peer.respond(rq, 0xFF00, row);
            peer.respond(rq, status);
        }
    };
}

}  // namespace pons::test
