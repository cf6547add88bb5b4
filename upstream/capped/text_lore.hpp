#pragma once

#include "mapping/dictionary.hpp"
#include "upstream/asio.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace pons::upstream {

/// What is known of an archive and keys of few letters: some find nothing by them, and say Success (pacs-quirks F16).
/// By attribute and number of letters, as `letters_of` counts. What finds something by so many does by more; what finds
/// nothing by so many does not by fewer.
///
/// Shared by all workers; a mutex guards it, held for a few instructions and never across a wait.
class text_lore {
public:
    explicit text_lore(std::string source) : source_(std::move(source)) {}

    enum class verdict {
        unknown,  ///< worth a question
        finds,    ///< such keys find what there is
        nothing,  ///< they find nothing, whatever there is
        open      ///< it could not be told a moment ago
    };
    verdict of(mapping::tag attribute, std::size_t letters, time_point now) const;

    /// A key of so many letters found something. Counts for a day, as limits are changed seldom.
    void finds(mapping::tag attribute, std::size_t letters, time_point now);
    static constexpr std::chrono::hours finds_for{24};
    /// A key of so many letters did not find what there is. Counts for an hour, or until one finds something; a longer
    /// one than before is logged.
    void finds_nothing(mapping::tag attribute, std::size_t letters, time_point now);
    static constexpr std::chrono::hours nothing_for{1};
    void stays_open(mapping::tag attribute, std::size_t letters, time_point now);
    static constexpr std::chrono::minutes open_for{10};

    /// A study was found by the whole text of that attribute, and not by the same with a wild card. Counts for an hour.
    void lacks_wild_cards(mapping::tag attribute, time_point now);
    bool known_to_lack_wild_cards(mapping::tag attribute, time_point now) const;

    /// Beside the UID of a study that attribute is matched as well: such questions tell something.
    void is_matched_beside_uid(mapping::tag attribute);
    bool known_to_be_matched_beside_uid(mapping::tag attribute) const;

private:
    struct of_attribute {
        std::size_t finds = 0;  // letters
        time_point finds_until{};
        std::size_t nothing = 0;
        time_point nothing_until{};
        std::map<std::size_t, time_point> open;
        time_point exact_until{};  // its wild cards do not work
        std::size_t logged = 0;
    };

    std::string const source_;
    std::mutex mutable mutex_;
    std::map<mapping::tag, of_attribute> attributes_;
    std::set<mapping::tag> matched_;
};

}  // namespace pons::upstream
