#pragma once

#include "mapping/data_set.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// Data sets of instances that came as metadata, on their way into files (PS3.18 §10.5.1.4, PS3.10).
namespace pons::mapping {

/// A place among the bytes of a data set where an element is missing: its value is elsewhere.
struct gap {
    std::size_t at = 0;  ///< in `instance_bytes::bytes`
    tag t{};
    mapping::vr vr{};
    bool nested = false;     ///< inside an item of a sequence
    std::string_view place;  ///< BulkDataURI; points into the data set that was written
};

struct instance_bytes {
    std::vector<std::byte> bytes;
    std::vector<gap> gaps;  ///< ascending by `at`
    /// False when a value is none of its VR, a VR is none of PS3.5 §6.2, or a value is too long for it: nothing is left
    /// out of an instance, so this one cannot be stored.
    bool whole = true;
};

/// Writes a data set that was read with `dicom_json_reader::keep::instances`, in Explicit VR Little Endian, ascending.
///
/// Text is UTF-8 (ISO_IR 192), which (0008,0005) then says, unless all of it is ASCII and no character set was named.
/// Sequences and items have undefined length, since what goes into a gap may not be known yet. Inline values are
/// written; those that are elsewhere leave a gap. An attribute whose VR its metadata could not keep ("UN" with a place)
/// has that of PS3.6 where it knows one. Not written: groups 0000 and 0002, group lengths, and what belongs to answers
/// only: Available Transfer Syntax UID (0008,3002).
instance_bytes write_instance(data_set const& set);

/// Tag, VR and length of an element in Explicit VR Little Endian; a length that the VR cannot have makes it UN
/// (PS3.5 §6.2.2). What VRs with a short length can have is at most 0xFFFE.
void append_element_header(tag t, vr as, std::uint32_t length, std::vector<std::byte>& to);

/// The byte that makes a value of odd length even (PS3.5 §6.2).
std::byte padding_of(vr as);

inline constexpr std::uint32_t undefined_length = 0xFFFFFFFF;
inline constexpr tag item_tag{0xFFFEE000};
inline constexpr tag item_delimiter{0xFFFEE00D};
inline constexpr tag sequence_delimiter{0xFFFEE0DD};

/// An item or a delimiter, which have no VR (PS3.5 §7.5).
void append_item_header(tag t, std::uint32_t length, std::vector<std::byte>& to);

}  // namespace pons::mapping
