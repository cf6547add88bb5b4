#include "mapping/record.hpp"

#include <algorithm>

namespace pons::mapping {

std::string accession_rules::normal(std::string_view accession) const
{
    std::string text(trim ? mapping::trim(accession, "SH"_vr) : accession);
    if (text.empty())
        return text;
    if (!prefix.empty() && text.starts_with(prefix))
        text.erase(0, prefix.size());
    if (text.size() < pad)
        text.insert(0, pad - text.size(), '0');
    return prefix + text;
}

bool study_record::known_to(level depth) const
{
    if (depth == level::study)
        return true;
    if (!series_known)
        return false;
    return depth == level::series || std::ranges::all_of(series, &series_record::instances_known);
}

}  // namespace pons::mapping
