#pragma once

#include "config/settings.hpp"
#include "upstream/asio.hpp"

#include <mutex>
#include <string>
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

    /// Whether the instances of a study are worth asking for without bulk data (PS3.4 Annex Z): until the archive has
    /// said that it does not know that, or has failed with three studies one after the other; for an hour not with a
    /// study with which it failed.
    bool may_leave_out_bulk_data(std::string const& study, time_point now) const;
    /// All of a list came so.
    void left_out_bulk_data();
    void failed_without_bulk_data(std::string const& study, time_point now);
    void knows_no_instances_without_bulk_data();

private:
    struct memory {
        method of;
        time_point until;
    };

    bool has_failed(method m, time_point now) const;

    std::vector<method> const configured_;
    std::mutex mutable mutex_;
    std::vector<memory> failures_;
    struct failed_study {
        std::string uid;
        time_point until;
    };
    std::vector<failed_study> failed_studies_;  ///< without bulk data; the oldest first
    unsigned failures_without_bulk_ = 0;        ///< in a row
};

}  // namespace pons::upstream::dimse
