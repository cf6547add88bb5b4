#pragma once

#include "config/diagnostic.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// The table behind `crosswalk.kind: file`: CSV (RFC 4180) in UTF-8 that begins with `patient,system,value`. A row
/// gives one identifier of one Patient id of the EHR; a row without a system says which Patient replaced this one:
///
///     patient,system,value
///     123,urn:oid:1.2.3.4,000777
///     122,,Patient/123
///
/// Records that are linked so are one patient, whose identifiers are those of all of them.
namespace pons::config {

struct crosswalk_identifier {
    std::string system;
    std::string value;

    friend auto operator<=>(crosswalk_identifier const&, crosswalk_identifier const&) = default;
};

struct crosswalk_table {
    /// Identifiers of one patient each, in order, each once.
    std::vector<std::vector<crosswalk_identifier>> patients;
    std::unordered_map<std::string, std::size_t> by_id;  ///< Patient ids to places in `patients`
};

struct crosswalk_file {
    crosswalk_table table;  ///< worth nothing when there are diagnostics
    /// Each at its line: lines that are not as above, an identifier that two patients have, more identifiers of one
    /// patient than a search asks for. At most 50; none of them holds an id.
    std::vector<diagnostic> diagnostics;
};

/// Reads a whole file, of 64 MiB at most. Blocks.
crosswalk_file read_crosswalk_file(std::filesystem::path const& file);

/// The same for a text; `name` stands for the file in the diagnostics.
crosswalk_file parse_crosswalk_file(std::string_view text, std::string const& name);

}  // namespace pons::config
