#pragma once

#include "mapping/data_set.hpp"
#include "mapping/dictionary.hpp"
#include "upstream/asio.hpp"

#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace pons::upstream {

/// A study that an archive gave.
struct known_study {
    std::string uid;
    /// What it told of those attributes that are texts, trimmed: plain ASCII only, without wild cards and delimiters.
    std::vector<std::pair<mapping::tag, std::string>> texts;
};

/// Studies that an archive is known to hold, remembered from what it answered anyway: a question to which the answer is
/// known tells what the archive makes of its keys. Any may be gone meanwhile.
///
/// Shared by all workers; a mutex guards it, held for a few instructions and never across a wait. Its values name
/// patients: they go to the archive that told them, and are masked wherever such a question is shown.
class known_studies {
public:
    /// Texts that are remembered, the likeliest keys first.
    static std::vector<mapping::tag> const& attributes();

    /// Its UID alone is known.
    void holds(std::string uid);
    /// A row at STUDY level. One with fewer texts does not replace one that told more.
    void told(mapping::data_set const& row);
    /// The archive does not give it any more.
    void is_gone(std::string const& uid);

    /// Of the study that came last; empty: none is known.
    std::string uid() const;
    /// With their texts: one that came lately, and the first. Empty: none is known.
    std::vector<known_study> studies() const;

    /// Whether asking for any study is worth it: not where the archive refused, or failed, a moment ago.
    bool may_be_asked_for(time_point now) const;
    void was_not_answered(time_point now);
    static constexpr std::chrono::minutes not_asked_again{5};

private:
    std::mutex mutable mutex_;
    std::string uid_;
    known_study first_;
    known_study recent_;
    time_point ask_from_{};
};

}  // namespace pons::upstream
