#include "tests/support/random_query.hpp"

#include "mapping/data_set.hpp"
#include "mapping/search/parameter.hpp"

#include <cctype>

namespace pons::test {

using namespace mapping;

namespace {

using strings = std::vector<std::string>;

strings const garbage{"a\\",
                      "|",
                      "||",
                      "x|y|z",
                      "\\x",
                      "\"\"",
                      "*",
                      "?",
                      "1.2.*",
                      " ",
                      "nope",
                      "\xF0\x9F\xA9\xBB",
                      "a\\,b",
                      "a\\|b",
                      "a\\\\b",
                      "%41",
                      "-",
                      "=",
                      "..",
                      "http://",
                      "urn:oid:",
                      "true",
                      "7777777777777777777777777777777777777777777777777777777777777777777777",
                      ",",
                      "O'Neil\nX"};
strings const systems{"",
                      "http://acc.example",
                      "urn:oid:1.2.3.4",
                      "urn:oid:9.8.7",
                      "urn:uuid:0b6f5c2a-1111-4222-8333-944455556666",
                      "http://hosp.example/ids",
                      "http://other.example"};

class maker {
public:
    maker(dice& d, random_archive const& archive, std::string const& base) : d_(d), archive_(archive), base_(base) {}

    std::pair<std::string, std::string> criterion();

private:
    std::string some(std::vector<std::string_view> const& values) { return std::string(d_.pick(values)); }
    std::string of_system(std::string const& code) { return d_.one_in(2) ? code : d_.pick(systems) + "|" + code; }
    std::string of_system(std::string const& system, std::string const& code)
    {
        return d_.one_in(2)   ? code
               : d_.one_in(5) ? "http://other.example|" + code
                              : system + "|" + (d_.one_in(12) ? "" : code);
    }
    stored_study const* study() { return archive_.studies.empty() ? nullptr : &d_.pick(archive_.studies); }
    std::string study_value(tag t, std::vector<std::string_view> const& otherwise)
    {
        auto const* const s = study();
        return s && !d_.one_in(4) ? std::string(s->attributes.text(t)) : some(otherwise);
    }
    std::string study_uid()
    {
        auto const* const s = study();
        auto uid = s ? std::string(s->attributes.text(tags::StudyInstanceUID)) : "1.2.3";
        return d_.one_in(8) ? uid + "1" : uid;
    }
    std::string series_uid(bool instance);
    std::string date();
    std::string token(std::string_view name);
    std::string reference(std::string_view name);
    std::string name_text();
    std::string identifier(std::string_view name);
    std::string value(search::parameter_row const& row, std::string const& qualifier, search::chain_row const* chain);

