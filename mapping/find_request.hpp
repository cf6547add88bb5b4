#pragma once

#include "mapping/dictionary.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pons::mapping {

/// One matching key (PS3.4 C.2.2.2). No value: universal matching, the attribute is only asked for.
/// `value` is UTF-8 in DICOM's own form: "20240101-20240131" for a date range, "*" and "?" are wild cards.
/// More than one value only for UIDs (list of UID matching).
struct key {
    mapping::tag attribute{};
    std::vector<std::string> values;

    friend bool operator==(key const&, key const&) = default;
};

/// C-FIND of the Study Root model (PS3.4 C.6.2) or a QIDO-RS search (PS3.18 §10.6), hierarchical: below STUDY the keys
/// hold Study Instance UID, below SERIES also Series Instance UID.
struct find_request {
    mapping::level at = mapping::level::study;
    std::vector<key> keys;
    std::vector<mapping::tag> return_keys;  ///< top-level attributes asked for, sequences by their own tag
    std::uint32_t max_rows = 0;             ///< stop after so many (C-CANCEL); 0: all

    friend bool operator==(find_request const&, find_request const&) = default;
};

}  // namespace pons::mapping
