#pragma once

#include "proxy/render/shared_passes.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

/// What shared_passes is made of, for itself only: frames, clients, passes, and what gives the ones to the others.
namespace pons::proxy::render {

/// A frame that waits for its clients.
struct shared_passes::frame {
    explicit frame(std::shared_ptr<std::size_t> held) : held_(std::move(held)) {}
    frame(frame const&) = delete;
    frame& operator=(frame const&) = delete;
    ~frame() { *held_ -= bytes.capacity(); }

    /// False when there is no room for it.
    bool append(std::span<std::byte const> more, std::size_t most)
    {
        auto const before = bytes.capacity();
        if (bytes.size() + more.size() > before) {
            auto const wanted = std::max(bytes.size() + more.size(), 2 * before);
            if (*held_ - before + wanted > most)
                return false;
            bytes.reserve(wanted);
            *held_ += bytes.capacity() - before;
        }
        bytes.insert(bytes.end(), more.begin(), more.end());
        return true;
    }

    part_info info;
    std::vector<std::byte> bytes;

private:
    std::shared_ptr<std::size_t> held_;
};

struct shared_passes::client {
    enum class turn { waits, has_frame, runs_first, runs_alone, fails };

    std::uint32_t wanted = 0;  // 0: the frame that stands for the instance
    feed bring;
    time_point deadline;
    steady_timer woken;
    turn what = turn::waits;
    std::shared_ptr<frame const> held = nullptr;
    failure why{};

    void wake(turn now)
    {
        what = now;
        woken.cancel();
    }
};

struct shared_passes::pass {
    pass(std::shared_ptr<lane> at, executor const& on, time_point by)
        : of(std::move(at)), start_by(by), over(on, time_point::max())
    {
    }

    std::shared_ptr<lane> of;
    time_point start_by;
    steady_timer over;
    asio::cancellation_signal cancel;
    std::vector<client*> clients;  // those that have not left
    std::size_t served = 0;
    bool started = false;
    bool runs = false;

    bool is_waited_for() const
    {
        return std::ranges::any_of(clients, [](client const* c) { return c->what == client::turn::waits; });
    }
};

/// Those that may share passes.
struct shared_passes::lane {
    upstream::archive const* from;
    upstream::retrieve_request instance;
    job asked;       // without frames
    bool of_frames;  // each client names one
    std::size_t running = 0;
    std::shared_ptr<pass> next = nullptr;
    std::size_t expected = 0;  // clients of `next`, once those of the last pass have come back
    time_point quiet_at{};     // nobody is waited for after this
};

/// Gives each frame to those that asked for it.
class shared_passes::distributor final : public part_receiver {
public:
    distributor(pass& of, std::shared_ptr<std::size_t> held, std::size_t most)
        : of_(of), held_(std::move(held)), most_(most)
    {
    }

    awaitable<result<void>> begin(part_info const& part) override
    {
        now_ = std::make_shared<frame>(held_);
        now_->info = part;
        co_return result<void>();
    }
    awaitable<result<void>> write(std::span<std::byte const> bytes) override
    {
        if (now_ && !now_->append(bytes, most_)) {
            give(client::turn::runs_alone);
            now_.reset();
        }
        co_return result<void>();
    }
    awaitable<result<void>> end() override
    {
        if (now_)
            give(client::turn::has_frame);
        now_.reset();
        co_return result<void>();
    }

private:
    void give(client::turn what)
    {
        for (auto* const one : of_.clients) {
            bool const wants = one->wanted == 0 || one->wanted == now_->info.frame;
            if (one->what != client::turn::waits || !wants)
                continue;
            if (what == client::turn::has_frame)
                one->held = now_;
            of_.served += 1;
            one->wake(what);
        }
    }

    pass& of_;
    std::shared_ptr<std::size_t> held_;
    std::size_t const most_;
    std::shared_ptr<frame> now_;
};

}  // namespace pons::proxy::render
