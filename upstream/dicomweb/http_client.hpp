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
    /// `source` outlives the client. What is wrong with its settings is told by every `get`.
    explicit http_client(config::source const& source);
    ~http_client();

    /// GET. The answer may have any status. A connection that turns out to be dead when it is used again, before
    /// anything came back, is replaced once. Redirections are not followed.
    ///
    /// Errors: those of `resolve` and `connection`, errc::unsupported (settings); `where` begins with the source's
    /// name. Cancelling: terminal; the connection is closed, the result is errc::cancelled. To be run inside
    /// `cancelled_as_value`.
    awaitable<result<http_answer>> get(std::string const& target, time_point deadline);

    /// A connection that is ready for requests, at most until the connect timeout.
    awaitable<result<std::shared_ptr<connection>>> open(time_point deadline);

    std::string request_for(std::string_view target) const;
    result<origin> const& to() const { return origin_; }
    std::shared_ptr<asio::ssl::context> const& tls() const { return tls_; }
    /// What is wrong with the settings, if anything.
    result<void> const& usable() const { return usable_; }
    std::size_t idle() const { return idle_.size(); }

private:
    std::shared_ptr<connection> take_idle();
    void keep(std::shared_ptr<connection> one);

    config::source const& source_;
    result<origin> origin_;
    std::shared_ptr<asio::ssl::context> tls_;
    result<void> usable_;
    std::string headers_;  // all of a request after its target
    std::vector<std::shared_ptr<connection>> idle_;
};

}  // namespace pons::upstream::dicomweb
