#pragma once

#include "mapping/data_set.hpp"
#include "mapping/json_cursor.hpp"
#include "mapping/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

/// Reads the DICOM JSON Model (PS3.18 Annex F), as archives really write it.
namespace pons::mapping {

/// Why an answer is no DICOM JSON at all. What is wrong with one value or one row is an issue, never one of these.
enum class dicom_json_errc {
    not_json = 1,   ///< not JSON, or cut off
    not_utf8,       ///< JSON in another encoding (RFC 8259 §8.1)
    not_data_sets,  ///< JSON, but neither an array nor a data set
    too_large,      ///< beyond 4 GiB
};

std::error_category const& dicom_json_category();

inline std::error_code make_error_code(dicom_json_errc code)
{
    return {static_cast<int>(code), dicom_json_category()};
}

/// What a reading gave besides the rows.
struct dicom_json_found {
    std::uint32_t rows = 0;  ///< handed over
    bool stopped = false;    ///< the handler had enough; what follows was not looked at
    std::vector<issue> issues;
};

class dicom_json_walk;

/// One parser with its buffers, to be used again and again: one per worker thread.
///
/// Only attributes of `dictionary()` are kept, with the VR of the dictionary (archives leave VRs out, or write UN);
/// others are skipped unread, which is what makes this fast. Accepted beyond Annex F: a value that is not in an array,
/// a value in place of the attribute's object, numbers as text and text as numbers, person names as plain text,
/// hexadecimal digits in lower case, a missing, empty or unknown vr, null items, several values in one text ("CT\SR"),
/// control characters inside text, a byte order mark, and a single data set without the array.
class dicom_json_reader {
public:
    /// Takes one data set; false ends the reading.
    using row_handler = std::function<bool(data_set&&)>;

    /// `known`: what is said above. `everything`: other attributes too, private ones among them, by the VR that they
    /// come with; and an attribute whose value is elsewhere, or binary, has its place as its one value, so that it is
    /// not taken for empty: BulkDataURI as it came, InlineBinary as a data URL. It then is of a binary VR; UN stands
    /// for one that is not. `instances`: the same for metadata that instances are to be made of; the value of an
    /// attribute of any VR may be elsewhere, and that is no issue; a missing vr is that of PS3.6.
    enum class keep { known, everything, instances };

    explicit dicom_json_reader(keep what = keep::known);
    ~dicom_json_reader();
    dicom_json_reader(dicom_json_reader&&) noexcept;
    dicom_json_reader& operator=(dicom_json_reader&&) noexcept;

    /// Hands over the data sets of `json` one by one, in order. `json` is copied only when it has less than `padding`
    /// bytes of spare capacity, and may be changed (control characters become spaces). An empty text has no rows.
    ///
    /// Errors: dicom_json_errc; rows that came before an error are worth nothing. `where` names an attribute, never a
    /// value, and so do the issues: rows that are no object, values that cannot be read, sequences nested too deep.
    result<dicom_json_found> read(std::string& json, row_handler const& row);

    /// Spare capacity that saves a copy.
    static constexpr std::size_t padding = json_scanner::padding;
    /// Sequences within sequences that are read; what lies deeper is left out, with an issue.
    static constexpr unsigned max_depth = 8;
    /// Attributes of one data set or item that `instances` reads; the others are left out, with an issue.
    static constexpr std::size_t max_attributes = 4096;

private:
    std::unique_ptr<dicom_json_walk> walk_;
};

}  // namespace pons::mapping

template <>
struct std::is_error_code_enum<pons::mapping::dicom_json_errc> : std::true_type {
};
