#pragma once

#include "upstream/dimse/wire/command_set.hpp"
#include "upstream/dimse/wire/waiting.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

/// What Pons has to say to a peer that it was not asked for in this message (N-EVENT-REPORT, PS3.7 §10.1.1), while the
/// peer's association is open.
namespace pons::proxy::dimse {

struct notice {
    std::uint8_t context = 0;              ///< of that association
    upstream::dimse::command_set command;  ///< without Message ID (0000,0110)
    std::vector<std::byte> data_set;
    /// Called once, on any thread: the peer has answered Success, or another status, or never will.
    std::function<void(bool taken)> told = {};
};

/// Between whoever has such news and the thread of the association, which sends them when the peer asks for nothing,
/// one at a time. Shared by these; locked briefly.
class outbox {
public:
    /// False, and `one` is as it was: the association is over.
    bool post(notice& one);

    // --- the association's thread ----------------------------------------------------------------------------------

    int fd() const { return bell_.fd(); }
    /// The next one. Nothing: there is none, and `fd` will tell when there is.
    std::optional<notice> take();
    /// There is no sending any more: what was not taken is told so.
    void close();

private:
    upstream::dimse::interruption bell_;
    std::mutex mutex_;
    std::deque<notice> notices_;
    bool closed_ = false;
};

}  // namespace pons::proxy::dimse
