#pragma once

#include "upstream/asio.hpp"

#include <atomic>
#include <chrono>

namespace pons::upstream {

/// Whether an archive told a study twice lately, with other modalities (pacs-quirks F20): none of its rows is final
/// when it comes. A study that grows between two queries of one search looks the same, so this is forgotten after an
/// hour.
///
/// Shared by all workers: atomic.
class told_twice {
public:
    static constexpr std::chrono::hours remembered_for{1};

    void seen(time_point now) { until_ = (now + remembered_for).time_since_epoch().count(); }
    bool lately(time_point now) const { return now.time_since_epoch().count() < until_; }

private:
    std::atomic<clock::rep> until_{0};
};

}  // namespace pons::upstream
