#pragma once

#include "mapping/data_set.hpp"
#include "mapping/result.hpp"
#include "proxy/dicomweb/query.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// What a C-FIND asks for (PS3.4 C.4.1, C.6.1, C.6.2).
namespace pons::proxy::dimse {

/// The information model that it is asked in.
enum class find_model : std::uint8_t { patient_root, study_root };

/// Query/Retrieve Level (0008,0052).
enum class find_level : std::uint8_t { patient, study, series, image };

/// By its name in an identifier, "STUDY".
std::optional<find_level> level_named(std::string_view name);

/// What was agreed to by extended negotiation (PS3.4 C.5.1.1, Table C.5-1): a byte for each, in this order.
struct find_options {
    bool relational = false;      ///< without the unique keys of the levels above
    bool combined_times = false;  ///< a date and its time, both ranges, are one range
};

/// Reads what a peer proposes, and what was answered to it: bytes beyond those that we know are not agreed to.
find_options to_find_options(std::span<std::byte const> information);
/// The answer: what of `asked` we do.
std::vector<std::byte> answer_options(std::span<std::byte const> asked);

struct find_query {
    find_level at = find_level::study;
    dicomweb::search_query search;  ///< PATIENT is looked for by studies
    mapping::data_set identifier;   ///< as it came: what is to be returned
    std::string charset;            ///< for the answers: its own, or ISO_IR 192
    /// It has keys that nothing is matched by: unknown here, private, or of a level below. They are passed over, and
    /// the answers are FF01.
    bool unsupported_keys = false;
};

/// Understands an identifier, every value of it. What it asks of levels above is looked for as well, whether it was
/// agreed to be relational or not; only the unique keys above have to be there when it was not.
///
/// Errors: mapping::errc::invalid_value, unknown_parameter (a level that the model does not have), too_long (more than
/// 64 matching keys); `where` is for the Error Comment, names the attribute and never a value.
result<find_query> to_find_query(mapping::data_set identifier, find_model model, find_options options,
                                 std::uint32_t most_results);

/// Whether one of its keys narrows the search to some studies: a UID, Patient ID, Accession Number, Study ID, Patient's
/// Name, none of them beginning with a wild card, or a range of Study Date.
bool is_narrowed(find_query const& query);

}  // namespace pons::proxy::dimse
