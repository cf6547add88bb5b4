#pragma once

#include "proxy/http/counters.hpp"
#include "proxy/http/request_reader.hpp"
#include "proxy/http/router.hpp"
#include "upstream/asio.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pons::proxy::http {

class worker;

/// One connection: reads a request, has it answered, writes the answer, and so on. Requests that come at once
/// (pipelining) are answered one after another. Everything happens on the worker's thread; the worker's sweep watches
/// the deadline and the client.
class session : public std::enable_shared_from_this<session> {
public:
    session(worker& owner, tcp_socket socket, counted slot, bool refuse);
    ~session();

    void start();

    // For the worker's sweep.

    bool due(time_point now) const { return now >= deadline_; }
    void expire();  ///< acts on a deadline that has passed: 408, 504, or the end of the connection

    /// The socket to watch while a handler works for its client, or -1.
    int watched();

    /// The client closed, or half-closed, while a handler works for it (half-closing counts as leaving, as in nginx).
    void client_left();

    void drain();  ///< closes when no request has begun
    void cut();    ///< cancels the handler, closes the connection

    std::size_t place = 0;  ///< in the worker's list; the worker's

private:
    enum class phase { idle, reading, handling, writing, lingering };
    enum class ended { no, client_left, too_late, cut };

    awaitable<void> run();
    awaitable<bool> serve();
    awaitable<bool> read_request();
    awaitable<void> handle(routed& found);
    awaitable<bool> send();
    awaitable<void> linger();

    std::string_view unread() const;
    response answer_unrouted(routed const& found);
    response make_error(http::status status, std::string_view text);
    void finish_answer();
    void begin_sending();
    bool send_now();
    void record(routed const& found, unsigned status);
    void close();

    worker& worker_;
    tcp_socket socket_;
    counted slot_;
    bool refuse_;
    asio::cancellation_signal cancel_;
    phase phase_ = phase::idle;
    time_point deadline_;
    bool expired_ = false;

    // The request in hand.
    boost::beast::flat_buffer buffer_;
    request_reader reader_;
    ended ended_ = ended::no;
    bool keep_ = false;
    std::string id_;
    time_point began_;
    std::uint64_t bytes_in_ = 0;
    std::uint64_t bytes_out_ = 0;
    std::vector<std::pair<std::string, std::string>> remarks_;
    std::string head_;
    response answer_;
    std::array<asio::const_buffer, 2> unsent_;
    std::size_t progress_ = 0;
    std::string remote_;
};

}  // namespace pons::proxy::http
