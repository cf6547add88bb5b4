#pragma once

#include "config/settings.hpp"

#include <array>
#include <string_view>

/// How the choices of settings.hpp are written in the file.
namespace pons::config {

template <class Enum>
struct named {
    std::string_view name;
    Enum value;
};

template <class Enum>
inline constexpr std::array<named<Enum>, 0> names_of{};

template <>
inline constexpr std::array<named<search_depth>, 3> names_of<search_depth>{
    {{"study", search_depth::study}, {"series", search_depth::series}, {"instance", search_depth::instance}}};

template <>
inline constexpr std::array<named<explain_offer>, 3> names_of<explain_offer>{
    {{"off", explain_offer::off}, {"plan", explain_offer::plan}, {"trace", explain_offer::trace}}};

template <>
inline constexpr std::array<named<empty_answer>, 2> names_of<empty_answer>{
    {{"list", empty_answer::list}, {"no_content", empty_answer::no_content}}};

template <>
inline constexpr std::array<named<source_kind>, 2> names_of<source_kind>{
    {{"dimse", source_kind::dimse}, {"dicomweb", source_kind::dicomweb}}};

template <>
inline constexpr std::array<named<retrieve_method>, 2> names_of<retrieve_method>{
    {{"c-get", retrieve_method::c_get}, {"c-move", retrieve_method::c_move}}};

template <>
inline constexpr std::array<named<verify_mode>, 2> names_of<verify_mode>{
    {{"strict", verify_mode::strict}, {"lenient", verify_mode::lenient}}};

template <>
inline constexpr std::array<named<commitment_way>, 3> names_of<commitment_way>{
    {{"forward", commitment_way::forward}, {"by_query", commitment_way::by_query}, {"none", commitment_way::none}}};

template <>
inline constexpr std::array<named<worklist_kind>, 3> names_of<worklist_kind>{
    {{"none", worklist_kind::none}, {"ups", worklist_kind::ups}, {"mwl", worklist_kind::mwl}}};

template <>
inline constexpr std::array<named<credentials_kind>, 3> names_of<credentials_kind>{
    {{"none", credentials_kind::none}, {"basic", credentials_kind::basic}, {"bearer", credentials_kind::bearer}}};

template <>
inline constexpr std::array<named<query_encoding>, 2> names_of<query_encoding>{
    {{"strict", query_encoding::strict}, {"minimal", query_encoding::minimal}}};

template <>
inline constexpr std::array<named<name_matching>, 3> names_of<name_matching>{
    {{"unknown", name_matching::unknown},
     {"sensitive", name_matching::sensitive},
     {"insensitive", name_matching::insensitive}}};

template <>
inline constexpr std::array<named<universal_matching>, 3> names_of<universal_matching>{
    {{"unknown", universal_matching::unknown},
     {"empty", universal_matching::empty},
     {"star", universal_matching::star}}};

template <>
inline constexpr std::array<named<partial_federation>, 2> names_of<partial_federation>{
    {{"answer", partial_federation::answer}, {"refuse", partial_federation::refuse}}};

template <>
inline constexpr std::array<named<crosswalk_kind>, 4> names_of<crosswalk_kind>{{{"none", crosswalk_kind::none},
                                                                                {"file", crosswalk_kind::file},
                                                                                {"fhir", crosswalk_kind::fhir},
                                                                                {"pixm", crosswalk_kind::pixm}}};

template <>
inline constexpr std::array<named<unknown_patient>, 2> names_of<unknown_patient>{
    {{"empty", unknown_patient::empty}, {"refuse", unknown_patient::refuse}}};

template <class Enum>
constexpr std::string_view name_of(Enum value)
{
    for (auto const& n : names_of<Enum>)
        if (n.value == value)
            return n.name;
    return {};
}

}  // namespace pons::config
