#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace pons::proxy::dimse {

/// Where instances are that were stored through Pons lately: what an archive is asked by when somebody wants to know
/// whether it keeps them. A hint, never an answer. The latest ones only, a few megabytes. Shared by all threads; locked
/// briefly.
class stored_places {
public:
    explicit stored_places(std::size_t most = 16'384) : most_(most) {}

    struct place {
        std::string study_uid;
        std::string series_uid;
        std::string sop_class_uid;

        friend bool operator==(place const&, place const&) = default;
    };

    /// No effect without the UIDs of study and series.
    void remember(std::string_view source, std::string_view sop_instance_uid, place where);
    std::optional<place> find(std::string_view source, std::string_view sop_instance_uid) const;

private:
    std::size_t const most_;
    std::mutex mutable mutex_;
    std::unordered_map<std::string, place> places_;  // by source and instance
    std::deque<std::string> in_order_;
};

}  // namespace pons::proxy::dimse
