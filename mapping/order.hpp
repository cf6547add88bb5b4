#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// What is read of a FHIR ServiceRequest and of what it refers to (R4, R4B, R5), as texts as they stand there. Every
/// member may be empty.
namespace pons::mapping::orders {

struct coding {
    std::string system;
    std::string code;
    std::string display;
};

struct codeable_concept {
    std::vector<coding> codings;
    std::string text;
};

struct identifier {
    std::string system;
    std::string value;
    std::string use;
    codeable_concept type;
};

struct human_name {
    std::string use;
    std::string representation;  ///< ABC, IDE or SYL of iso21090-EN-representation
    std::string text;
    std::string family;
    std::vector<std::string> given;
    std::vector<std::string> prefix;
    std::vector<std::string> suffix;
};

struct reference {
    std::string to;  ///< "Patient/1", "#contained", "urn:uuid:…", a URL
    std::string display;
    std::optional<identifier> logical;
};

/// A Patient, Practitioner, PractitionerRole, Device, Organization or whatever else an order refers to.
struct party {
    std::string type;  ///< resourceType
    std::string id;
    std::string full_url;  ///< of its entry
    std::vector<identifier> identifiers;
    std::vector<human_name> names;  ///< of people
    std::string name;               ///< of others
    std::string gender;
    std::string birth_date;
    reference practitioner;  ///< of a PractitionerRole
    reference organization;
};

struct order {
    std::string id;
    std::string status;
    std::string intent;
    bool do_not_perform = false;
    std::string priority;
    std::vector<identifier> identifiers;
    std::vector<codeable_concept> categories;
    codeable_concept code;
    std::vector<codeable_concept> details;  ///< orderDetail
    std::string start;                      ///< occurrenceDateTime, or occurrencePeriod.start
    std::string authored_on;
    reference subject;
    reference requester;
    std::vector<reference> performers;
    std::vector<codeable_concept> locations;  ///< locationCode; of locationReference the display
    std::vector<codeable_concept> reasons;
    std::vector<std::string> notes;
    std::vector<party> contained;
};

/// What came with orders.
class parties {
public:
    /// `base`: of the server, for references that are absolute.
    explicit parties(std::string base) : base_(std::move(base)) {}

    /// The first of several that are called the same stays.
    void add(std::vector<party> more);

    /// What a reference of `of` means: by "#id" among what that contains, by the URL of an entry, by "Type/id",
    /// absolute below the base or not. Null: it did not come.
    party const* find(reference const& to, order const& of) const;

    /// The id of a resource of that type on the server, which is none of what an order contains; empty: it is no such
    /// reference.
    std::string_view id_of(reference const& to, std::string_view type) const;

private:
    std::string_view local(std::string_view reference) const;

    std::string base_;
    std::deque<party> all_;
    std::unordered_map<std::string, party const*> by_name_;
};

}  // namespace pons::mapping::orders
