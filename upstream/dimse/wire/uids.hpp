#pragma once

/// The UIDs that negotiation needs (PS3.6 Annex A).
namespace pons::upstream::dimse::uids {

inline constexpr char verification[] = "1.2.840.10008.1.1";
inline constexpr char study_root_find[] = "1.2.840.10008.5.1.4.1.2.2.1";
inline constexpr char study_root_move[] = "1.2.840.10008.5.1.4.1.2.2.2";
inline constexpr char study_root_get[] = "1.2.840.10008.5.1.4.1.2.2.3";

inline constexpr char implicit_vr_little_endian[] = "1.2.840.10008.1.2";
inline constexpr char explicit_vr_little_endian[] = "1.2.840.10008.1.2.1";

}  // namespace pons::upstream::dimse::uids
