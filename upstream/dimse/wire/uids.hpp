#pragma once

#include <string_view>

/// The UIDs that negotiation needs (PS3.6 Annex A).
namespace pons::upstream::dimse::uids {

inline constexpr char application_context[] = "1.2.840.10008.3.1.1.1";

inline constexpr char verification[] = "1.2.840.10008.1.1";
inline constexpr char patient_root_find[] = "1.2.840.10008.5.1.4.1.2.1.1";
inline constexpr char patient_root_move[] = "1.2.840.10008.5.1.4.1.2.1.2";
inline constexpr char patient_root_get[] = "1.2.840.10008.5.1.4.1.2.1.3";
inline constexpr char study_root_find[] = "1.2.840.10008.5.1.4.1.2.2.1";
inline constexpr char study_root_move[] = "1.2.840.10008.5.1.4.1.2.2.2";
inline constexpr char study_root_get[] = "1.2.840.10008.5.1.4.1.2.2.3";

inline constexpr char composite_instance_root_retrieve_get[] = "1.2.840.10008.5.1.4.1.2.4.3";
inline constexpr char composite_instance_retrieve_without_bulk_data_get[] = "1.2.840.10008.5.1.4.1.2.5.3";

inline constexpr char modality_worklist_find[] = "1.2.840.10008.5.1.4.31";
inline constexpr char storage_commitment[] = "1.2.840.10008.1.20.1";             ///< push model, its SOP Class
inline constexpr char storage_commitment_instance[] = "1.2.840.10008.1.20.1.1";  ///< and its one SOP Instance

inline constexpr char implicit_vr_little_endian[] = "1.2.840.10008.1.2";
inline constexpr char explicit_vr_little_endian[] = "1.2.840.10008.1.2.1";
inline constexpr char explicit_vr_big_endian[] = "1.2.840.10008.1.2.2";
inline constexpr char deflated_explicit_vr_little_endian[] = "1.2.840.10008.1.2.1.99";

/// Who we are, in associations and in group 0002 (PS3.7 §D.3.3.2).
inline constexpr char implementation_class[] = "2.25.338021784366279244673557468166681104569";

}  // namespace pons::upstream::dimse::uids

namespace pons::upstream::dimse {

/// Characters and length of PS3.5 §9.1; leading zeros do occur.
constexpr bool may_be_uid(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && text.find_first_not_of("0123456789.") == text.npos;
}

inline constexpr char implementation_version_name[] = "PONS";

}  // namespace pons::upstream::dimse
