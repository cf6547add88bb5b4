#include "proxy/dimse/bridge.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <typeinfo>

namespace pons::proxy::dimse {

namespace {

constexpr auto farewell = std::chrono::milliseconds(100);  // for what archives leave behind when they go

}  // namespace

bridge::bridge(std::function<archives()> make, make_renderer make_decoder, make_worklists make_more_worklists)
{
    work_.emplace(context_.get_executor());
    thread_ = std::thread([this, make = std::move(make), make_decoder = std::move(make_decoder),
                           make_more_worklists = std::move(make_more_worklists)] {
        archives_ = make();
        if (make_more_worklists)
            worklists_ = make_more_worklists();
        if (make_decoder)
            renderer_ = make_decoder(context_.get_executor());
        for (bool running = true; running;) {
            try {
                context_.run();
                running = false;
            } catch (std::exception const& e) {
                // A defect in a callback costs what it belonged to, not the other peers.
                spdlog::critical("a callback of the DICOM provider threw {}", typeid(e).name());
            }
        }
        archives_.clear();
        worklists_.clear();
        renderer_.reset();
        context_.restart();
        context_.run_for(farewell);
    });
}

bridge::~bridge()
{
    stop();
}

void bridge::stop()
{
    if (!thread_.joinable())
        return;
    std::vector<std::function<void()>> first;
    {
        std::scoped_lock const lock(mutex_);
        first.swap(before_stop_);
    }
    for (auto const& end : first)
        end();
    context_.stop();
    thread_.join();
    work_.reset();
}

void bridge::before_stop(std::function<void()> what)
{
    std::scoped_lock const lock(mutex_);
    before_stop_.push_back(std::move(what));
}

std::vector<upstream::searched_source*> bridge::choose(archives& all, std::vector<std::string_view> const& names)
{
    std::vector<upstream::searched_source*> chosen;
    for (auto const name : names)
        for (auto& each : all)
            if (each.facts->name == name)
                chosen.push_back(&each);
    return chosen;
}

failure bridge::to_failure(std::exception_ptr const& error)
{
    try {
        std::rethrow_exception(error);
    } catch (boost::system::system_error const& e) {
        if (e.code() == asio::error::operation_aborted)
            return {make_error_code(upstream::errc::cancelled), "operation"};
    } catch (std::exception const&) {
    }
    spdlog::critical("an operation of the DICOM provider ended by an exception");
    return {std::make_error_code(std::errc::state_not_recoverable), "operation"};
}

}  // namespace pons::proxy::dimse
