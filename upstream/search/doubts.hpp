#pragma once

#include "mapping/levels.hpp"
#include "upstream/search/telling.hpp"

#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pons::upstream {

/// What a search of one source could not judge, since its archive does not tell the attribute: without one that it
/// tells of others a row is not known to match or not (pacs-quirks F23). One for all faces.
class doubts {
public:
    /// One that decides what the search is about; a path of sequences counts by its first.
    struct attribute {
        mapping::tag what{};
        mapping::level at = mapping::level::study;
        std::string name;  ///< for messages
        bool heard = false;
    };

    /// `omits_empty`: rows lack what has no value.
    doubts(std::vector<attribute> deciding, bool omits_empty) : deciding_(std::move(deciding)), telling_(omits_empty) {}

    /// Each row, so that it is known which attributes of that level the archive tells at all.
    void hear(mapping::level at, mapping::data_set const& row);

    /// As `telling::untold`.
    std::vector<mapping::tag> untold(mapping::data_set const& study) const { return telling_.untold(study); }
    /// Whether `study` may lack something that decides. Usually not: its row has all, and nothing else decides.
    bool lacks_any(mapping::data_set const& study) const;

    /// A row of `study` was left out because of what it lacks. Each of `lacking` is one reason, and stands where the
    /// archive does not tell one of its attributes; all of them must, or the row was left out with reason.
    void remember(std::vector<std::vector<mapping::tag>> lacking, mapping::data_set const& study);
    /// So little was told of a study that it was left out.
    void remember_little() { told_too_little_ = true; }

    /// Tells why what matches could not be found: leaving it out is not done in silence. Once all rows were heard.
    void tell(std::vector<issue>& issues) const;

    /// Whether `study`, which lacks `what`, does not have it: it is told of others, unless little is told of this study
    /// at all. Once all rows were heard.
    bool is_answered(mapping::tag what, mapping::data_set const& study) const;

private:
    struct left_out {
        std::vector<std::vector<mapping::tag>> lacking;
        bool little;  // of the study, as was known then

        friend auto operator<=>(left_out const&, left_out const&) = default;
    };

    bool is_heard(mapping::tag what) const;
    bool stands(std::vector<mapping::tag> const& reason) const;

    std::vector<attribute> deciding_;
    telling telling_;
    std::set<left_out> left_out_;  // no more than there are ways to lack something
    bool told_too_little_ = false;
};

}  // namespace pons::upstream
