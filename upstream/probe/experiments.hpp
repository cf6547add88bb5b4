#pragma once

#include "upstream/probe/pinned.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace pons::upstream::probe {

/// One question to learn from (pinned contradictions): what is asked follows from the seed and from what is known
/// already. Each names the study, or one series or instance of it, or a UID that does not exist, so that it can match
/// one study at most.
struct experiment {
    std::string name;
    /// The question; else why there is none ("the study has no name").
    std::function<made(findings const&)> make;
    std::optional<config::source_kind> only = std::nullopt;
    /// What is known from now on, besides the finding itself.
    std::function<void(findings&, answer const&)> learn = nullptr;
};

/// In the order in which they are made.
std::span<experiment const> experiments();

}  // namespace pons::upstream::probe
