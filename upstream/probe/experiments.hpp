#pragma once

#include "upstream/probe/findings.hpp"

#include <tl/expected.hpp>

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
    std::function<tl::expected<question, std::string>(findings const&)> make;
    std::optional<config::source_kind> only = std::nullopt;
    /// What is known from now on, besides the finding itself.
    std::function<void(findings&, answer const&)> learn = nullptr;
};

/// In the order in which they are made.
std::span<experiment const> experiments();

/// What an answer says about the seed: whether its study, series or instance is among the rows; where they were asked
/// for by study, any of the study's.
finding judge(findings const& so_far, question const& q, answer const& a);

/// A UID that no study has, made from UUIDs (PS3.5 §B.2).
extern char const* const nobodys_uid;

}  // namespace pons::upstream::probe
