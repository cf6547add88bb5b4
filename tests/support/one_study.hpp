#pragma once

#include "upstream/probe/question.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace pons::upstream::probe {

/// An archive of one study with one series of one instance, which matches as PS3.4 says; `otherwise` may answer
/// instead.
struct one_study final : asker {
    std::map<mapping::tag, std::string> attributes{{mapping::tags::StudyInstanceUID, "1.2.3"},
                                                   {mapping::tags::SeriesInstanceUID, "1.2.3.4"},
                                                   {mapping::tags::SOPInstanceUID, "1.2.3.4.5"},
                                                   {mapping::tags::Modality, "CT"},
                                                   {mapping::tags::ModalitiesInStudy, "CT"},
                                                   {mapping::tags::PatientID, "P77"},
                                                   {mapping::tags::PatientName, "Doe^Jane"},
                                                   {mapping::tags::PatientBirthDate, "19700203"},
                                                   {mapping::tags::AccessionNumber, "ACC1"},
                                                   {mapping::tags::StudyDate, "20240310"},
                                                   {mapping::tags::StudyTime, "101500"},
                                                   {mapping::tags::StudyID, "S1"},
                                                   {mapping::tags::StudyDescription, "HEAD"},
                                                   {mapping::tags::ReferringPhysicianName, "Roe^Ann"},
                                                   {mapping::tags::NumberOfStudyRelatedInstances, "1"}};
    std::function<std::optional<answer>(question const&)> otherwise;
    std::vector<question> asked;

    static bool matches(std::string const& own, std::string const& wanted)
    {
        if (wanted.empty() || wanted == "*")
            return true;
        if (wanted.back() == '*' || wanted.back() == '?')
            return own.starts_with(wanted.substr(0, wanted.size() - 1));
        if (auto const at = wanted.find('-'); at != std::string::npos)
            return own >= wanted.substr(0, at) && (at + 1 == wanted.size() || own <= wanted.substr(at + 1));
        return own == wanted;
    }

    answer ask(question const& q) override
    {
        asked.push_back(q);
        if (otherwise)
            if (auto other = otherwise(q))
                return std::move(*other);
        return honest(q);
    }

    answer honest(question const& q) const
    {
        answer a{.how = answer::kind::rows, .http_status = 200, .content_type = "application/dicom+json"};
        for (auto const& k : q.what.keys) {
            auto const own = attributes.find(k.attribute);
            auto const value = own == attributes.end() ? std::string() : own->second;
            if (!k.values.empty() && std::ranges::none_of(k.values, [&](auto const& v) { return matches(value, v); }))
                return a;
        }
        if (q.form.offset != 0)
            return a;
        auto& row = a.rows.emplace_back();
        for (auto const& [t, value] : attributes)
            row.add(t, value);
        return a;
    }
};

}  // namespace pons::upstream::probe
