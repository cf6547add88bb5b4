#pragma once

#include <cstdint>
#include <string>

namespace pons::upstream::dimse {

/// A-ASSOCIATE-RJ in plain words (PS3.8 §9.3.4, Table 9-21): "rejected for now: local limit exceeded".
/// `source_and_reason`: the source in the high byte, the reason in the low.
std::string rejection_in_words(bool transient, std::uint16_t source_and_reason);

}  // namespace pons::upstream::dimse
