#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/asio.hpp"
#include "upstream/dicomweb/inflate.hpp"
#include "upstream/dicomweb/origin.hpp"
#include "upstream/dicomweb/response_reader.hpp"
#include "upstream/tls/observer.hpp"
#include "upstream/under_way.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace pons::upstream::dicomweb {

/// One HTTP/1.1 connection, plain or TLS, on a single-threaded executor. After any error it is closed.
///
/// One timer watches it: `until` moves the time at which it is closed, which costs nothing while the time moves on.
/// Cancelling (terminal) any operation closes it too; the result is errc::cancelled.
class connection : public std::enable_shared_from_this<connection> {
public:
    /// `tls` is null for plain TCP and outlives the connection.
    connection(executor const& on, origin const& to, std::shared_ptr<asio::ssl::context> tls);
    ~connection();
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    /// TCP. Tries the addresses one after the other, each with its part of the time.
    /// Errors: errc::unreachable, timed_out, cancelled.
    awaitable<result<void>> connect(std::vector<tcp::endpoint> const& addresses, time_point deadline);

    /// TLS, nothing to do without. The certificate must be good for the host's name unless verification is off.
    /// Errors: errc::unauthorized (a certificate was not accepted, by us or by them; `where` says why), unreachable (no
    /// TLS, or none that both sides speak), timed_out, cancelled.
    awaitable<result<void>> handshake(time_point deadline);
    /// Why it has failed, or what came after it: TLS 1.3 tells only then that our certificate is not accepted.
    std::optional<tls::trouble> const& trouble() const { return trouble_; }

    /// Sends a request and reads the head of the answer to it. Interim waits are bounded by the timeouts.
    /// Errors: errc::aborted, malformed, too_large, timed_out (`where` says which of the timeouts), unauthorized (our
    /// certificate), cancelled.
    awaitable<result<http_head>> ask(std::string const& request, config::timeouts const& timeouts, time_point deadline);

    /// The same in steps, for requests that are sent while they are made: `begin`, any number of `send`s, `answer`.
    void begin();
    /// Writes all of `parts`, at most until `by`. Errors: errc::aborted, timed_out, unauthorized, cancelled; unlike
    /// after others the connection is still open after `aborted`, since the archive may have answered before it was
    /// told everything.
    awaitable<result<void>> send(std::vector<asio::const_buffer> const& parts, time_point by);
    /// Reads the head of the answer. Errors: as `ask`.
    awaitable<result<http_head>> answer(config::timeouts const& timeouts, time_point deadline);

    /// The next piece of the body, as it comes, Content-Encoding undone; empty at its end. Waits until `by` at most,
    /// and reads nothing until it is called: that is the backpressure. The view is valid until the next call. While
    /// nobody calls, no timer runs.
    /// Errors: as `ask`; errc::aborted when the body is cut off.
    awaitable<result<std::string_view>> more(time_point by);

    /// The rest of the answer that begins with `head`, at once. Errors: as `ask`; errc::too_large beyond `max_body`.
    awaitable<result<http_answer>> collect(http_head head, config::timeouts const& timeouts, std::uint64_t max_body,
                                           time_point deadline);

    /// Sends a request and reads the whole answer to it: `ask`, then `collect`.
    awaitable<result<http_answer>> exchange(std::string const& request, config::timeouts const& timeouts,
                                            std::uint64_t max_body, time_point deadline);

    /// Whether anything came in answer to the last request.
    bool answered() const { return answered_; }
    bool is_open() const { return socket_.is_open(); }
    /// Open between two requests, and the server has neither closed it nor said anything.
    bool is_quiet();
    /// Whether another request can be sent: the answer to the last one was read to its end.
    bool reusable() const { return reusable_ && is_open(); }

    void until(time_point when);
    void close();
    /// From here on it is closed when all that is under way there is ended, whether it is used or kept.
    void ends_with(under_way& all);

private:
    using io_result = std::tuple<boost::system::error_code, std::size_t>;

    awaitable<io_result> read_some(asio::mutable_buffer into);
    awaitable<io_result> write(std::vector<asio::const_buffer> const& all);
    awaitable<result<http_head>> read_head(config::timeouts const& timeouts, time_point deadline);
    awaitable<result<void>> fill();
    result<std::string_view> held_piece();
    result<std::string_view> ended();
    tl::unexpected<failure> failed(boost::system::error_code ec, bool cancelled, char const* doing);
    void watch();
    void disconnect();

    origin const& to_;
    std::shared_ptr<asio::ssl::context> context_;
    tcp_socket socket_;
    tls::observer observer_;
    std::optional<tls::trouble> trouble_;
    std::optional<asio::ssl::stream<tcp_socket&>> tls_;  // before the observer goes
    steady_timer timer_;
    time_point deadline_ = time_point::max();
    time_point watched_until_ = time_point::max();
    std::optional<under_way::place> ends_;
    bool expired_ = false;
    bool answered_ = false;
    bool reusable_ = false;
    // The answer that is being read.
    std::optional<response_reader> reader_;
    std::vector<char> buffer_;  // [at_, end_) of it came and was not looked at
    std::size_t at_ = 0;
    std::size_t end_ = 0;
    bool cut_ = false;  // the peer closed the connection
    std::optional<inflater> unpack_;
    std::string_view packed_;
    std::string plain_;
};

}  // namespace pons::upstream::dicomweb
