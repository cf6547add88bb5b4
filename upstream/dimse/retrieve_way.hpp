#pragma once

#include "config/settings.hpp"
#include "upstream/asio.hpp"

#include <atomic>
#include <mutex>
#include <vector>

namespace pons::upstream::dimse {

/// In which order the ways to retrieve from a source are tried (`retrieve:`), and what experience says about them. Many
/// archives have no C-GET; some accept it, and then send nothing.
///
/// Shared by all workers; locked briefly.
class retrieve_way {
public:
    using method = config::retrieve_method;

    explicit retrieve_way(std::vector<method> configured) : configured_(std::move(configured)) {}

    /// All ways; those that have failed lately are at the end, for one hour.
    std::vector<method> in_order(time_point now) const;

    /// Another way has brought what this one could not.
    void failed(method m, time_point now);

    /// Whether instances without bulk data (PS3.4 Annex Z) are worth asking for: until the archive has shown, once,
    /// that it does not know them.
    bool may_leave_out_bulk_data() const { return !sends_bulk_data_; }
    void sends_bulk_data() { sends_bulk_data_ = true; }

private:
    struct memory {
        method of;
        time_point until;
    };

    bool has_failed(method m, time_point now) const;

    std::vector<method> const configured_;
    std::mutex mutable mutex_;
    std::vector<memory> failures_;
    std::atomic<bool> sends_bulk_data_ = false;
};

}  // namespace pons::upstream::dimse
