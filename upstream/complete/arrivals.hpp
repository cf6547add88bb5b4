#pragma once

#include "mapping/charset.hpp"
#include "upstream/archive.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_set>

namespace pons::upstream {

/// What comes of one retrieve, each instance once, whether as files or as data sets.
struct arrivals {
    virtual ~arrivals() = default;

    /// Asks the archive for more of it, and takes what comes.
    virtual awaitable<result<retrieved>> ask(retrieve_request const& what, time_point deadline) = 0;

    std::string study;                      ///< the UID of what they are asked of
    std::unordered_set<std::string> whole;  ///< SOP Instance UIDs that came, to their end
    std::size_t dropped = 0;                ///< that came again, or were not asked for
    bool begun = false;                     ///< the one who asked was given something
    bool inside = false;                    ///< an instance has begun and not ended
    std::function<void()> on_first;         ///< called when the first has begun
};

/// Instances for `to`, those of `inner`.
class arriving_parts final : public arrivals, private part_sink {
public:
    /// Others than `what` names by their SOP Instance UIDs are passed over. `inner` and `to` outlive it.
    arriving_parts(archive& inner, part_sink& to, retrieve_request const& what);

    awaitable<result<retrieved>> ask(retrieve_request const& what, time_point deadline) override;

private:
    awaitable<result<void>> begin(part_head const& head) override;
    awaitable<result<void>> write(std::span<std::byte const> bytes) override;
    awaitable<result<void>> end() override;

    archive& inner_;
    part_sink& to_;
    std::unordered_set<std::string> only_;  // empty: all
    std::string current_;
    bool passed_over_ = false;
};

/// Data sets for `to`, those that `inner` makes itself; once some have come and it cannot go on so, they are made of
/// its instances. Those of other series and instances are dropped; after one without a SOP Instance UID, or of another
/// study, `ask` ends with errc::malformed.
class arriving_rows final : public arrivals, private row_sink {
public:
    /// All outlive it. `text` as for `metadata_of`.
    arriving_rows(archive& inner, row_sink& to, retrieve_request const& asked, mapping::source_text text);

    awaitable<result<retrieved>> ask(retrieve_request const& what, time_point deadline) override;

private:
    void row(mapping::data_set&& one) override;

    archive& inner_;
    row_sink& to_;
    retrieve_request const& asked_;
    mapping::source_text const text_;
    char const* odd_ = nullptr;  // what is wrong with one of them
};

}  // namespace pons::upstream
