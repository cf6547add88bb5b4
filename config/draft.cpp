#include "config/draft.hpp"

namespace pons::config {

namespace {

constexpr std::size_t most = 200;

position find_position(draft const& d, std::string_view key)
{
    for (;;) {
        if (auto const found = d.set.find(key); found != d.set.end())
            return found->second;
        auto const dot = key.rfind('.');
        if (dot == std::string_view::npos)
            return {};
        key = key.substr(0, dot);
    }
}

}  // namespace

void draft::error(std::string_view key, std::string message)
{
    add(severity::error, find_position(*this, key), key, std::move(message));
}

void draft::warning(std::string_view key, std::string message)
{
    add(severity::warning, find_position(*this, key), key, std::move(message));
}

void draft::add(severity level, position at, std::string_view key, std::string message)
{
    if (full())
        return;
    diagnostics.push_back({level, file, at.line, at.column, std::string(key), std::move(message)});
    if (full()) {
        auto& last = diagnostics.back();
        last.severity = severity::error;
        last.key.clear();
        last.message = "more than 200 things are wrong from here on; mend those above first";
    }
}

bool draft::full() const
{
    return diagnostics.size() > most;
}

}  // namespace pons::config
