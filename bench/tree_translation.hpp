#pragma once

#include "mapping/codecs/code.hpp"
#include "mapping/codecs/date_time.hpp"
#include "mapping/codecs/person_name.hpp"
#include "mapping/record.hpp"
#include "mapping/tables/modality.hpp"

#include <string>
#include <string_view>
#include <utility>

/// The translation of a study as one would write it by hand with a JSON library: attributes are looked up in a tree,
/// the resource is built as a tree. It knows just what the made studies hold, and uses the codecs of Pons for dates,
/// names and modalities, so that what is compared is the way through the data.
namespace pons::bench {

/// `Source` gives the attributes of one study by eight hexadecimal digits: count(tag), text(tag, index), number(tag).
template <class Dom, class Source>
class tree_translation {
    using object = typename Dom::object;
    using array = typename Dom::array;
    using value = typename Dom::value;

public:
    tree_translation(mapping::source_facts const& facts, std::string_view base) : facts_(facts), base_(base) {}

    value entry(Source const& study)
    {
        std::string const uid(study.text("0020000D"));
        object search;
        search["mode"] = "match";
        object entry;
        entry["fullUrl"] = base_ + "/ImagingStudy/" + uid;
        entry["resource"] = resource(study, uid);
        entry["search"] = std::move(search);
        return entry;
    }

    static value bundle(array&& entries, std::string_view self)
    {
        object link;
        link["relation"] = "self";
        link["url"] = std::string(self);
        array links;
        links.push_back(std::move(link));
        object bundle;
        bundle["resourceType"] = "Bundle";
        bundle["type"] = "searchset";
        bundle["total"] = entries.size();
        bundle["link"] = std::move(links);
        bundle["entry"] = std::move(entries);
        return bundle;
    }

private:
    static object coding(std::string_view system, std::string_view code, std::string_view display)
    {
        object c;
        c["system"] = std::string(system);
        c["code"] = std::string(code);
        if (!display.empty())
            c["display"] = std::string(display);
        return c;
    }

    template <class T>
    static array list_of(T&& one)
    {
        array list;
        list.push_back(std::forward<T>(one));
        return list;
    }

    object identifier(std::string_view use, std::string_view type, std::string_view type_display,
                      std::string_view system, std::string_view text) const
    {
        object id;
        if (!use.empty())
            id["use"] = std::string(use);
        if (!type.empty()) {
            object concept_;
            concept_["coding"] = list_of(coding("http://terminology.hl7.org/CodeSystem/v2-0203", type, type_display));
            id["type"] = std::move(concept_);
        }
        if (!system.empty())
            id["system"] = std::string(system);
        id["value"] = std::string(text);
        return id;
    }

    object meta() const
    {
        object m;
        m["tag"] = list_of(coding("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED", {}));
        return m;
    }

    object subject(Source const& study)
    {
        auto const id = study.text("00100020");
        auto patient = identifier({}, "MR", "Medical record number", facts_.patient_system, id);
        object assigner;
        assigner["display"] = std::string(study.text("00100021"));
        patient["assigner"] = std::move(assigner);
        object s;
        s["reference"] = "Patient/" + std::string(id);
        s["type"] = "Patient";
        s["identifier"] = std::move(patient);
        s["display"] = display(study.text("00100010"));
        return s;
    }

    object practitioner(std::string_view name)
    {
        object p;
        p["type"] = "Practitioner";
        p["display"] = display(name);
        return p;
    }

    std::string display(std::string_view name)
    {
        return std::string(mapping::codecs::display(mapping::codecs::parse_person_name(name), buffer_));
    }

    object resource(Source const& study, std::string const& uid)
    {
        auto const accession = study.text("00080050");
        object r;
        r["resourceType"] = "ImagingStudy";
        r["id"] = uid;
        r["meta"] = meta();
        array identifiers;
        identifiers.push_back(identifier("official", {}, {}, "urn:dicom:uid", "urn:oid:" + uid));
        identifiers.push_back(identifier("usual", "ACSN", "Accession ID", facts_.accession_system, accession));
        identifiers.push_back(identifier("secondary", {}, {}, {}, study.text("00200010")));
        r["identifier"] = std::move(identifiers);
        r["status"] = "available";
        r["modality"] = modalities(study);
        r["subject"] = subject(study);
        auto const started = mapping::codecs::to_fhir(study.text("00080020"), study.text("00080030"),
                                                      study.text("00080201"), facts_.zone);
        r["started"] = std::string(started->text.view());
        object request;
        request["type"] = "ServiceRequest";
        request["identifier"] = identifier({}, "ACSN", "Accession ID", facts_.accession_system, accession);
        r["basedOn"] = list_of(std::move(request));
        r["referrer"] = practitioner(study.text("00080090"));
        r["interpreter"] = list_of(practitioner(study.text("00081060")));
        object endpoint;
        endpoint["reference"] = "Endpoint/" + facts_.endpoints.front().id;
        endpoint["type"] = "Endpoint";
        r["endpoint"] = list_of(std::move(endpoint));
        r["numberOfSeries"] = study.number("00201206");
        r["numberOfInstances"] = study.number("00201208");
        r["description"] = std::string(study.text("00081030"));
        return r;
    }

    array modalities(Source const& study) const
    {
        array codes;
        auto const count = study.count("00080061");
        for (std::size_t i = 0; i < count; ++i) {
            auto const code = study.text("00080061", i);
            auto const* const known = mapping::tables::find_modality(code);
            if (known && known->acquisition)
                codes.push_back(coding(mapping::codecs::system_dcm, code, known->display));
        }
        return codes;
    }

    mapping::source_facts const& facts_;
    std::string base_;
    std::string buffer_;
};

}  // namespace pons::bench
