#pragma once

#include "config/settings.hpp"
#include "upstream/asio.hpp"

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

private:
    struct memory {
        method of;
        time_point until;
    };

    bool has_failed(method m, time_point now) const;

    std::vector<method> const configured_;
    std::mutex mutable mutex_;
    std::vector<memory> failures_;
};

}  // namespace pons::upstream::dimse
