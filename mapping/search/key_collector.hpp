#pragma once

#include "mapping/codecs/name_search.hpp"
#include "mapping/find_request.hpp"
#include "mapping/record.hpp"
#include "mapping/search/criteria.hpp"
#include "mapping/search/plan.hpp"

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pons::mapping::search {

/// Collects what a criterion can ask a source for, value by value: matching keys (PS3.4 C.2.2.2) that find at least
/// what the value finds. A value that no DICOM value can equal adds nothing.
class key_collector {
public:
    /// Both outlive it.
    key_collector(source_facts const& source, abilities const& can) : source_(source), can_(can) {}

    /// "1.2.3" or "urn:oid:1.2.3".
    void uid(token const& t);
    /// Study Instance UID, accession number or Study ID, by the system of the identifier.
    void identifier(token const& t);
    /// In every form in which one that compares equal may be stored (`accession_rules`).
    void accession(token const& t);
    /// Patient ID: a token, or a reference, by what the crosswalk made of it where there is one.
    void patient(criterion_value const& value);
    /// Patient's Name, by part and modifier of `c`. Where the name cannot be asked for in `letters` that surely find
    /// it, that is said by `whole`.
    void name(criterion const& c, std::string_view value, codecs::name_letters letters);

    /// False: one of the values cannot be asked for, and the others alone would lose what that one finds.
    bool whole() const { return whole_; }
    /// What was asked for may be a Study ID, and that is no key here: to be told.
    bool loses_study_ids() const { return loses_study_ids_; }

    /// All of them together find every candidate; none: nothing can match. UIDs are those of `uid_tag`, at most 100 a
    /// query.
    std::vector<std::vector<key>> queries(tag uid_tag) const;
    /// For what `queries` may miss, by their indices: values that were cut, and, with `spaces`, those stored with
    /// leading spaces.
    std::vector<second_try> second_tries(bool spaces) const;

private:
    void accession_number(std::string_view value);
    /// `forms`: how one value may be stored.
    void text_keys(tag t, std::span<std::string const> forms, std::size_t max_characters);
    void text_key(tag t, std::string_view value, std::size_t max_characters);

    source_facts const& source_;
    abilities const& can_;
    bool whole_ = true;
    bool loses_study_ids_ = false;
    std::set<std::string> uids_;
    std::vector<std::pair<tag, std::string>> texts_;
    std::vector<second_try> uncut_;  // `instead_of`: indices of `texts_`; here as well
    std::vector<second_try> with_spaces_;
};

}  // namespace pons::mapping::search
