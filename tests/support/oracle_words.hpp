#pragma once

#include "tests/support/oracle_values.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What the values of a search ask for, by FHIR R4 §3.1.1.4 and §3.1.1.5, for the oracle; apart from `mapping/search`.
namespace pons::test::judging {

/// `value` as text, its escapes still in it, cut at each bare `at`.
std::vector<std::string> cut(std::string const& value, char at);
/// Without its escapes; nothing when there is one that is none.
std::optional<std::string> plain(std::string const& escaped);

struct asked_token {
    std::optional<std::string> system;
    std::string code;
    std::optional<std::pair<std::string, std::string>> type;
};

struct asked_reference {
    std::string type;
    std::string id;
    bool here = true;  ///< not of another server
};

/// Nothing: not such a value. `of_type`: as `:of-type` has it.
std::optional<asked_token> read_token(std::string const& value, bool of_type);
/// `type` is that of the parameter's modifier, or empty; `base` is ours.
std::optional<asked_reference> read_reference(std::string const& value, std::string const& type,
                                              std::string const& base);

bool fits(asked_token const& t, said_code const& said);
bool fits(asked_token const& t, said_identifier const& said, mapping::source_facts const& source);
/// series.uid and series.instance.uid are of type id: no system, or one that says that it is a UID.
bool fits_uid(asked_token const& t, std::string const& uid);

}  // namespace pons::test::judging
