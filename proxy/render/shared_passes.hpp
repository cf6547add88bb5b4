#pragma once

#include "proxy/render/renderer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>

namespace pons::proxy::render {

/// What shared passes may hold and wait for.
struct sharing {
    std::size_t held = 32 * 1024 * 1024;        ///< bytes of frames, all passes of a worker together
    std::size_t clients = 64;                   ///< of one pass
    std::chrono::milliseconds patience{2000};   ///< with a pass that runs
    std::chrono::milliseconds coming_back{20};  ///< how long who got a frame is waited for
};

/// Requests for single frames of one instance that come at the same time share one pass over it (DESIGN section 5): a
/// viewer asks for frame after frame over six connections, and an archive that speaks DIMSE sends the whole instance
/// for each.
///
/// The first request runs by itself, streamed as ever. Those that come meanwhile for the same instance, with the same
/// job but for the frame, are gathered; when the pass that runs ends, or after `patience`, one pass makes the frames of
/// all of them. In such a pass a frame is held in memory until its client has taken it, so that a slow client keeps
/// nobody waiting, and one that leaves takes nobody along; when its last client leaves, the pass is cancelled. Nothing
/// is kept for later requests.
///
/// One for each worker, on its executor; not shared between threads. It must outlive the operations on it.
class shared_passes {
public:
    /// Runs one job, as `renderer::run`.
    using runner =
        std::function<awaitable<result<void>>(job asked, feed bring, part_receiver& to, time_point deadline)>;

    shared_passes(executor on, runner run, sharing most = {});
    shared_passes(shared_passes const&) = delete;
    shared_passes& operator=(shared_passes const&) = delete;
    ~shared_passes();

    /// As `renderer::run` of what `bring` brings, which is `instance` of `from`; both must outlive it. Jobs for more
    /// than one frame, and for what is no single instance, run by themselves.
    ///
    /// Errors: as `renderer::run`. What concerns one frame only (there is no such frame, it cannot be decoded) ends no
    /// other request: those run again by themselves. So do those whose frame finds no room.
    /// Cancelling (terminal): errc::cancelled, when a pass that ran for this one alone has ended.
    awaitable<result<void>> run(upstream::archive const& from, upstream::retrieve_request const& instance, job asked,
                                feed bring, part_receiver& to, time_point deadline);

private:
    struct frame;
    struct client;
    struct pass;
    struct lane;
    class distributor;
    class running;

    awaitable<result<void>> run_or_join(std::shared_ptr<lane> at, job asked, feed bring, part_receiver& to,
                                        time_point deadline);
    awaitable<result<void>> wait_for_turn(std::shared_ptr<pass> in, client& me);
    awaitable<void> leave(std::shared_ptr<pass> from, client& me, bool gone);
    static awaitable<result<void>> run_pass(shared_passes& self, std::shared_ptr<pass> now);

    std::shared_ptr<lane> lane_of(upstream::archive const& from, upstream::retrieve_request const& instance,
                                  job const& asked);
    std::shared_ptr<pass> enter(std::shared_ptr<lane> const& at, client& me);
    void start(std::shared_ptr<pass> const& now);
    void ended(lane& at, std::size_t served);

    executor on_;
    runner const run_;
    sharing const most_;
    std::shared_ptr<std::size_t> held_ = std::make_shared<std::size_t>(0);
    std::list<std::shared_ptr<lane>> lanes_;
};

/// Runs the jobs by `with`.
shared_passes::runner run_with(std::shared_ptr<renderer> with);

}  // namespace pons::proxy::render
