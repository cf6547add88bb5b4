#include "tests/support/raw_scp.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>

namespace pons::test {

namespace {

constexpr std::size_t largest_pdv = 16 * 1024;

bytes little(std::uint32_t value, int size)
{
    bytes b;
    for (; size > 0; --size, value >>= 8)
        b.push_back(static_cast<char>(value & 0xFF));
    return b;
}

bytes big(std::uint32_t value, int size)
{
    auto const b = little(value, size);
    return {b.rbegin(), b.rend()};
}

std::uint32_t from_big(std::string_view b)
{
    std::uint32_t value = 0;
    for (auto const c : b)
        value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
}

std::uint32_t from_little(std::string_view b)
{
    return from_big(bytes(b.rbegin(), b.rend()));
}

bytes padded(std::string_view value, char pad)
{
    bytes b(value);
    if (b.size() % 2 != 0)
        b.push_back(pad);
    return b;
}

bytes tag_bytes(std::uint32_t tag)
{
    return little(tag >> 16, 2) + little(tag & 0xFFFF, 2);
}

bytes pdu_of(std::uint8_t type, bytes const& body)
{
    return bytes{static_cast<char>(type), '\0'} + big(static_cast<std::uint32_t>(body.size()), 4) + body;
}

bytes pdv_of(std::uint8_t context, bool command, bool last, bytes const& content)
{
    auto const header = static_cast<char>((command ? 1 : 0) | (last ? 2 : 0));
    return big(static_cast<std::uint32_t>(content.size() + 2), 4) + static_cast<char>(context) + header + content;
}

bytes item(std::uint8_t type, bytes const& body)
{
    return bytes{static_cast<char>(type), '\0'} + big(static_cast<std::uint32_t>(body.size()), 2) + body;
}

bytes number(std::uint32_t tag, std::uint16_t value)
{
    return tag_bytes(tag) + little(2, 4) + little(value, 2);
}

bytes response(dimse_message const& to, std::uint16_t field, std::uint16_t status, bool data_set,
               std::string_view error_comment)
{
    auto rest = number(0x00000100, field) + number(0x00000120, to.message_id) +
                number(0x00000800, data_set ? 1 : 0x0101) + number(0x00000900, status);
    if (!error_comment.empty())
        rest += element(0x00000902, error_comment);
    return tag_bytes(0) + little(4, 4) + little(static_cast<std::uint32_t>(rest.size()), 4) + rest;
}

}  // namespace

bytes element(std::uint32_t tag, std::string_view value, char pad)
{
    auto const v = padded(value, pad);
    return tag_bytes(tag) + little(static_cast<std::uint32_t>(v.size()), 4) + v;
}

bytes explicit_element(std::uint32_t tag, std::string_view vr, std::string_view value, char pad)
{
    auto const v = padded(value, pad);
    return tag_bytes(tag) + bytes(vr) + little(static_cast<std::uint32_t>(v.size()), 2) + v;
}

bytes nested_sequences(std::size_t depth)
{
    bytes b;
    for (; depth > 0; --depth)
        b += tag_bytes(0x00081115) + "SQ" + little(0, 2) + little(0xFFFFFFFF, 4) + tag_bytes(0xFFFEE000) +
             little(0xFFFFFFFF, 4);
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

void raw_scp::connection::write(bytes const& raw)
{
    std::size_t sent = 0;
    while (sent < raw.size()) {
        auto const n = ::send(fd_, raw.data() + sent, raw.size() - sent, MSG_NOSIGNAL);
        if (n <= 0)
            throw gone{};
        sent += static_cast<std::size_t>(n);
    }
}

raw_scp::connection::pdu raw_scp::connection::read_pdu()
{
    auto const head = read(6);
    return {static_cast<std::uint8_t>(head[0]), read(from_big(head.substr(2)))};
}

void raw_scp::connection::send_associate_ac(std::uint32_t max_pdu, std::string_view transfer_syntax,
                                            std::uint8_t answer)
{
    association_request_ = read_pdu().body;
    auto const& rq = association_request_;
    bytes items = item(0x10, "1.2.840.10008.3.1.1.1");
    for (std::size_t at = 68; at + 4 <= rq.size();) {
        auto const size = from_big(rq.substr(at + 2, 2));
        if (rq[at] == 0x20)
            items += item(
                0x21, bytes{rq[at + 4], '\0', static_cast<char>(answer), '\0'} + item(0x40, bytes(transfer_syntax)));
        at += 4 + size;
    }
    items += item(0x50, item(0x51, big(max_pdu, 4)) + item(0x52, "1.2.3.4") + item(0x55, "BY_HAND"));
    write(pdu_of(0x02, rq.substr(0, 68) + items));
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
    write(pdu_of(0x03, bytes{'\0', static_cast<char>(result), static_cast<char>(source), static_cast<char>(reason)}));
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
            write(pdu_of(0x06, bytes(4, '\0')));
        if (p.type != 0x04)
            throw gone{};
        for (std::size_t at = 0; at + 6 <= p.body.size();) {
            auto const size = from_big(p.body.substr(at, 4)) - 2;
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
        for (std::size_t at = 0; at + 8 <= command.size();) {
            auto const tag = from_little(command.substr(at + 2, 2));
            auto const size = from_little(command.substr(at + 4, 4));
            auto const value = size == 2 ? from_little(command.substr(at + 8, 2)) : 0;
            if (tag == 0x0100)
                m.command_field = static_cast<std::uint16_t>(value);
            if (tag == 0x0110 || tag == 0x0120)
                m.message_id = static_cast<std::uint16_t>(value);
            if (tag == 0x0800)
                ended = ended || value == 0x0101;
            at += 8 + size;
        }
    }
    return m;
}

bytes raw_scp::connection::encode_response(dimse_message const& to, std::uint16_t status,
                                           std::optional<bytes> const& data_set, std::string_view error_comment)
{
    auto const command = response(to, 0x8020, status, data_set.has_value(), error_comment);
    auto raw = pdu_of(0x04, pdv_of(to.context, true, true, command));
    for (std::size_t at = 0; data_set && (at < data_set->size() || at == 0); at += largest_pdv)
        raw += pdu_of(
            0x04, pdv_of(to.context, false, at + largest_pdv >= data_set->size(), data_set->substr(at, largest_pdv)));
    return raw;
}

void raw_scp::connection::respond(dimse_message const& to, std::uint16_t status, std::optional<bytes> const& data_set,
                                  std::string_view error_comment)
{
    write(encode_response(to, status, data_set, error_comment));
}

void raw_scp::connection::respond_echo(dimse_message const& to, std::uint16_t status)
{
    write(pdu_of(0x04, pdv_of(to.context, true, true, response(to, 0x8030, status, false, {}))));
}

void raw_scp::connection::abort()
{
    write(pdu_of(0x07, bytes(4, '\0')));
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
            if (s.over)
                s.thread.join();
            return s.over.load();
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
