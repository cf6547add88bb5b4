#pragma once

#include "upstream/complete/census.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <optional>

namespace pons::upstream {

/// A census that is taken while something else runs, on the same executor. `outcome` waits for its end, which must
/// come before the archive goes.
class listing : public std::enable_shared_from_this<listing> {
public:
    explicit listing(executor const& on) : over_(on) {}

    /// `known`: a census of it that was taken before, see `renew_census`; null: none.
    void start(archive& of, retrieve_request what, std::uint32_t cap, std::chrono::milliseconds time,
               std::shared_ptr<census const> known = nullptr);
    bool started() const { return started_; }

    /// What came of it. Cancelling (terminal) ends it, and is waited for.
    awaitable<result<census>> outcome();
    /// Ends it, if it runs, and waits for that.
    awaitable<void> stop();

private:
    steady_timer over_;
    asio::cancellation_signal cancel_;
    std::optional<result<census>> outcome_;
    bool started_ = false;
};

}  // namespace pons::upstream
