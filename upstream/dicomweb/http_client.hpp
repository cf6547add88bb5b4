#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/asio.hpp"
#include "upstream/dicomweb/connection.hpp"
#include "upstream/dicomweb/origin.hpp"
#include "upstream/dicomweb/response_reader.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pons::upstream::dicomweb {

/// The client of one source and one worker: keeps connections that can be used again, the latest on top, until
/// `timeouts.idle`. How many are in use at once is the budget's business, which the caller holds.
class http_client {
public:
    /// `source` outlives the client. What is wrong with its settings is told by every `get`. `ends`: closes its
    /// connections when the source is switched off; null: it never is.
    explicit http_client(config::source const& source, std::shared_ptr<under_way> ends = nullptr);
    ~http_client();

    /// GET. The answer may have any status. A connection that turns out to be dead when it is used again, before
    /// anything came back, is replaced once. Redirections are not followed.
    ///
    /// Errors: those of `resolve` and `connection`, errc::unsupported (settings); `where` begins with the source's
    /// name. Cancelling: terminal; the connection is closed, the result is errc::cancelled. To be run inside
    /// `cancelled_as_value`.
    awaitable<result<http_answer>> get(std::string const& target, time_point deadline);

    /// A connection with an answer on it whose head was read.
    struct asked {
        std::shared_ptr<connection> on;
        http_head head;
    };
    /// Sends a request as `request_for` makes it and reads the head of the answer; the body is read from the
    /// connection, which is then given to `done_with`, or dropped, which closes it. Errors and the rest as `get`.
    awaitable<result<asked>> ask(std::string const& request, time_point deadline);
    /// Keeps a connection for the next request, if there can be one on it.
    void done_with(std::shared_ptr<connection> one);

    /// A new connection that is ready for requests, at most until the connect timeout.
    awaitable<result<std::shared_ptr<connection>>> open(time_point deadline);
    /// For a request that cannot be sent twice: the connection of which an answer ended just now, which no server is
    /// about to close for being idle, if it has nothing to say; else as `open`.
    awaitable<result<std::shared_ptr<connection>>> open_or_go_on(time_point deadline);

    /// GET of a target. `accept` is for Accept; `may_pack` lets the server compress the answer (gzip).
    std::string request_for(std::string_view target) const { return request_for(target, source_.quirks.accept, true); }
    std::string request_for(std::string_view target, std::string_view accept, bool may_pack) const;
    /// The head of a POST whose body is sent in chunks.
    std::string post_for(std::string_view target, std::string_view content_type, std::string_view accept) const;
    /// `why` with the name of the source before its place.
    tl::unexpected<failure> at_source(failure why) const;
    result<origin> const& to() const { return origin_; }
    /// What a new connection needs: made again when one of its files has changed (`tls::shared_context`); null: no TLS.
    result<std::shared_ptr<asio::ssl::context>> tls() const;
    /// What is wrong with the settings, if anything; of their files, as they are now.
    result<void> usable() const;
    std::size_t idle() const { return idle_.size(); }

private:
    struct kept {
        std::shared_ptr<connection> one;
        time_point since;
    };
    std::shared_ptr<connection> take_idle(time_point since = time_point::min());

    config::source const& source_;
    std::shared_ptr<under_way> const ends_;
    result<origin> origin_;
    result<void> usable_;        // but for the files of tls
    std::string host_;           // headers after the request line
    std::string authorization_;  // headers, empty when there is none
    std::vector<kept> idle_;
};

}  // namespace pons::upstream::dicomweb
