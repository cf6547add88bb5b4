#include "proxy/cli/reading_again.hpp"

#include "config/changes.hpp"
#include "config/load.hpp"
#include "proxy/operations/exposure.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <string>
#include <typeinfo>
#include <utility>

namespace pons::proxy::cli {

namespace {

/// What became of a source by that.
std::string_view what_changed(config::source const& was, config::source const& now, bool may_be_asked)
{
    if (was.enabled && !now.enabled)
        return "is switched off: what ran on it was ended";
    if (!was.enabled && now.enabled)
        return may_be_asked ? "is switched on" : "is switched on, and outside its hours";
    bool const other_hours = was.hours != now.hours || (!now.hours.empty() && was.timezone != now.timezone);
    if (now.enabled && other_hours)
        return may_be_asked ? "has other hours, and may be asked now"
                            : "has other hours, and may not be asked now: what ran on it was ended";
    return now.enabled ? "is left alone after failures by other rules" : "stays switched off, with other rules";
}

/// Keys by which `refuse_exposure` decides, among others.
bool is_of_a_door(std::string const& key)
{
    return key.starts_with("http.") || key.starts_with("dicom.");
}

}  // namespace

reading_again::reading_again(std::filesystem::path file, config::settings started, change_source change)
    : file_(std::move(file)), started_(std::move(started)), running_(started_), change_(std::move(change))
{
}

void reading_again::operator()() noexcept
try {
    read();
} catch (std::exception const& e) {
    spdlog::error("reading the configuration again ended with {}", typeid(e).name());
}

void reading_again::read()
{
    auto const loaded = config::load(file_);
    for (auto const& each : loaded.diagnostics) {
        bool const is_error = each.severity == config::severity::error;
        spdlog::log(is_error ? spdlog::level::err : spdlog::level::warn, "{}", config::to_string(each));
    }
    if (!loaded.settings) {
        spdlog::error("the configuration was read again and is faulty, nothing was changed");
        return;
    }
    auto const since_start = config::changes_between(started_, *loaded.settings);
    // Only then, as it may have to wait for a name, and an archive is to be left alone at once.
    if (std::ranges::any_of(since_start.at_a_restart, is_of_a_door))
        if (auto const why = operations::refuse_exposure(*loaded.settings)) {
            spdlog::error("the configuration was read again, nothing was changed: {}", *why);
            return;
        }
    for (auto const& source : config::changes_between(running_, *loaded.settings).while_used)
        apply(source);
    std::string others;
    for (auto const& key : since_start.at_a_restart)
        others += (others.empty() ? "" : ", ") + key;
    if (!others.empty())
        spdlog::warn("these keys say otherwise than when Pons started, and hold after a restart: {}", others);
    spdlog::info("the configuration was read again");
}

void reading_again::apply(config::source const& now)
{
    auto const known = std::ranges::find(running_.sources, now.name, &config::source::name);
    bool const may_be_asked = change_(now);
    auto const was = std::exchange(*known, now);
    spdlog::warn("source {} {}", now.name, what_changed(was, now, may_be_asked));
}

}  // namespace pons::proxy::cli
