#pragma once

#include "mapping/codecs/date_search.hpp"
#include "mapping/errc.hpp"
#include "mapping/result.hpp"
#include "mapping/search/parameter.hpp"
#include "mapping/search/query_string.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pons::mapping::search {

/// "code", "system|code", "|code" (no system), "system|" (FHIR R4 §3.1.1.4.10). With :of-type also the type.
struct token {
    std::optional<std::string> system;  ///< nothing: any; "": none
    std::string code;                   ///< empty: any code of `system`
    std::string type_system;            ///< :of-type only
    std::string type_code;

    friend bool operator==(token const&, token const&) = default;
};

/// A patient as sources know them: Patient ID (0010,0020), and the URI of the one who gave it.
struct issued_id {
    std::string system;
    std::string value;

    friend auto operator<=>(issued_id const&, issued_id const&) = default;
};

/// "Patient/123", "123", or an absolute URL (FHIR R4 §3.1.1.4.12); a URL of another server is kept whole in `id` with
/// `foreign` set and matches nothing here.
struct reference_value {
    std::string type;  ///< "" when not said
    std::string id;
    bool foreign = false;
    /// What the crosswalk made of it (DESIGN section 6): the patient is one of these, and `id` is no Patient ID.
    /// Nothing: there is no crosswalk.
    std::optional<std::vector<issued_id>> known_as = {};

    friend bool operator==(reference_value const&, reference_value const&) = default;
};

using text = std::string;
using criterion_value = std::variant<token, reference_value, codecs::date_value, text>;

/// One parameter of the request: holds when any of its values does. Several criteria: all must hold.
struct criterion {
    parameter_row const* row = nullptr;
    search::modifier modifier = search::modifier::none;
    chain_row const* chain = nullptr;
    bool missing = false;  ///< the value of :missing
    std::vector<criterion_value> any_of;

    /// How its values are written and judged: :identifier and :of-type turn a reference or token into a token.
    parameter_type type() const;
    search::push push() const { return chain ? chain->push : row->push; }
    /// "patient.identifier", "modality:not": for messages; never a value.
    std::string name() const;
};

/// `none`: not asked for; `all`: `_summary=false`, everything.
enum class summary : std::uint8_t { none, all, true_, text, data, count };
enum class total : std::uint8_t { when_known, none, estimate, accurate };

struct sort_key {
    enum class by : std::uint8_t { started, id } what = by::started;
    bool descending = false;

    friend bool operator==(sort_key const&, sort_key const&) = default;
};

/// A search request as understood.
struct request {
    std::vector<criterion> criteria;
    std::optional<std::uint32_t> count;
    std::vector<sort_key> sort;  ///< empty: the default, started descending
    search::summary summary = search::summary::none;
    search::total total = search::total::when_known;
    std::vector<std::string> elements;
    bool include_endpoint = false;
    std::string page;             ///< a page token; everything else but the format comes from it then
    std::vector<parameter> used;  ///< what the self link shows, in order, result parameters included
    std::vector<issue> issues;    ///< what was ignored
};

/// How requests are read.
struct parse_options {
    std::string_view base;  ///< our own FHIR base, "https://pons.example.org/fhir": references below it are ours
    bool strict = false;    ///< Prefer: handling=strict: unknown parameters are errors
    std::uint32_t max_count = 1000;
    std::int64_t now = 0;  ///< microseconds since 1970, UTC: what `ap` is measured from
};

/// How much one search may ask for; what is more is refused before it is looked at.
inline constexpr std::size_t most_parameters = 64;
inline constexpr std::size_t most_values = 500;    ///< between commas, of all parameters together
inline constexpr std::size_t longest_value = 512;  ///< bytes of one of them

/// Reads the parameters of a search on ImagingStudy, general ones (_format, _pretty) left aside.
///
/// Errors, all with the parameter's name as the place: errc::unsupported_modifier, unsupported_chain, invalid_value,
/// unsupported_sort, unsupported_parameter (FHIR knows it and ignoring it would widen the answer), too_long, and with
/// strict handling unknown_parameter. An empty value is ignored (FHIR R4 §3.1.1.4).
result<request> parse(std::span<parameter const> parameters, parse_options const& options);

/// Whether the parameters keep to the limits above. Errors: errc::too_long.
result<void> check_size(std::span<parameter const> parameters);

/// The name of a parameter for a message: itself, unless it does not look like one. A client that does not encode "&"
/// makes names of what was meant as a value.
std::string shown_name(std::string_view name);

/// The parameters as a query, percent-encoded.
std::string to_query(std::span<parameter const> parameters);

}  // namespace pons::mapping::search
