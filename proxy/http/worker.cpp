#include "proxy/http/worker.hpp"

#include "proxy/http/session.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <spdlog/spdlog.h>

#include <array>
#include <exception>
#include <typeinfo>

#include <poll.h>

namespace pons::proxy::http {

namespace {

using namespace std::chrono_literals;

constexpr auto sweep_interval = 100ms;
constexpr auto farewell = 100ms;  // for what a site leaves behind on the context when it goes

}  // namespace

worker::worker(config::http const& config, counters& counts) : config_(config), counts_(counts) {}

worker::~worker() = default;

void worker::run(make_site const& make, std::promise<void>& ready)
{
    auto const work = asio::make_work_guard(context_);
    try {
        site_.emplace(make(context_.get_executor()));
        ready.set_value();
    } catch (...) {
        ready.set_exception(std::current_exception());
        return;
    }
    for (bool running = true; running;) {
        try {
            context_.run();
            running = false;
        } catch (std::exception const& e) {
            // A defect in a callback costs what it belonged to, not the other clients.
            spdlog::critical("a callback threw {}", typeid(e).name());
        }
    }
    if (stuck())
        return;
    site_.reset();
    context_.restart();
    context_.run_for(farewell);
}

void worker::adopt(tcp_socket socket, counted slot, bool refuse)
{
    load_.fetch_add(1, std::memory_order_relaxed);
    asio::post(context_, [this, refuse, socket = std::move(socket), slot = std::move(slot)]() mutable {
        if (draining_)
            load_.fetch_sub(1, std::memory_order_relaxed);
        else
            std::make_shared<session>(*this, std::move(socket), std::move(slot), refuse)->start();
    });
}

void worker::join(session& s)
{
    s.place = sessions_.size();
    sessions_.push_back(&s);
    if (sweeping_)
        return;
    sweeping_ = true;
    arm();
}

void worker::leave(session& s)
{
    sessions_.back()->place = s.place;
    sessions_[s.place] = sessions_.back();
    sessions_.pop_back();
    load_.fetch_sub(1, std::memory_order_relaxed);
}

void worker::arm()
{
    sweep_timer_.expires_after(sweep_interval);
    sweep_timer_.async_wait([this](boost::system::error_code ec) {
        if (ec)
            return;
        sweep();
        sweeping_ = !sessions_.empty();
        if (sweeping_)
            arm();
    });
}

void worker::sweep()
{
    // Acting on a session may end it and others, so first those are held that there is something to do about.
    auto const now = clock::now();
    std::vector<std::shared_ptr<session>> due;
    std::vector<std::shared_ptr<session>> handling;
    std::vector<pollfd> sockets;
    for (auto* s : sessions_) {
        if (s->due(now)) {
            due.push_back(s->shared_from_this());
        } else if (int const socket = s->watched(); socket != -1) {
            handling.push_back(s->shared_from_this());
            sockets.push_back({.fd = socket, .events = POLLRDHUP, .revents = 0});
        }
    }
    // POLLRDHUP is told also when pipelined bytes wait unread, which a wait for readability could not tell apart.
    if (!sockets.empty() && ::poll(sockets.data(), sockets.size(), 0) > 0)
        for (std::size_t i = 0; i < sockets.size(); ++i)
            if ((sockets[i].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
                handling[i]->client_left();
    for (auto const& s : due)
        s->expire();
}

void worker::drain()
{
    asio::post(context_, [this] {
        draining_ = true;
        for (auto const& s : held())
            s->drain();
    });
}

void worker::cut()
{
    asio::post(context_, [this] {
        draining_ = true;
        for (auto const& s : held())
            s->cut();
    });
}

void worker::stop()
{
    asio::post(context_, [this] { context_.stop(); });
}

std::vector<std::shared_ptr<session>> worker::held() const
{
    std::vector<std::shared_ptr<session>> all;
    for (auto* s : sessions_)
        all.push_back(s->shared_from_this());
    return all;
}

std::string_view worker::date()
{
    auto const second = std::time(nullptr);
    if (second != date_second_) {
        date_second_ = second;
        std::tm utc{};
        gmtime_r(&second, &utc);
        static constexpr char const* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr char const* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        date_ = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon],
                            utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    }
    return date_;
}

}  // namespace pons::proxy::http
