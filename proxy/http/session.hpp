#pragma once

#include "proxy/http/counters.hpp"
#include "proxy/http/exchange.hpp"
#include "proxy/http/finish.hpp"
#include "proxy/http/request_reader.hpp"
#include "proxy/http/router.hpp"
#include "upstream/asio.hpp"
#include "upstream/errc.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pons::proxy::http {

class worker;

/// One connection: reads a request, has it answered, writes the answer, and so on. Requests that come at once
/// (pipelining) are answered one after another. Everything happens on the worker's thread; the worker's sweep watches
/// the deadline and the client.
///
/// A body that is streamed (`request_body`) has no deadline but `http.stall_timeout` for the next bytes. When it was
/// not read to its end the connection ends with the answer; what still comes is read and dropped for a while, so that
/// the client gets to see it.
///
/// An answer that is sent while it is made (`body_stream`) has the deadline of the request up to its head only; then
/// its client has `http.stall_timeout` to take the next 16 KiB. One that cannot be completed is broken off so that
/// every client sees it: without the last chunk, or by a reset where the end of the connection is the end of the body.
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
    static constexpr std::size_t largest_read = 64 * 1024;  // of a streamed body

    enum class phase { idle, reading, handling, receiving, streaming, writing, lingering };
    enum class ended { no, client_left, too_late, cut };

    /// The body of an answer that is sent while it is made: chunked, or up to the close for HTTP/1.0.
    class streamed final : public body_stream {
    public:
        explicit streamed(session& s) : s_(s) {}

        awaitable<result<void>> begin(response head) override;
        awaitable<result<void>> write(std::span<std::byte const> bytes) override;
        bool begun() const override { return begun_; }
        void break_off(std::string_view reason) override;

        /// For the session, when the handler has ended: the last chunk. False: the answer is not whole.
        awaitable<bool> end();
        void reset();
        bool whole() const { return !broken_ && !failed_ && !cut_short_; }
        bool failed() const { return failed_; }
        bool stalled() const { return stalled_; }
        unsigned status() const { return status_; }
        void expired() { failed_ = stalled_ = true; }

    private:
        void add_chunk(asio::const_buffer bytes);
        awaitable<result<void>> send();
        tl::unexpected<failure> why() const;

        session& s_;
        bool begun_ = false;
        bool bodyless_ = false;  // HEAD: nothing may follow the head
        bool chunked_ = false;
        bool broken_ = false;     // by the handler
        bool failed_ = false;     // by the client
        bool cut_short_ = false;  // the handler was cancelled while the client was waited for
        bool stalled_ = false;    // since it took nothing
        unsigned status_ = 0;
        std::array<char, 24> chunk_head_;
    };

    /// The body of a request, while its handler works.
    class incoming final : public request_body {
    public:
        explicit incoming(session& s) : s_(s) {}

        awaitable<result<std::span<std::byte const>>> read() override;
        void reset();  ///< before and after each request
        void expired() { stalled_ = true; }

    private:
        tl::unexpected<failure> why() const;
        awaitable<bool> receive();

        session& s_;
        std::size_t held_ = 0;  // of the buffer, by the one who reads
        std::string piece_;
        bool continued_ = false;
        bool stalled_ = false;
        bool over_ = false;
    };

    awaitable<void> run();
    awaitable<bool> serve();
    awaitable<bool> read_request();
    awaitable<void> handle(routed& found);
    awaitable<bool> send();
    awaitable<void> linger();
    bool streams_body(request const& req) const;
    bool unread_body() const;
    void tell_to_continue();

    std::string_view unread() const;
    response answer_unrouted(routed const& found);
    response make_error(http::status status, std::string_view text);
    void finish_answer();
    void begin_sending();
    bool send_now();
    awaitable<void> end_stream(routed const& found);
    framing make_framing(body_framing body);
    std::chrono::milliseconds patience() const;
    void forget_answer();
    void record(routed const& found, unsigned status);
    void close();
    void break_connection(bool reset);

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
    std::array<asio::const_buffer, 4> unsent_;  // head, head of a chunk, bytes, end of the chunk
    std::size_t progress_ = 0;
    streamed stream_{*this};
    incoming body_{*this};
    std::string remote_;
};

}  // namespace pons::proxy::http
