#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace pons::test {

struct raw_response {
    int status = 0;
    std::multimap<std::string, std::string> fields;  // names in lower case
    std::string body;

    std::string field(std::string const& name) const
    {
        auto const found = fields.find(name);
        return found == fields.end() ? std::string() : found->second;
    }
    bool has(std::string const& name) const { return fields.contains(name); }
};

/// A client that sends what it is told, byte by byte if need be, and gives up after 10 s of silence.
class raw_client {
public:
    raw_client() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    explicit raw_client(std::uint16_t port) : raw_client() { connect(port); }
    raw_client(raw_client&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), unread_(std::move(other.unread_))
    {
    }
    raw_client(raw_client const&) = delete;
    raw_client& operator=(raw_client const&) = delete;
    raw_client& operator=(raw_client&&) = delete;
    ~raw_client() { close(); }

    bool try_connect(std::uint16_t port)
    {
        timeval const patience{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    }

    void connect(std::uint16_t port)
    {
        if (!try_connect(port))
            throw std::runtime_error("connect");
    }

    bool send(std::string_view bytes)
    {
        while (!bytes.empty()) {
            auto const n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0)
                return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }

    void half_close() { ::shutdown(socket_, SHUT_WR); }

    void close()
    {
        if (socket_ != -1)
            ::close(std::exchange(socket_, -1));
    }

    /// Leaves with a reset.
    void abort()
    {
        linger const none{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        close();
    }

    /// Status line and fields of one response, whose body is left unread; `status` 0 when the connection ended.
    raw_response read_head(int& status)
    {
        raw_response got;
        auto end = std::string::npos;
        while ((end = unread_.find("\r\n\r\n")) == std::string::npos)
            if (!more())
                return got;
        std::string_view head(unread_.data(), end + 2);
        auto const line = head.substr(0, head.find("\r\n"));
        status = std::stoi(std::string(line.substr(9, 3)));
        for (head.remove_prefix(line.size() + 2); !head.empty();) {
            auto const field = head.substr(0, head.find("\r\n"));
            auto const colon = field.find(": ");
            std::string name(field.substr(0, colon));
            std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
            got.fields.emplace(std::move(name), field.substr(colon + 2));
            head.remove_prefix(field.size() + 2);
        }
        unread_.erase(0, end + 4);
        return got;
    }

    /// One response; `status` 0 when the connection ended before one was whole: `body` then holds whole chunks.
    raw_response read(bool to_head = false)
    {
        int status = 0;
        auto got = read_head(status);
        if (status == 0)
            return got;
        if (!to_head && got.field("transfer-encoding") == "chunked") {
            got.status = read_chunks(got.body) ? status : 0;
            return got;
        }
        auto const length = to_head || !got.has("content-length") ? 0 : std::stoul(got.field("content-length"));
        while (unread_.size() < length)
            if (!more())
                return got;
        got.body = unread_.substr(0, length);
        unread_.erase(0, length);
        got.status = status;
        return got;
    }

    raw_response ask(std::string_view bytes, bool to_head = false)
    {
        send(bytes);
        return read(to_head);
    }

    /// Whether the server closes now, with nothing more to say.
    bool closed()
    {
        if (!unread_.empty())
            return false;
        char byte;
        auto const n = ::recv(socket_, &byte, 1, 0);
        return n == 0 || (n < 0 && errno == ECONNRESET);
    }

    /// Everything up to the end of the connection; `reset` says how that came.
    std::string read_to_end(bool& reset)
    {
        while (more()) {
        }
        reset = errno == ECONNRESET;
        return std::exchange(unread_, {});
    }

    /// Lets the kernel hold little, so that a server meets a slow client soon. Before `connect`.
    void hold_little()
    {
        int const bytes = 4096;
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    }

    /// The bytes of at least one chunk, as they come; empty at the end of the body, or of the connection.
    std::string read_chunk()
    {
        auto end = std::string::npos;
        while ((end = unread_.find("\r\n")) == std::string::npos)
            if (!more())
                return {};
        auto const size = std::stoul(unread_.substr(0, end), nullptr, 16);
        while (unread_.size() < end + 2 + size + 2)
            if (!more())
                return {};
        auto bytes = unread_.substr(end + 2, size);
        unread_.erase(0, end + 2 + size + 2);
        last_chunk_ = size == 0;
        return bytes;
    }

private:
    bool read_chunks(std::string& body)
    {
        last_chunk_ = false;
        for (auto chunk = read_chunk(); !chunk.empty(); chunk = read_chunk())
            body += chunk;
        return last_chunk_;
    }

    bool more()
    {
        char bytes[16384];
        errno = 0;
        auto const n = ::recv(socket_, bytes, sizeof bytes, 0);
        if (n <= 0)
            return false;
        unread_.append(bytes, static_cast<std::size_t>(n));
        return true;
    }

    int socket_;
    std::string unread_;
    bool last_chunk_ = false;
};

inline std::string get(std::string_view path, std::string_view fields = {})
{
    return std::string("GET ").append(path).append(" HTTP/1.1\r\nHost: pons\r\n").append(fields).append("\r\n");
}

}  // namespace pons::test
