#include "tests/support/oracle_parameters.hpp"

#include "mapping/data_set.hpp"

#include <algorithm>
#include <iterator>

namespace pons::test::judging {

using namespace mapping;

namespace {

template <class Get>
void tell_codes(rule& r, Get get)
{
    r.exists = [get](study_ref s, facts_ref) { return !get(s).empty(); };
    r.token = [get](study_ref s, facts_ref, asked_token const& t) {
        return std::ranges::any_of(get(s), [&](said_code const& one) { return fits(t, one); });
    };
}

rule identifier_rule(std::function<std::vector<said_identifier>(study_ref, facts_ref)> get)
{
    rule r;
    r.exists = [get](study_ref s, facts_ref f) { return !get(s, f).empty(); };
    r.token = [get](study_ref s, facts_ref f, asked_token const& t) {
        return std::ranges::any_of(get(s, f), [&](said_identifier const& one) { return fits(t, one, f); });
    };
    r.reference = [](study_ref, facts_ref, asked_reference const&) { return false; };
    return r;
}

rule people_rule(std::function<std::vector<said_person>(study_ref)> people)
{
    auto r = identifier_rule([people](study_ref s, facts_ref) {
        std::vector<said_identifier> all;
        for (auto const& p : people(s))
            std::ranges::copy(p.identifiers, std::back_inserter(all));
        return all;
    });
    r.exists = [people](study_ref s, facts_ref) { return !people(s).empty(); };
    r.kind = 'r';
    r.modifiers = {"missing", "identifier"};
    r.types = {"Practitioner", "PractitionerRole"};
    r.chains = {"identifier", "name", "family", "given"};
    r.targets = [people](study_ref s, facts_ref) {
        std::vector<said_target> all;
        for (auto const& p : people(s))
            all.push_back({.name = p.name, .identifiers = p.identifiers});
        return all;
    };
    return r;
}

rule patient_rule(std::vector<std::string> types)
{
    auto r = identifier_rule(patient_identifiers_of);
    r.exists = [](study_ref, facts_ref) { return true; };  // 1..1
    r.kind = 'r';
    r.modifiers = {"missing", "identifier"};
    r.types = std::move(types);
    r.chains = {"identifier", "name", "family", "given", "birthdate", "gender"};
    r.reference = [](study_ref s, facts_ref f, asked_reference const& wanted) {
        auto const id = patient_id_of(s, f);
        return !id.empty() && (wanted.type.empty() || wanted.type == "Patient") && wanted.id == id;
    };
    r.targets = [](study_ref s, facts_ref f) {
        auto const& a = s.attributes;
        static std::map<std::string, std::string, std::less<>> const genders{
            {"M", "male"}, {"F", "female"}, {"O", "other"}};
        auto const gender = genders.find(a.text(tags::PatientSex));
        return std::vector{said_target{.name = std::string(a.text(tags::PatientName)),
                                       .identifiers = patient_identifiers_of(s, f),
                                       .birth_date = read_started(a.text(tags::PatientBirthDate), {}, {}, nullptr),
                                       .gender = gender != genders.end() ? gender->second : std::string()}};
    };
    return r;
}

template <class Each>
rule uid_rule(Each each)
{
    rule r;
    r.modifiers = {"missing", "not"};
    r.exists = [each](study_ref s, facts_ref) { return !each(s).empty(); };
    r.token = [each](study_ref s, facts_ref, asked_token const& t) {
        return std::ranges::any_of(each(s), [&](std::string const& uid) { return fits_uid(t, uid); });
    };
    return r;
}

std::vector<std::string> series_uids(study_ref s)
{
    std::vector<std::string> all;
    for (auto const* const one : series_of(s))
        all.emplace_back(one->attributes.text(tags::SeriesInstanceUID));
    return all;
}

std::vector<std::string> instance_uids(study_ref s)
{
    std::vector<std::string> all;
    for (auto const* const one : series_of(s))
        for (auto const& instance : one->instances)
            all.emplace_back(instance.text(tags::SOPInstanceUID));
    return all;
}

std::vector<said_person> performers(study_ref s)
{
    std::vector<said_person> all;
    for (auto const* const one : series_of(s)) {
        auto const& a = one->attributes;
        std::ranges::move(people_of(a, tags::PerformingPhysicianName, tags::PerformingPhysicianIdentificationSequence),
                          std::back_inserter(all));
        std::ranges::move(people_of(a, tags::OperatorsName, tags::OperatorIdentificationSequence),
                          std::back_inserter(all));
    }
    return all;
}

}  // namespace

std::map<std::string, rule> make_rules()
{
    std::map<std::string, rule> all;
    std::set<std::string> const usual{"missing", "not"};
    auto& id = all["_id"];
    id.modifiers = {"not"};
    id.token = [](study_ref s, facts_ref, asked_token const& t) {
        return t.system.value_or("").empty() && t.code == s.attributes.text(tags::StudyInstanceUID);
    };
    all["identifier"] = identifier_rule(identifiers_of);
    all["identifier"].modifiers = {"missing", "not", "of-type"};
    all["patient"] = patient_rule({"Patient"});
    all["subject"] = patient_rule({"Patient", "Device", "Group"});
    auto& started = all["started"];
    started.kind = 'd';
    started.modifiers = {"missing"};
    tell_codes(all["modality"], modalities_of);
    tell_codes(all["bodysite"], body_sites_of);
    tell_codes(all["dicom-class"], sop_classes_of);
    tell_codes(all["reason"], reasons_of);
    tell_codes(all["status"], [](study_ref s) {
        return std::vector<said_code>{{"http://hl7.org/fhir/imagingstudy-status", status_of(s)}};
    });
    for (auto const* const name : {"modality", "bodysite", "dicom-class", "reason", "status"})
        all[name].modifiers = usual;
    all["series"] = uid_rule(series_uids);
    all["instance"] = uid_rule(instance_uids);
    auto& endpoint = all["endpoint"];
    endpoint.kind = 'r';
    endpoint.modifiers = {"missing"};
    endpoint.types = {"Endpoint"};
    endpoint.exists = [](study_ref, facts_ref f) { return !f.endpoints.empty(); };
    endpoint.reference = [](study_ref, facts_ref f, asked_reference const& wanted) {
        return (wanted.type.empty() || wanted.type == "Endpoint") &&
               std::ranges::any_of(f.endpoints, [&](auto const& e) { return e.id == wanted.id; });
    };
    all["referrer"] = people_rule([](study_ref s) {
        auto people =
            people_of(s.attributes, tags::ReferringPhysicianName, tags::ReferringPhysicianIdentificationSequence);
        people.resize(std::min<std::size_t>(people.size(), 1));
        return people;
    });
    all["interpreter"] = people_rule([](study_ref s) {
        return people_of(s.attributes, tags::NameOfPhysiciansReadingStudy,
                         tags::PhysiciansReadingStudyIdentificationSequence);
    });
    all["performer"] = people_rule(performers);
    all["performer"].types = {"Practitioner", "PractitionerRole", "Organization", "CareTeam",
                              "Patient",      "Device",           "RelatedPerson"};
    auto& basedon = all["basedon"] = identifier_rule(accessions_of);
    basedon.kind = 'r';
    basedon.modifiers = {"missing", "identifier"};
    basedon.types = {"ServiceRequest", "CarePlan", "Appointment", "AppointmentResponse", "Task"};
    basedon.chains = {"identifier"};
    basedon.targets = [](study_ref s, facts_ref f) {
        std::vector<said_target> orders;
        for (auto const& number : accessions_of(s, f))
            orders.push_back({.name = {}, .identifiers = {number}});
        return orders;
    };
    auto& encounter = all["encounter"] = identifier_rule([](study_ref s, facts_ref) { return admissions_of(s); });
    encounter.kind = 'r';
    encounter.modifiers = {"missing", "identifier"};
    return all;
}

}  // namespace pons::test::judging
