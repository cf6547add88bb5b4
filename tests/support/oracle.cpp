#include "tests/support/oracle.hpp"

#include "mapping/data_set.hpp"
#include "tests/support/oracle_values.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace pons::test {

using namespace mapping;

namespace {

using study_ref = stored_study const&;
using facts_ref = source_facts const&;

/// A value as text, its escapes still in it, cut at each bare `at`.
std::vector<std::string> cut(std::string const& value, char at)
{
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\\' && i + 1 < value.size()) {
            parts.back() += value[i++];
            parts.back() += value[i];
        } else if (value[i] == at) {
            parts.emplace_back();
        } else {
            parts.back() += value[i];
        }
    }
    return parts;
}

std::optional<std::string> plain(std::string const& escaped)
{
    std::string out;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        if (escaped[i] == '\\' &&
            (++i == escaped.size() || std::string_view("\\|,$").find(escaped[i]) == std::string_view::npos))
            return {};
        out += escaped[i];
    }
    return out;
}

// --- what a value asks for --------------------------------------------------------------------------------------

struct asked_token {
    std::optional<std::string> system;
    std::string code;
    std::optional<std::pair<std::string, std::string>> type;
};

struct asked_reference {
    std::string type;
    std::string id;
    bool here = true;  ///< not of another server
};

std::optional<asked_token> read_token(std::string const& value, bool of_type)
{
    auto const raw = cut(value, '|');
    std::vector<std::string> parts;
    for (auto const& one : raw) {
        auto text = plain(one);
        if (!text)
            return {};
        parts.push_back(*text);
    }
    asked_token t;
    if (of_type) {
        if (parts.size() != 3 || std::ranges::count(raw, "") != 0)
            return {};
        t.type.emplace(parts[0], parts[1]);
        t.code = parts[2];
        return t;
    }
    if (parts.size() > 2)
        return {};
    if (parts.size() == 2)
        t.system = parts[0];
    t.code = parts.back();
    if (t.code.empty() && t.system.value_or("").empty())
        return {};
    return t;
}

