#pragma once

#include "upstream/dimse/instance_taker.hpp"
#include "upstream/errc.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pons::test {

/// Takes instances into memory, as the other side of a retrieve would.
class taken final : public upstream::dimse::instance_taker {
public:
    bool begin(upstream::part_head const& head) override
    {
        std::unique_lock lock(mutex_);
        turn_.wait(lock, [&] { return !busy_ || over_; });
        if (over_)
            return false;
        busy_ = true;
        heads.push_back(head);
        current_.clear();
        return true;
    }

    bool write(std::span<std::byte const> bytes) override
    {
        std::unique_lock lock(mutex_);
        turn_.wait(lock, [&] { return !held_ || over_; });
        if (over_)
            return false;
        current_.append(reinterpret_cast<char const*>(bytes.data()), bytes.size());
        return true;
    }

    std::span<std::byte> room() override
    {
        std::unique_lock lock(mutex_);
        turn_.wait(lock, [&] { return !held_ || over_; });
        return over_ ? std::span<std::byte>() : std::span(room_);
    }

    bool wrote(std::size_t size) override { return write(std::span(room_).first(size)); }

    result<void> end() override
    {
        std::scoped_lock const lock(mutex_);
        if (over_)
            return fail(upstream::errc::cancelled);
        instances[heads.back().sop_instance_uid] = current_;
        busy_ = false;
        turn_.notify_all();
        return {};
    }

    void abandon(failure why) override
    {
        std::scoped_lock const lock(mutex_);
        abandoned = std::move(why);
        over_ = true;
        turn_.notify_all();
    }

    /// Nobody listens any more.
    void leave()
    {
        std::scoped_lock const lock(mutex_);
        over_ = true;
        turn_.notify_all();
    }

    /// Takes no bytes until it is let go.
    void hold(bool held)
    {
        std::scoped_lock const lock(mutex_);
        held_ = held;
        turn_.notify_all();
    }

    /// What has come, once: for tests that do not share a thread or a wait with the one who delivers.
    std::map<std::string, std::string> take()
    {
        std::scoped_lock const lock(mutex_);
        return std::exchange(instances, {});
    }

    std::vector<upstream::part_head> heads;
    std::map<std::string, std::string> instances;
    std::optional<failure> abandoned;

private:
    std::mutex mutex_;
    std::condition_variable turn_;
    std::string current_;
    std::vector<std::byte> room_ = std::vector<std::byte>(1000);
    bool busy_ = false;
    bool over_ = false;
    bool held_ = false;
};

}  // namespace pons::test
