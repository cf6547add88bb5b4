#pragma once

#include "upstream/asio.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace pons::upstream::dimse {

/// Lines in the log about those who call us and get no association: where from, and why. Whoever can reach the port
/// must not be able to fill the log, so each of the sentences is told once in ten seconds, and how often it was not.
/// For one thread.
class complaints {
public:
    /// `why` is one of the few sentences that there are; `about`, which may be anything, is put behind it. Nothing in
    /// either is of the caller's making but what has been checked to be printable.
    void tell(std::string_view address, std::string_view why, std::string_view about = {});

private:
    struct told {
        time_point silent_until{};
        std::uint64_t unsaid = 0;
    };
    std::map<std::string, told, std::less<>> told_;
};

}  // namespace pons::upstream::dimse
