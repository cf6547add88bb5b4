#pragma once

#include "mapping/search/judge.hpp"
#include "upstream/search/misread_letters.hpp"

#include <optional>
#include <span>
#include <vector>

namespace pons::upstream {

/// The criteria of a search that hold letters beyond ASCII, and whether a study may have met them although it was
/// refused (`misread_letters`).
class lettered_criteria {
public:
    /// `criteria` outlive it. `text`: that of the rows of the source.
    lettered_criteria(std::span<mapping::search::criterion const> criteria, mapping::source_text const& text);
    lettered_criteria(lettered_criteria const&) = delete;
    lettered_criteria& operator=(lettered_criteria const&) = delete;

    /// A study that the criteria refused; of its row `untold` was not told.
    void refused(mapping::study_record const& study, std::span<mapping::tag const> untold);
    /// Text without a label was read by what most use.
    void guessed() { misread_.guessed(); }
    /// Once all studies were seen. `matched`: there are such that meet the criteria.
    void tell(bool matched, std::vector<issue>& issues) const { misread_.tell(matched, issues); }

private:
    struct one {
        mapping::search::judge by;
        lettered_key key;
    };
    std::vector<one> lettered_;
    std::vector<mapping::search::criterion> plain_;
    std::optional<mapping::search::judge> by_plain_;
    misread_letters misread_;
};

}  // namespace pons::upstream