    dice& d_;
    random_archive const& archive_;
    std::string const& base_;
};

std::string maker::series_uid(bool instance)
{
    auto const* const s = study();
    if (!s || s->series.empty())
        return "1.2.3.4";
    auto const& series = d_.pick(s->series);
    std::string uid(instance ? d_.pick(series.instances).text(tags::SOPInstanceUID)
                             : series.attributes.text(tags::SeriesInstanceUID));
    return d_.one_in(8) ? uid + "1" : uid;
}

std::string maker::date()
{
    static strings const prefixes{"", "", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"};
    auto da = study_value(tags::StudyDate, pool::dates);
    if (da.size() == 10)
        da = da.substr(0, 4) + da.substr(5, 2) + da.substr(8);
    if (da.size() != 8)
        da = "20240331";
    auto text = da.substr(0, 4) + "-" + da.substr(4, 2) + "-" + da.substr(6);
    switch (d_.below(8)) {
        case 0:
            text = text.substr(0, 4);
            break;
        case 1:
            text = text.substr(0, 7);
            break;
        case 2:
        case 3: {
            static strings const times{"T00:00",    "T10:15", "T10:15:30", "T10:15:30.5",
                                       "T23:59:59", "T02:30", "T24:00",    "T9:00"};
            static strings const zones{"", "Z", "+01:00", " 01:00", "-12:00", "+14:00", "-05:00", "+15:00"};
            text += d_.pick(times) + d_.pick(zones);
            break;
        }
        default:
            break;
    }
    return d_.pick(prefixes) + text;
}

std::string maker::name_text()
{
    auto name = study_value(d_.one_in(3) ? tags::ReferringPhysicianName : tags::PatientName,
                            d_.one_in(2) ? pool::names : pool::physicians);
    // A piece of the name, as people type it.
    std::vector<std::string> pieces(1);
    for (char const c : name) {
        if (c == '^' || c == '=')
            pieces.emplace_back();
        else
            pieces.back() += c;
    }
    auto piece = d_.one_in(6) ? name : d_.pick(pieces);
    if (piece.size() > 3 && d_.one_in(2) && static_cast<unsigned char>(piece[3]) < 0x80 &&
        static_cast<unsigned char>(piece[2]) < 0x80)
        piece.resize(3);
    if (d_.one_in(3))
        for (auto& c : piece)
            c = static_cast<char>(std::toupper(static_cast<unsigned char>(c) < 0x80 ? c : c));
    return piece;
}

std::string maker::identifier(std::string_view name)
{
    if (name == "patient" || name == "subject")
        return of_system(study_value(tags::PatientID, pool::patient_ids));
    if (name == "basedon")
        return of_system(study_value(tags::AccessionNumber, pool::accessions));
    if (name == "encounter")
        return of_system(d_.one_in(2) ? "V1" : "V2");
    if (name != "identifier")
        return of_system(d_.one_in(3) ? "urn:oid:1.2.3.4.5" : "", some(pool::staff_codes));
    switch (d_.below(6)) {
        case 0:
            return "urn:dicom:uid|urn:oid:" + study_uid();
        case 1:
            return d_.one_in(2) ? study_uid() : "urn:oid:" + study_uid();
        case 2:
            return d_.pick(systems) + "|urn:oid:" + study_uid();
        case 3:
            return of_system(study_value(tags::StudyID, pool::study_ids));
        default:
            return of_system(study_value(tags::AccessionNumber, pool::accessions));
    }
}

std::string maker::token(std::string_view name)
{
    if (name == "_id")
        return d_.one_in(10) ? "|" + study_uid() : d_.one_in(10) ? "urn:oid:" + study_uid() : study_uid();
    if (name == "identifier")
        return identifier(name);
    if (name == "modality")
        return of_system("http://dicom.nema.org/resources/ontology/DCM", some(pool::modalities));
    if (name == "bodysite") {
        static strings const codes{"816094009", "818981001", "72696002", "69536005", "43799004", "51185008"};
        return of_system("http://snomed.info/sct", d_.pick(codes));
    }
    if (name == "series" || name == "instance") {
        auto const uid = series_uid(name == "instance");
        return d_.one_in(4) ? "urn:dicom:uid|urn:oid:" + uid : d_.one_in(6) ? "http://other.example|" + uid : uid;
    }
    if (name == "dicom-class") {
        auto const uid = some(pool::sop_classes);
        return of_system("urn:ietf:rfc:3986", d_.one_in(3) ? uid : "urn:oid:" + uid);
    }
    if (name == "status") {
        static strings const codes{"available", "registered", "cancelled", "AVAILABLE"};
        return of_system("http://hl7.org/fhir/imagingstudy-status", d_.pick(codes));
    }
    static strings const reason_systems{"http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10", "urn:oid:1.2.3.4.5",
                                        "urn:ietf:rfc:3986", ""};
    return of_system(d_.pick(reason_systems), some(pool::reasons));
}

std::string maker::reference(std::string_view name)
{
    std::string id, type;
    if (name == "patient" || name == "subject") {
        id = study_value(tags::PatientID, pool::patient_ids);
        type = "Patient";
    } else if (name == "endpoint") {
        id = d_.one_in(4) ? "other-wado-rs" : "scripted-wado-rs";
        type = "Endpoint";
    } else {
        id = d_.one_in(2) ? "D001" : "ACC1";
        type = name == "basedon" ? "ServiceRequest" : name == "encounter" ? "Encounter" : "Practitioner";
    }
    switch (d_.below(8)) {
        case 0:
            return base_ + "/" + type + "/" + id;
        case 1:
            return base_ + "/r4/" + type + "/" + id;
        case 2:
            return "http://other.example/fhir/" + type + "/" + id;
        case 3:
            return type + "/" + id + "/_history/2";
        case 4:
            return (d_.one_in(2) ? "Device/" : "Nonsense/") + id;
        case 5:
            return type + "/" + id;
        default:
            return id;
    }
}

std::string maker::value(search::parameter_row const& row, std::string const& qualifier, search::chain_row const* chain)
{
    using search::parameter_type;
    if (qualifier == "missing")
        return d_.one_in(20) ? "maybe" : d_.one_in(2) ? "true" : "false";
    if (d_.one_in(14))
        return d_.pick(garbage);
    if (qualifier == "of-type")
        return (d_.one_in(5) ? "http://other.example" : "http://terminology.hl7.org/CodeSystem/v2-0203") +
               std::string(d_.one_in(5) ? "|MR|" : "|ACSN|") + study_value(tags::AccessionNumber, pool::accessions);
    if (qualifier == "identifier" || (chain && chain->name == "identifier"))
        return identifier(row.name);
    if (chain && chain->name == "gender") {
        static strings const genders{"male", "female", "other", "unknown"};
        return of_system("http://hl7.org/fhir/administrative-gender", d_.pick(genders));
    }
    if (chain && chain->name == "birthdate") {
        static strings const dates{"1970-01-01", "ge1970-01-01", "1970", "lt1980", "ne1985-06-15", "1985-06", "sa1970"};
        return d_.pick(dates);
    }
    if (chain)
        return name_text();
    switch (row.type) {
        case parameter_type::date:
            return date();
        case parameter_type::reference:
            return reference(row.name);
        default:
            return token(row.name);
    }
}

std::pair<std::string, std::string> maker::criterion()
{
    if (d_.one_in(60)) {
        static query const odd{{"foo", "1"},
                               {"_has:Observation:subject:code", "1"},
                               {"started:exact", "2024"},
                               {"status", ""},
                               {"patient.foo", "x"},
                               {"modality:in", "x"},
                               {"accession", "1"},
                               {"patient:Device", "x"},
                               {"subject:Device.identifier", "x"}};
        return d_.pick(odd);
    }
    auto const& row = d_.pick(search::imaging_study_parameters());
    std::string name(row.name);
    std::string qualifier;
    search::chain_row const* chain = nullptr;
    search::modifier_set allowed = row.modifiers;
    if (!row.chains.empty() && d_.one_in(2)) {
        if (d_.one_in(6))
            name.append(":").append(row.targets.front());
        chain = &d_.pick(row.chains);
        name.append(".").append(chain->name);
        allowed = chain->modifiers;
    }
    if (d_.one_in(3)) {
        static constexpr search::modifier all[] = {search::modifier::missing,    search::modifier::not_,
                                                   search::modifier::identifier, search::modifier::of_type,
                                                   search::modifier::exact,      search::modifier::contains};
        auto const m = d_.pick(all);
        if (allowed.has(m) || d_.one_in(20)) {
            qualifier = search::name_of(m);
            name.append(":").append(qualifier);
        } else if (!chain && allowed.has(search::modifier::type)) {
            name.append(":").append(d_.pick(row.targets));
        }
    }
    auto text = value(row, qualifier, chain);
    if (qualifier != "missing")
        while (d_.one_in(4))
            text += "," + value(row, qualifier, chain);
    return {name, text};
}

}  // namespace

query make_query(dice& d, random_archive const& archive, std::string const& base, std::size_t criteria)
{
    maker make(d, archive, base);
    query q;
    for (std::size_t i = 0; i < criteria; ++i)
        q.push_back(make.criterion());
    return q;
}

std::string to_text(dice& d, query const& q)
{
    auto const encoded = [&](std::string const& value) {
        constexpr char digits[] = "0123456789ABCDEF";
        std::string out;
        for (char const c : value) {
            auto const byte = static_cast<unsigned char>(c);
            bool const must = byte <= 0x20 || c == '&' || c == '=' || c == '+' || c == '%' || c == '#';
            bool const may = byte >= 0x80 || c == '|' || c == ',' || c == ':' || c == '/' || c == '\\';
            if (c == ' ' && d.one_in(2))
                out += '+';
            else if (must || (may && d.one_in(2)) || d.one_in(30))
                out.append(1, '%').append(1, digits[byte >> 4]).append(1, digits[byte & 0xF]);
            else
                out += c;
        }
        return out;
    };
    std::string text;
    for (auto const& [name, value] : q)
        text += (text.empty() ? "" : "&") + encoded(name) + "=" + encoded(value);
    return text;
}

}  // namespace pons::test
