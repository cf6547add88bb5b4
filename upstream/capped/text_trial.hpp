#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/capped/any_study.hpp"
#include "upstream/capped/source_lore.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pons::upstream {

/// Why such a question is asked (`row_sink::purpose`). Its values are not of the one who asks, but of another patient.
inline constexpr std::string_view purpose_of_trials = "whether texts of so few letters find anything";

/// Finds out what an archive makes of short keys: asks for a study that it is known to hold, by its UID and a piece of
/// one of its texts with as many letters.
///
/// | the study comes by its UID and                      | then                                                  |
/// | --------------------------------------------------- | ----------------------------------------------------- |
/// | the piece, and not by a text that it does not have  | such keys find what there is                          |
/// | the piece, and by a text that it does not have      | the key is ignored: it tells nothing                  |
/// | not the piece, but the whole text with a wild card  | such keys find nothing                                |
/// | neither, but the whole text                         | wild cards do not work: it tells nothing              |
/// | none of them, but its UID alone, with the same text | the archive loses its own study: so it may do others  |
/// | none of them, but its UID alone, with another text  | it was corrected or merged: others are asked          |
///
/// Pieces are tried as a beginning, and as what stands anywhere (some compare leading spaces). Other attributes are
/// asked where those of this one tell nothing.
class text_trial {
public:
    /// `source` says whether the archive has wild cards, and which texts are left out before it. All that is referred
    /// to outlives it.
    text_trial(archive& of, config::source const& source, source_lore& lore, time_point deadline)
        : archive_(of), source_(source), lore_(lore), deadline_(deadline)
    {
    }

    /// What is known then of keys of `attribute` with so many letters; never unknown. Where the archive holds nothing,
    /// `finds`, which is not remembered. Errors: cancelled, and where the archive fails; then nothing is known. What it
    /// refuses tells nothing.
    awaitable<result<text_lore::verdict>> judge(mapping::tag attribute, std::size_t letters);

    std::uint32_t queries() const { return queries_; }
    /// No other attribute is begun with beyond that; the next trial goes on with those.
    static constexpr std::uint32_t most_queries = 12;

private:
    enum class shown { finds, nothing, loses_its_own, tells_nothing, gone };
    struct evidence {
        shown what = shown::tells_nothing;
        bool in_full = false;  ///< by a text that is not shorter than the key
    };

    awaitable<result<evidence>> try_studies(mapping::tag attribute, std::size_t letters);
    awaitable<result<shown>> try_piece(known_study const& study, mapping::tag attribute, std::size_t letters);
    awaitable<result<shown>> try_others(mapping::tag attribute, std::size_t letters);
    awaitable<result<shown>> confirm(known_study const& study, mapping::tag attribute, std::size_t letters);
    awaitable<result<shown>> what_it_loses(known_study const& study, mapping::tag attribute, std::string const& text,
                                           bool is_asked);
    awaitable<result<std::optional<std::string>>> brings(known_study const& study, mapping::tag attribute,
                                                         std::string const& value);
    awaitable<result<any_study>> know_studies();

    archive& archive_;
    config::source const& source_;
    source_lore& lore_;
    time_point const deadline_;
    std::vector<known_study> studies_;  // that are there, for all that is known
    std::uint32_t queries_ = 0;
    bool goes_on_later_ = false;
};

}  // namespace pons::upstream
