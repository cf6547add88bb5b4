#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/budget.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Archives that do not exist, and what Pons puts around one, a layer at a time.
namespace pons::bench {

/// How an archive behaves, and what it was asked.
struct far_away {
    std::chrono::milliseconds latency{5};  ///< of every answer
    std::uint32_t cap = 0;                 ///< rows of an answer, without a word; 0: all
    bool down = false;                     ///< every answer is that it is unreachable
    std::uint32_t queries = 0;
    std::uint32_t running = 0;
    std::uint32_t most_running = 0;
};

/// Of made studies (`made_qido_answer`); answers keys of Study Instance UID and ranges of Study Date. `state` outlives
/// it.
class far_archive final : public upstream::archive {
public:
    far_archive(std::vector<mapping::data_set> const& studies, far_away& state) : studies_(studies), state_(state) {}

    awaitable<result<upstream::found>> find(mapping::find_request const& request, upstream::row_sink& rows,
                                            time_point deadline) override;
    awaitable<result<void>> verify(time_point deadline) override;

private:
    std::vector<mapping::data_set> const& studies_;
    far_away& state_;
};

/// Which layers there are. All of them: as the program has them.
struct layers {
    bool slots = true;     ///< `limits.associations`, and the queue before them
    bool guard = true;     ///< the breaker; least keys
    bool capped = true;    ///< silent limits are found out
    bool complete = true;  ///< nothing for finds
    bool shared = true;    ///< equal queries at once are one
    bool kept = true;      ///< answers are kept for `answer_cache.time`
};

inline constexpr layers none{false, false, false, false, false, false};

/// `itself` with layers around it. `settings` outlives it.
std::unique_ptr<upstream::archive> with_layers(std::unique_ptr<upstream::archive> itself, layers const& which,
                                               config::source const& settings);

/// Studies as an archive holds them.
std::vector<mapping::data_set> made_studies(std::size_t count);

/// The study with that number; all of them for a range of dates that is open at both ends.
mapping::find_request study_numbered(std::vector<mapping::data_set> const& studies, std::size_t number);
mapping::find_request every_study();

}  // namespace pons::bench
