#pragma once

#include "mapping/dicom_stream.hpp"
#include "proxy/dicomweb/list.hpp"
#include "proxy/dimse/find_query.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace pons::proxy::dimse {

/// One result of a C-FIND, ready to be sent.
struct find_row {
    std::vector<std::byte> identifier;
    bool in_full = true;  ///< FF00; else FF01: not all optional keys were matched, or are known here
};

/// The results of what was found: of each the attributes that the query asked for, as far as an entity of that level or
/// one above has them, empty where nothing is known; the level, and Retrieve AE Title (0008,0054). In the character set
/// of the query where that has all that is to be said, else in ISO_IR 192 (PS3.4 C.4.1.1.3.2).
class find_answers {
public:
    /// `query` outlives it.
    find_answers(find_query const& query, std::string_view called_ae, std::string_view transfer_syntax);

    /// At PATIENT level: nothing when it is a patient that was there before, known by Patient ID and its issuer.
    std::optional<find_row> next(dicomweb::hit const& one);

private:
    bool is_new(dicomweb::hit const& one);

    find_query const& query_;
    std::string called_ae_;
    mapping::encoding as_;
    std::unordered_set<std::string> patients_;
};

}  // namespace pons::proxy::dimse