std::optional<asked_reference> read_reference(std::string const& value, std::string const& type,
                                              std::string const& base)
{
    auto text = plain(value);
    if (!text || text->empty())
        return {};
    std::string_view rest = *text;
    if (rest.starts_with("http://") || rest.starts_with("https://") || rest.starts_with("urn:")) {
        if (!rest.starts_with(base + "/"))
            return asked_reference{.type = {}, .id = {}, .here = false};
        rest.remove_prefix(base.size() + 1);
        if (rest.starts_with("r4/"))
            rest.remove_prefix(3);
    }
    rest = rest.substr(0, rest.find("/_history/"));
    asked_reference r;
    r.type = type;
    // A type is a capitalised word; what stands before another slash belongs to an id.
    auto const slash = rest.find('/');
    auto const head = rest.substr(0, std::min(slash, rest.size()));
    bool const typed =
        !head.empty() && head.front() >= 'A' && head.front() <= 'Z' &&
        std::ranges::all_of(head, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
    if (typed && slash != rest.npos) {
        r.type = rest.substr(0, slash);
        rest.remove_prefix(slash + 1);
        r.here = type.empty() || type == r.type;
    }
    r.id = rest;
    return r;
}

bool fits(asked_token const& t, said_code const& said)
{
    if (t.system && *t.system != said.system)
        return false;
    if (t.code.empty())
        return true;
    // A UID is the same object with and without "urn:oid:".
    return !said.code.empty() &&
           (t.code == said.code || (said.system == "urn:ietf:rfc:3986" && said.code.starts_with("urn:oid:") &&
                                    "urn:oid:" + t.code == said.code));
}

bool fits(asked_token const& t, said_identifier const& said, facts_ref source)
{
    if (t.type && (!said.accession || t.type->first != "http://terminology.hl7.org/CodeSystem/v2-0203" ||
                   t.type->second != "ACSN"))
        return false;
    if (t.system && *t.system != said.system)
        return false;
    if (t.code.empty() || t.code == said.value || (!said.bare.empty() && t.code == said.bare))
        return true;
    return said.accession && same_accession(t.code, said.value, source.accession);
}

/// series.uid and series.instance.uid are of type id: no system, or one that says that it is a UID.
bool fits_uid(asked_token const& t, std::string const& uid)
{
    static std::set<std::string> const systems{"", "urn:dicom:uid", "urn:ietf:rfc:3986"};
    return systems.contains(t.system.value_or("")) && (t.code.empty() || t.code == uid || t.code == "urn:oid:" + uid);
}

// --- parameters -------------------------------------------------------------------------------------------------

/// How one parameter is judged.
struct rule {
    std::set<std::string> modifiers;
    char kind = 't';                 ///< token, reference, date, string
    std::vector<std::string> types;  ///< of a reference
    std::set<std::string> chains;
    std::function<bool(study_ref, facts_ref)> exists;
    std::function<bool(study_ref, facts_ref, asked_token const&)> token;
    std::function<bool(study_ref, facts_ref, asked_reference const&)> reference;
    std::function<std::vector<said_person>(study_ref)> people;
};

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
    r.people = std::move(people);
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
    r.people = [](study_ref s) {
        return std::vector{said_person{std::string(s.attributes.text(tags::PatientName)), {}}};
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
    auto& encounter = all["encounter"] = identifier_rule([](study_ref s, facts_ref) { return admissions_of(s); });
    encounter.kind = 'r';
    encounter.modifiers = {"missing", "identifier"};
    return all;
}

/// "base:qualifier.chain:chained"
struct split_name {
    std::string base, qualifier, chain, chained;

    explicit split_name(std::string const& name)
    {
        auto const dot = name.find('.');
        auto const halves = [](std::string const& text, std::string& head, std::string& tail) {
            auto const colon = text.find(':');
            head = text.substr(0, colon);
            tail = colon == text.npos ? std::string() : text.substr(colon + 1);
        };
        halves(name.substr(0, dot), base, qualifier);
        if (dot != name.npos)
            halves(name.substr(dot + 1), chain, chained);
    }
};

using judge_one = std::function<bool(study_ref, facts_ref)>;

std::optional<judge_one> read_date(std::string const& value, oracle_rules const& rules,
                                   std::function<std::optional<said_date>(study_ref, facts_ref)> said)
{
    auto const asked = read_asked_date(value, rules.now);
    if (!asked)
        return {};
    return [=](study_ref s, facts_ref f) {
        auto const date = said(s, f);
        return date && holds(*asked, *date);
    };
}

std::optional<said_date> started_of(study_ref s, facts_ref f)
{
    auto const& a = s.attributes;
    return read_started(a.text(tags::StudyDate), a.text(tags::StudyTime), a.text(tags::TimezoneOffsetFromUTC), f.zone);
}

std::optional<said_date> birth_date_of(study_ref s, facts_ref)
{
    return read_started(s.attributes.text(tags::PatientBirthDate), {}, {}, nullptr);
}

/// One of the values of a parameter.
std::optional<judge_one> read_value(rule const& r, split_name const& name, std::string const& type,
                                    std::string const& value, oracle_rules const& rules)
{
    auto const& chain = name.chain;
    if (chain == "name" || chain == "family" || chain == "given") {
        auto const text = plain(value);
        if (!text)
            return {};
        return [people = r.people, chain, how = name.chained, text = *text](study_ref s, facts_ref) {
            return std::ranges::any_of(people(s),
                                       [&](said_person const& p) { return name_meets(p.name, chain, how, text); });
        };
    }
    if (chain == "birthdate")
        return read_date(value, rules, birth_date_of);
    if (chain.empty() && r.kind == 'd')
        return read_date(value, rules, started_of);
    if (chain.empty() && r.kind == 'r' && name.qualifier != "identifier") {
        auto const wanted = read_reference(value, type, rules.base);
        if (!wanted)
            return {};
        return [judge = r.reference, wanted = *wanted](study_ref s, facts_ref f) {
            return wanted.here && judge(s, f, wanted);
        };
    }
    auto const token = read_token(value, name.qualifier == "of-type");
    if (!token)
        return {};
    if (chain == "gender")
        return [t = *token](study_ref s, facts_ref) {
            static std::map<std::string, std::string, std::less<>> const genders{
                {"M", "male"}, {"F", "female"}, {"O", "other"}};
            auto const at = genders.find(s.attributes.text(tags::PatientSex));
            return at != genders.end() && fits(t, {"http://hl7.org/fhir/administrative-gender", at->second});
        };
    return [judge = r.token, t = *token](study_ref s, facts_ref f) { return judge(s, f, t); };
}

std::optional<judge_one> read_criterion(rule const& r, split_name name, std::string const& value,
                                        oracle_rules const& rules)
{
    std::string type;
    if (std::ranges::find(r.types, name.qualifier) != r.types.end())
        std::swap(type, name.qualifier);
    bool const chained = !name.chain.empty();
    if (chained) {
        if (!name.qualifier.empty() || !r.chains.contains(name.chain) || (!type.empty() && type != r.types.front()))
            return {};
        bool const is_string = name.chain == "name" || name.chain == "family" || name.chain == "given";
        std::set<std::string> const allowed = is_string                ? std::set<std::string>{"", "exact", "contains"}
                                              : name.chain == "gender" ? std::set<std::string>{"", "not"}
                                                                       : std::set<std::string>{""};
        if (!allowed.contains(name.chained))
            return {};
    } else if (!name.qualifier.empty() && !r.modifiers.contains(name.qualifier)) {
        return {};
    }
    if (name.qualifier == "missing") {
        if (value != "true" && value != "false")
            return {};
        auto exists = r.exists ? r.exists : [](study_ref s, facts_ref f) { return started_of(s, f).has_value(); };
        return [exists, missing = value == "true"](study_ref s, facts_ref f) { return exists(s, f) != missing; };
    }
    std::vector<judge_one> any;
    for (auto const& one : cut(value, ',')) {
        if (one.empty())
            continue;
        auto judge = read_value(r, name, type, one, rules);
        if (!judge)
            return {};
        any.push_back(*judge);
    }
    if (any.empty())
        return {};
    bool const negated = name.qualifier == "not" || name.chained == "not";
    return [any, negated](study_ref s, facts_ref f) {
        return std::ranges::any_of(any, [&](judge_one const& one) { return one(s, f); }) != negated;
    };
}

}  // namespace

std::optional<oracle> oracle::read(std::span<std::pair<std::string, std::string> const> parameters,
                                   oracle_rules const& rules)
{
    static auto const known = make_rules();
    static std::set<std::string> const widening{"_filter", "_has", "_list", "_query", "_text", "_content"};
    oracle out;
    for (auto const& [name, value] : parameters) {
        if (value.empty())
            continue;
        split_name const parts(name);
        if (widening.contains(parts.base))
            return {};
        auto const at = known.find(parts.base);
        if (at == known.end())
            continue;  // unknown: ignored
        auto judge = read_criterion(at->second, parts, value, rules);
        if (!judge)
            return {};
        out.criteria_.push_back(std::move(*judge));
    }
    return out;
}

bool oracle::matches(stored_study const& study, source_facts const& source) const
{
    return std::ranges::all_of(criteria_, [&](criterion const& c) { return c(study, source); });
}

}  // namespace pons::test
