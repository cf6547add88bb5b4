#pragma once

#include "proxy/render/exchange.hpp"
#include "proxy/render/pool.hpp"
#include "proxy/render/renderer.hpp"

#include <functional>
#include <optional>

namespace pons::proxy::render {

/// What is done with the instances of a feed.
struct passage_rules {
    job asked;          ///< for each of them, as `around` leaves it
    part_receiver& to;  ///< takes what is made; outlives the passage
    /// Asked at the beginning of each instance: the sink that it goes into as it is, or null when it goes through a
    /// worker, for that job. The sink outlives the passage.
    std::function<upstream::part_sink*(upstream::part_head const&, job&)> around;
    /// Whether a worker that has said so reads the rest of its instance and can take another; else it is ended.
    bool (*leaves_it_sound)(result<void> const& said);
    /// Whether the next instance may come after that.
    bool (*is_tolerated)(result<void> const& said);
};

/// Sends instances through workers, one after the other, while they come. While one is written, another coroutine hands
/// on what the worker makes of it. On one executor; used for one `run`.
class passage final : public upstream::part_sink {
public:
    passage(executor on, pool& workers, passage_rules rules);

    /// Errors, cancelling and waiting as `renderer::transcode`. To be run inside `cancelled_as_value`.
    awaitable<result<void>> run(feed const& bring);

    awaitable<result<void>> begin(upstream::part_head const& head) override;
    awaitable<result<void>> write(std::span<std::byte const> bytes) override;
    awaitable<result<void>> end() override;

private:
    awaitable<result<void>> feeding(feed const& bring);
    awaitable<result<void>> answering();
    bool failed() const { return outcome_ && !rules_.is_tolerated(*outcome_); }

    pool& workers_;
    passage_rules rules_;
    happening started_;
    happening answered_;
    lease worker_;
    upstream::part_sink* around_ = nullptr;  // takes the instance at hand as it is
    std::optional<result<void>> outcome_;    // of the instance at hand, once the worker has answered
};

}  // namespace pons::proxy::render
