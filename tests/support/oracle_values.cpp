#include "tests/support/oracle_values.hpp"

#include "mapping/codecs/folding.hpp"
#include "tests/support/random_archive.hpp"

#include <algorithm>

namespace pons::test {

using namespace mapping;

namespace {

std::string issuer_system(data_set const& item)
{
    std::string const id(item.text(tags::UniversalEntityID)), type(item.text(tags::UniversalEntityIDType));
    if (type == "ISO" && is_valid_uid(id))
        return "urn:oid:" + id;
    if (type == "UUID")
        return "urn:uuid:" + id;
    return type == "URI" ? id : std::string();
}

bool names_someone(data_set const& item)
{
    return !issuer_system(item).empty() || !item.text(tags::LocalNamespaceEntityID).empty() ||
           !item.text(tags::UniversalEntityID).empty();
}

bool is_number(std::string_view text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

said_code code_of(data_set const& item)
{
    auto const designator = item.text(tags::CodingSchemeDesignator), scheme = item.text(tags::CodingSchemeUID);
    std::string code(item.text(tags::CodeValue));
    bool const urn = code.empty();
    if (urn)
        code = item.text(tags::URNCodeValue);
    if (designator == "SCT" && is_number(code))
        return {"http://snomed.info/sct", code};
    if (designator == "I10")
        return {"http://hl7.org/fhir/sid/icd-10", code};
    if (designator.empty() && is_valid_uid(scheme))
        return {"urn:oid:" + std::string(scheme), code};
    return {urn && code.starts_with("urn:") ? "urn:ietf:rfc:3986" : "", code};
}

std::vector<std::string> split(std::string_view text, char at)
{
    std::vector<std::string> parts;
    for (;;) {
        auto const end = std::min(text.find(at), text.size());
        parts.emplace_back(trim(text.substr(0, end), "PN"_vr));
        if (end == text.size())
            return parts;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

bool is_visible(std::string_view text)
{
    return std::ranges::any_of(text, [](unsigned char c) { return c > ' '; });
}

bool is_valid_uid(std::string_view text)
{
    if (text.empty() || text.size() > 64)
        return false;
    return std::ranges::all_of(split(text, '.'),
                               [](std::string const& c) { return is_number(c) && (c.size() == 1 || c[0] != '0'); });
}

std::vector<said_identifier> accessions_of(stored_study const& study, source_facts const& source)
{
    auto const& a = study.attributes;
    std::string const number(a.text(tags::AccessionNumber));
    if (!is_visible(number))
        return {};
    auto const issuers = a.items(tags::IssuerOfAccessionNumberSequence);
    bool const issued = !issuers.empty() && names_someone(issuers.front());
    return {{issued ? issuer_system(issuers.front()) : source.accession_system, number, {}, true}};
}

std::vector<said_identifier> identifiers_of(stored_study const& study, source_facts const& source)
{
    auto const& a = study.attributes;
    std::string const uid(a.text(tags::StudyInstanceUID));
    std::vector<said_identifier> all{{"urn:dicom:uid", "urn:oid:" + uid, uid, false}};
    std::ranges::move(accessions_of(study, source), std::back_inserter(all));
    if (auto const id = a.text(tags::StudyID); is_visible(id))
        all.push_back({"", std::string(id), {}, false});
    return all;
}

std::vector<said_identifier> patient_identifiers_of(stored_study const& study, source_facts const& source)
{
    auto const& a = study.attributes;
    std::string const id(a.text(tags::PatientID));
    if (!is_visible(id))
        return {};
    auto const local = a.text(tags::IssuerOfPatientID);
    auto const qualifiers = a.items(tags::IssuerOfPatientIDQualifiersSequence);
    auto system = qualifiers.empty() ? std::string() : issuer_system(qualifiers.front());
    if (system.empty() && (local.empty() || local == source.patient_namespace))
        system = source.patient_system;
    return {{system, id, {}, false}};
}

std::vector<said_identifier> admissions_of(stored_study const& study)
{
    std::string const id(study.attributes.text(tags::AdmissionID));
    if (!is_visible(id))
        return {};
    auto const issuers = study.attributes.items(tags::IssuerOfAdmissionIDSequence);
    return {{issuers.empty() ? std::string() : issuer_system(issuers.front()), id, {}, false}};
}

std::string patient_id_of(stored_study const& study, source_facts const& source)
{
    auto const local = study.attributes.text(tags::IssuerOfPatientID);
    bool const foreign = !local.empty() && !source.patient_namespace.empty() && local != source.patient_namespace;
    std::string const id(study.attributes.text(tags::PatientID));
    return foreign || !is_visible(id) ? std::string() : id;
}

std::vector<said_person> people_of(data_set const& from, tag names, tag identification)
{
    std::vector<said_person> all;
    auto const items = from.items(identification);
    for (std::size_t i = 0; i < std::max(from.count(names), items.size()); ++i) {
        said_person p{.name = std::string(from.text(names, i)), .identifiers = {}};
        bool someone = p.name.find_first_not_of("^= ") != p.name.npos;
        if (i < items.size())
            if (auto const codes = items[i].items(tags::PersonIdentificationCodeSequence); !codes.empty()) {
                auto const code = code_of(codes.front());
                p.identifiers.push_back({code.system, code.code, {}, false});
                someone = true;
            }
        if (someone)
            all.push_back(std::move(p));
    }
    return all;
}

std::string status_of(stored_study const& study)
{
    auto const& a = study.attributes;
    auto const where = a.text(tags::InstanceAvailability);
    bool const somewhere = where == "ONLINE" || where == "NEARLINE" || where == "OFFLINE";
    return a.text(tags::NumberOfStudyRelatedInstances) == "0" && !somewhere ? "registered" : "available";
}

std::vector<said_code> modalities_of(stored_study const& study)
{
    std::vector<said_code> all;
    auto const add = [&](std::string_view code) {
        if (!code.empty())
            all.push_back({"http://dicom.nema.org/resources/ontology/DCM", std::string(code)});
    };
    auto const& a = study.attributes;
    if (!a.text(tags::ModalitiesInStudy).empty())
        for (std::size_t i = 0; i < a.count(tags::ModalitiesInStudy); ++i)
            add(a.text(tags::ModalitiesInStudy, i));
    else
        for (auto const& series : study.series)
            add(series.attributes.text(tags::Modality));
    return all;
}

std::vector<said_code> reasons_of(stored_study const& study)
{
    std::vector<said_code> all;
    for (auto const& item : study.attributes.items(tags::ReasonForRequestedProcedureCodeSequence))
        all.push_back(code_of(item));
    if (is_visible(study.attributes.text(tags::ReasonForTheRequestedProcedure)))
        all.push_back({});
    return all;
}

std::vector<stored_series const*> series_of(stored_study const& study)
{
    std::vector<stored_series const*> all;
    for (auto const& series : study.series)
        if (is_valid_uid(series.attributes.text(tags::SeriesInstanceUID)))
            all.push_back(&series);
    return all;
}

std::vector<said_code> body_sites_of(stored_study const& study)
{
    std::vector<said_code> all;
    for (auto const* const series : series_of(study)) {
        auto const& a = series->attributes;
        if (auto const regions = a.items(tags::AnatomicRegionSequence); !regions.empty()) {
            all.push_back(code_of(regions.front()));
            continue;
        }
        auto const part = a.text(tags::BodyPartExamined);
        if (part.empty())
            continue;
        std::string const code(code_of_body_part(part));
        all.push_back({code.empty() ? "" : "http://snomed.info/sct", code});
    }
    return all;
}

std::vector<said_code> sop_classes_of(stored_study const& study)
{
    std::vector<said_code> all;
    for (auto const* const series : series_of(study))
        for (auto const& instance : series->instances) {
            std::string const uid(instance.text(tags::SOPClassUID));
            if (is_valid_uid(uid))
                all.push_back({"urn:ietf:rfc:3986", "urn:oid:" + uid});
            else
                all.push_back({"http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK"});
        }
    return all;
}

bool same_accession(std::string_view a, std::string_view b, accession_rules const& rules)
{
    auto const core = [&](std::string_view number) {
        std::string text(number);
        while (rules.trim && text.starts_with(' '))
            text.erase(0, 1);
        while (rules.trim && text.ends_with(' '))
            text.pop_back();
        if (text.empty())
            return text;
        if (!rules.prefix.empty() && text.starts_with(rules.prefix))
            text.erase(0, rules.prefix.size());
        while (text.size() < rules.pad)
            text = "0" + text;
        return rules.prefix + text;
    };
    return core(a) == core(b);
}

bool name_meets(std::string_view person_name, std::string_view part, std::string_view how, std::string_view value)
{
    using codecs::folding;
    auto const kind = how == "exact" ? folding::none : folding::search;
    auto const wanted = codecs::fold(trim(value, "PN"_vr), kind);
    if (wanted.empty())
        return false;
    auto const meets = [&](std::string const& text) {
        auto const folded = codecs::fold(text, kind);
        if (text.empty())
            return false;
        return how == "exact"      ? folded == wanted
               : how == "contains" ? folded.find(wanted) != folded.npos
                                   : folded.starts_with(wanted);
    };
    std::size_t group = 0;
    for (auto const& written : split(person_name, '=')) {
        auto parts = split(written, '^');
        parts.resize(5);
        auto const& [family, given, middle, prefix, suffix] =
            std::tie(parts[0], parts[1], parts[2], parts[3], parts[4]);
        if (group++ == 3)
            break;
        if (part != "given" && meets(family))
            return true;
        if (part == "family")
            continue;
        for (auto const& names : {given, middle}) {
            if (meets(names) || std::ranges::any_of(split(names, ' '), meets))
                return true;
        }
        if (part == "given")
            continue;
        std::string shown;
        for (auto const& piece : group == 1 ? std::vector{prefix, given, middle, family, suffix}
                                            : std::vector{prefix, family, given, middle, suffix})
            if (!piece.empty())
                shown += (shown.empty() ? "" : " ") + piece;
        if (meets(prefix) || meets(suffix) || meets(shown))
            return true;
    }
    return false;
}

bool name_has(std::string_view person_name, std::string_view part)
{
    auto groups = split(person_name, '=');
    groups.resize(std::min<std::size_t>(groups.size(), 3));
    return std::ranges::any_of(groups, [&](std::string const& group) {
        auto parts = split(group, '^');
        parts.resize(5);
        auto const said = [&](std::size_t at) { return !parts[at].empty(); };
        if (part == "family")
            return said(0);
        if (part == "given")
            return said(1) || said(2);
        return said(0) || said(1) || said(2) || said(3) || said(4);
    });
}

}  // namespace pons::test
