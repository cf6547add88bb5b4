#pragma once

#include "config/settings.hpp"
#include "upstream/asio.hpp"

#include <atomic>
#include <map>
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

    /// Whether instances without bulk data (PS3.4 Annex Z) are worth asking for: until the archive has shown that it
    /// does not know them, or has failed so several times, one after the other.
    bool may_leave_out_bulk_data() const { return failures_without_bulk_ < most_failures_; }
    void left_out_bulk_data() { failures_without_bulk_ = 0; }
    void failed_without_bulk_data(bool for_good) { failures_without_bulk_ += for_good ? most_failures_ : 1; }

    /// Whether frames of instances of this class are worth asking for alone (PS3.4 Annex Y): not for an hour after the
    /// archive has shown that it does not know that, or has failed so several times with this class, one after the
    /// other.
    bool may_extract_frames(std::string const& sop_class, time_point now) const;
    void extracted_frames(std::string const& sop_class);
    /// `for_good`: it does not do that, whatever the class.
    void failed_to_extract_frames(std::string const& sop_class, bool for_good, time_point now);

private:
    struct doubt {
        unsigned failures = 0;
        time_point until{};  // once they were too many
    };
    struct memory {
        method of;
        time_point until;
    };

    bool has_failed(method m, time_point now) const;

    std::vector<method> const configured_;
    std::mutex mutable mutex_;
    std::vector<memory> failures_;
    static constexpr unsigned most_failures_ = 3;
    std::atomic<unsigned> failures_without_bulk_ = 0;
    std::map<std::string, doubt> frames_of_;  // by class; empty: of all
};

}  // namespace pons::upstream::dimse
