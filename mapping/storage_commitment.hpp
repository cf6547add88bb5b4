#pragma once

#include "mapping/dicom_stream.hpp"
#include "mapping/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// What is said in storage commitment (PS3.4 Annex J): which instances somebody wants to be kept, and which are.
namespace pons::mapping {

/// Failure Reason (0008,1197), PS3.3 §C.14.1.1.
namespace failure_reason {
inline constexpr std::uint16_t none = 0;
inline constexpr std::uint16_t processing_failure = 0x0110;
inline constexpr std::uint16_t no_such_object_instance = 0x0112;
inline constexpr std::uint16_t class_instance_conflict = 0x0119;
inline constexpr std::uint16_t resource_limitation = 0x0213;
}  // namespace failure_reason

/// An item of Referenced SOP Sequence (0008,1199) or Failed SOP Sequence (0008,1198).
struct sop_reference {
    std::string sop_class_uid;
    std::string sop_instance_uid;
    std::uint16_t reason = failure_reason::none;  ///< why it is not kept; none: it is

    friend bool operator==(sop_reference const&, sop_reference const&) = default;
};

/// The information of an action (PS3.4 Table J.3-1) or of an event (Table J.3-2).
struct storage_commitment {
    std::string transaction_uid;
    std::vector<sop_reference> instances;

    friend bool operator==(storage_commitment const&, storage_commitment const&) = default;
};

/// What such a data set may cost: some 10,000 instances.
inline constexpr std::size_t largest_storage_commitment = 2 << 20;

/// Reads either of them; those in Failed SOP Sequence have a reason, processing_failure where none is told. An instance
/// that stands in both has failed.
///
/// Errors: stream_errc; mapping::errc::invalid_value (no Transaction UID, no instances, or a UID that is none); `where`
/// names the attribute.
result<storage_commitment> read_storage_commitment(std::span<std::byte const> bytes, encoding as);

/// Writes it: what has a reason stands in Failed SOP Sequence, the others in Referenced SOP Sequence; neither sequence
/// is there without items.
std::vector<std::byte> write_storage_commitment(storage_commitment const& what, encoding as);

}  // namespace pons::mapping
