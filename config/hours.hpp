#pragma once

#include "config/scalars.hpp"

#include <chrono>
#include <string_view>
#include <vector>

namespace pons::config {

/// Hours of the day, by the clocks where the source is: "06:00-22:00", several with commas, over midnight too
/// ("22:00-06:00"). The first minute is in, the last is not; 24:00 is the end of the day.
class hours {
public:
    static parsed<hours> parse(std::string_view text);

    /// How long it takes until the next of them begins, `time_of_day` after midnight; zero within them.
    std::chrono::seconds until_open(std::chrono::seconds time_of_day) const;

    /// The same at an instant, in a zone of the IANA database ("Europe/Vienna"), which must know it. On the day on
    /// which clocks change it may be off by the change.
    std::chrono::seconds until_open(std::string_view zone, std::chrono::system_clock::time_point now) const;

private:
    struct window {
        std::chrono::minutes begin;
        std::chrono::minutes length;
    };
    std::vector<window> windows_;
};

}  // namespace pons::config
