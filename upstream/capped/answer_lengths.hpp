#pragma once

#include "upstream/asio.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pons::upstream {

/// The lengths of an archive's answers, as far as they tell where it does not stop, or where it may: those of the last
/// hour after which no longer one came. Limits are set, and lowered, while Pons runs; what came before is no proof
/// then.
///
/// Not synchronized.
class answer_lengths {
public:
    static constexpr std::chrono::hours kept{1};
    static constexpr std::chrono::minutes left_alone{10};

    /// An answer of so many rows came. `question` tells questions apart; 0: it was a part of one.
    void note(std::uint32_t rows, std::size_t question, time_point now);
    /// Longer ones than that came elsewhere, where limits are no higher.
    void refute_below(std::uint32_t rows);

    /// The longest; 0: there was none.
    std::uint32_t most(time_point now) const;
    /// Whether another question had as many rows, and none had more since then.
    bool is_repeated(std::uint32_t rows, std::size_t question, time_point now) const;

    /// An answer of so many rows was looked into, and nothing was wrong with it: others are left alone for a while.
    void not_again(std::uint32_t rows, time_point now);
    bool is_left(std::uint32_t rows, time_point now) const;

private:
    struct length {
        std::uint32_t rows = 0;
        std::size_t question = 0;  // that was first so long
        time_point until{};
    };

    std::vector<length> all_;  // shorter and younger towards the end
    std::array<length, 8> left_{};
    std::size_t next_left_ = 0;
};

/// Whether somebody would choose that for a limit: of fifties, or a power of two.
bool is_round(std::uint32_t rows);

}  // namespace pons::upstream
