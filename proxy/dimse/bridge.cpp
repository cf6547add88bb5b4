#include "proxy/dimse/bridge.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pons::proxy::dimse {

bridge::bridge(std::function<archives()> make)
{
    work_.emplace(context_.get_executor());
    thread_ = std::thread([this, make = std::move(make)] {
        archives_ = make();
        context_.run();
        archives_.clear();
        context_.restart();
        context_.run();  // what the end of the archives has left
    });
}

bridge::~bridge()
{
    stop();
}

void bridge::stop()
{
    work_.reset();
    if (thread_.joinable())
        thread_.join();
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
