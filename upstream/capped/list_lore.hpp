#pragma once

#include "mapping/dictionary.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

namespace pons::upstream {

/// What is known of an archive and keys that are lists of UIDs (PS3.4 §C.2.2.2.2, PS3.18 §8.3.4.1): some take the first
/// of a list for all of it, or the list for one value, and say Success. It is found out from answers, for each level,
/// and does not change then.
///
/// Shared by all workers.
class list_lore {
public:
    explicit list_lore(std::string source) : source_(std::move(source)) {}

    enum class verdict : std::uint8_t { unknown, taken, not_taken };
    /// Of lists at their own level. Waits for nothing.
    verdict at(mapping::level l) const { return levels_[static_cast<std::size_t>(l)].load(std::memory_order_relaxed); }
    /// Logs it once that they are not taken.
    void learn(mapping::level l, verdict v);

private:
    std::string const source_;
    std::array<std::atomic<verdict>, 3> levels_{};
};

}  // namespace pons::upstream
