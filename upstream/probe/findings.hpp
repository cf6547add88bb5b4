#pragma once

#include "upstream/probe/question.hpp"

#include <map>
#include <string>
#include <string_view>

/// What `pons probe` has seen so far.
namespace pons::upstream::probe {

/// The study that every question is about.
struct seed {
    std::string study;
    std::string series;                        ///< one of its series; empty: could not be had
    std::string instance;                      ///< one of the instances of that series; empty: could not be had
    std::string modality;                      ///< of that series, or one of the study's
    mapping::data_set row;                     ///< what the archive told of the study
    mapping::data_set row_with_other_default;  ///< the same, read with another `charset_default`
    bool only_one_of_accession = false;        ///< the search by its accession number brought no other study
    mapping::tag spaced{};  ///< the operator typed this attribute with spaces before it: so it is stored
};

enum class outcome {
    not_asked,
    found,    ///< the study came, or what was asked for of it
    nothing,  ///< an answer without rows
    another,  ///< other rows came, and not that one
    refused,
    failed,
};

/// What one experiment came to.
struct finding {
    outcome how = outcome::not_asked;
    std::string status{};   ///< of what was refused ("C000"); why it failed, or was not asked
    bool remarked = false;  ///< web: a Warning header came along
    bool labelled = false;  ///< Specific Character Set had a value
    unsigned http_status = 0;
    std::string content_type{};
    std::size_t attributes = 0;  ///< of the row
};

struct findings {
    config::source_kind kind = config::source_kind::dimse;
    seed of;
    mapping::tag pin{0x0020000D};  ///< what holds each question to the study: its UID, or its accession number
    bool stars = false;            ///< universal matching is by *, empty keys find nothing
    web_form form;                 ///< as far as known, what the archive understands
    std::string charset_query = "ISO_IR 192";
    unsigned status_of_nothing = 200;  ///< web: of a search that finds nothing
    std::map<std::string, finding, std::less<>> by_name;

    /// One that was not asked when there is none of that name.
    finding const& operator[](std::string_view name) const;

    bool is(std::string_view name, outcome how) const { return (*this)[name].how == how; }
    bool found(std::string_view name) const { return is(name, outcome::found); }
    bool nothing(std::string_view name) const { return is(name, outcome::nothing); }
    /// The first value of the seed's attribute; empty when it was not told.
    std::string own(mapping::tag t) const { return std::string(of.row.text(t)); }
    /// Unique keys make the archive ignore all others, and there is no way around it: nothing pinned can be told.
    bool pin_wins() const;
};

/// What an answer says about the seed: whether its study, series or instance is among the rows; where they were asked
/// for by study, any of the study's.
finding judge(findings const& so_far, question const& q, answer const& a);

/// "the study came", "nothing came", "refused with C000", …
std::string in_words(finding const& f);

/// Names of experiments that exist for several attributes.
std::string other(mapping::tag t);  ///< with a value that the study does not have
std::string star(mapping::tag t);

/// "PatientID".
std::string keyword(mapping::tag t);

}  // namespace pons::upstream::probe
