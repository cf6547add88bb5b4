#include "proxy/http/server.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <future>

namespace pons::proxy::http {

namespace {

using namespace std::chrono_literals;

constexpr auto cut_time = 2s;  // for handlers to end when cancelled

}  // namespace

server::server(config::http config, make_site make) : config_(std::move(config)), make_(std::move(make)) {}

server::~server()
{
    stop(0ms);
}

result<void> server::start()
{
    std::vector<worker*> all;
    for (unsigned i = 0; i < std::max(1U, config_.threads); ++i)
        all.push_back(workers_.emplace_back(std::make_unique<worker>(config_, counts_)).get());
    listener_ = std::make_unique<listener>(config_, counts_, all);
    auto const bound = listener_->open();
    if (!bound) {
        listener_.reset();
        workers_.clear();
        return tl::unexpected<failure>(bound.error());
    }
    endpoint_ = *bound;

    std::vector<std::promise<void>> ready(all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
        threads_.emplace_back([this, w = all[i], &told = ready[i]] { w->run(make_, told); });
    std::exception_ptr failed;
    for (auto& each : ready) {
        try {
            each.get_future().get();
        } catch (...) {
            failed = std::current_exception();
        }
    }
    if (failed) {
        stop(0ms);
        std::rethrow_exception(failed);
    }
    listener_->start();
    return {};
}

void server::drain()
{
    if (!listener_)
        return;
    listener_->close();
    for (auto const& w : workers_)
        w->drain();
}

bool server::wait_drained(std::chrono::milliseconds time) const
{
    for (auto const end = clock::now() + time; !drained(); std::this_thread::sleep_for(5ms))
        if (clock::now() >= end)
            return false;
    return true;
}

void server::stop(std::chrono::milliseconds grace)
{
    if (!listener_)
        return;
    drain();
    if (!wait_drained(grace)) {
        for (auto const& w : workers_)
            w->cut();
        wait_drained(cut_time);
    }
    for (auto const& w : workers_)
        w->stop();
    for (auto& thread : threads_)
        thread.join();
    threads_.clear();
    listener_.reset();
    for (auto& w : workers_) {
        if (!w->stuck())
            continue;
        spdlog::critical("a handler did not end when it was cancelled; its worker is abandoned");
        static_cast<void>(w.release());
    }
    workers_.clear();
}

}  // namespace pons::proxy::http
