#pragma once

#include "config/forms.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Every key of the file, told once: reading, suggestions, `docs/configuration.md`, `pons check --keys` and
/// `pons check --explain` are made from the same rows.
namespace pons::config {

/// Where the value of a key is kept; its type says how the value is written.
using slot =
    std::variant<bool*, std::uint16_t*, std::uint32_t*, std::uint64_t*, milliseconds*, std::string*,
                 std::vector<std::string>*, address*, search_depth*, explain_offer*, empty_answer*, source_kind*,
                 credentials_kind*, query_encoding*, name_matching*, universal_matching*, verify_mode*, commitment_way*,
                 worklist_kind*, partial_federation*, crosswalk_kind*, unknown_patient*, std::vector<retrieve_method>*>;

/// The structs that a path leads through. The pointers are those of the innermost names (`sources.<name>`, …).
struct place {
    settings& all;
    config::source* source = nullptr;
    config::viewer* viewer = nullptr;
    config::peer* peer = nullptr;
    std::vector<std::string>* title = nullptr;  ///< the sources of one of `dicom.ae_titles`
    config::route* route = nullptr;
    config::order_server* worklist = nullptr;
    std::string* label = nullptr;  ///< what one of `quirks.charset_labels` of `source` means
};

/// Numbers as they are, durations in milliseconds, sizes in bytes.
struct range {
    std::uint64_t low = 0;
    std::uint64_t high = UINT64_MAX;
};

struct key {
    std::string_view path;         ///< "sources.*.limits.queue"; `*` stands for a name that the file chooses
    slot (*at)(place&) = nullptr;  ///< null: a row for the names that `*` stands for, with keys of their own below
    range within{};
    bool size = false;                               ///< a number of bytes, written with a unit
    config::form const* form = nullptr;              ///< of texts, and of the names that `*` stands for
    std::optional<source_kind> only = std::nullopt;  ///< belongs to sources of this kind
    bool required = false;
    bool secret = false;                                     ///< never shown
    std::string_view meaning;                                ///< a sentence without its full stop
    void (*enter)(place&, std::string_view name) = nullptr;  ///< makes room for a name that `*` stands for
};

/// In the order in which people read them; a section's rows stand together.
std::span<key const> keys();

/// The row of a path with `*` for names, null when there is none.
key const* find_key(std::string_view path);

/// Whether keys are written below `path` (with `*` for names); the empty path is the whole file.
bool is_section(std::string_view path);

/// The names that can stand below a section, in the order of the table, `*` included.
std::vector<std::string_view> names_below(std::string_view section);

/// `path` with "<name>" for `*`.
std::string path_for_people(std::string_view path);

/// `path` with `name` below it.
std::string below(std::string_view path, std::string_view name);

/// A name that `*` stands for as it is written in the path of a diagnostic: in quotes when it is not a plain word.
std::string name_in_path(std::string_view name);

/// The value as YAML on one line; empty when it is an empty text or list.
std::string print(key const& k, slot const& value);

/// The value that the key has when the file leaves it out, as `print`.
std::string print_default(key const& k);

/// How a value is written: "duration", "study, series or instance".
std::string print_type(key const& k);

/// Which values fit: "1 to 64"; empty when the type says all.
std::string print_range(key const& k);

}  // namespace pons::config
