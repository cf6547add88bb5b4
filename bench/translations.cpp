#include "bench/translations.hpp"

#include "bench/dom.hpp"
#include "bench/made_studies.hpp"
#include "bench/tree_translation.hpp"
#include "mapping/codecs/zone.hpp"
#include "mapping/dicom_json.hpp"
#include "mapping/dicom_stream.hpp"
#include "mapping/fhir/bundle.hpp"
#include "mapping/fhir/imaging_study.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dctk.h>

#include <cstdlib>
#include <memory>

namespace pons::bench {

namespace {

namespace fhir = mapping::fhir;

constexpr std::string_view base = "http://127.0.0.1:8080/fhir";
constexpr std::string_view self = "http://127.0.0.1:8080/fhir/ImagingStudy?patient=P-7331-04&_count=100";

/// As `proxy` makes them of a configured source.
mapping::source_facts make_facts()
{
    static auto const vienna = mapping::codecs::find_zone("Europe/Vienna");
    mapping::source_facts facts;
    facts.name = "web";
    facts.zone = vienna ? &*vienna : nullptr;
    facts.patient_system = "urn:oid:1.2.3.4";
    facts.patient_namespace = "HOSP_A";
    facts.accession_system = "urn:oid:1.2.3.4.5";
    facts.endpoints.push_back({.id = "web-wado-rs",
                               .connection_type = "dicom-wado-rs",
                               .name = "web",
                               .address = "http://127.0.0.1:8080/dicomweb/sources/web"});
    return facts;
}

/// What every translation works on; made once.
struct material {
    explicit material(std::size_t studies)
        : qido(made_qido_answer(studies)), identifiers(made_find_identifiers(studies)), facts(make_facts())
    {
        qido.reserve(qido.size() + mapping::dicom_json_reader::padding);
    }

    std::string qido;
    std::vector<std::vector<std::byte>> identifiers;
    mapping::source_facts facts;
    mapping::dicom_json_reader reader;
};

void check(bool good)
{
    if (!good)
        std::abort();
}

std::vector<mapping::study_record> records_of_qido(material& m)
{
    std::vector<mapping::study_record> records;
    auto const read = m.reader.read(m.qido, [&](mapping::data_set&& row) {
        auto& record = records.emplace_back();
        record.attributes = std::move(row);
        record.source = &m.facts;
        return true;
    });
    check(read.has_value());
    return records;
}

std::vector<mapping::study_record> records_of_find(material& m)
{
    std::vector<mapping::study_record> records;
    for (auto const& identifier : m.identifiers) {
        auto row = mapping::read_data_set(identifier, mapping::encoding::explicit_le, {});
        check(row.has_value());
        auto& record = records.emplace_back();
        record.attributes = std::move(*row);
        record.source = &m.facts;
    }
    return records;
}

void write_bundle(std::vector<mapping::study_record> const& records, fhir::format as, std::string& out)
{
    auto const shape = fhir::make_shape(fhir::view::all, {}, mapping::level::study);
    out.reserve(2048 + records.size() * 2048);
    fhir::writer w(out, as);
    fhir::searchset_writer bundle(w, static_cast<std::uint32_t>(records.size()), self, {});
    std::string path;
    for (auto const& record : records) {
        path.assign("/ImagingStudy/").append(record.uid());
        bundle.begin_entry(base, path);
        fhir::write_imaging_study(w, "resource", record, shape);
        bundle.end_entry("match");
    }
    bundle.end();
}

/// One data set of a DICOM JSON tree.
template <class Dom>
class tree_attributes {
public:
    explicit tree_attributes(typename Dom::value const& row) : row_(row) {}

    std::size_t count(char const* tag) const
    {
        auto const* const values = find(tag);
        return values ? Dom::size(*values) : 0;
    }
    std::string_view text(char const* tag, std::size_t index = 0) const
    {
        auto const* const values = find(tag);
        if (!values || index >= Dom::size(*values))
            return {};
        auto const& one = Dom::at(*values, index);
        if (!Dom::is_object(one))
            return Dom::text(one);
        auto const* const alphabetic = Dom::find(one, "Alphabetic");
        return alphabetic ? Dom::text(*alphabetic) : std::string_view();
    }
    std::uint32_t number(char const* tag) const { return Dom::number(Dom::at(*find(tag), 0)); }

private:
    typename Dom::value const* find(char const* tag) const
    {
        auto const* const attribute = Dom::find(row_, tag);
        return attribute ? Dom::find(*attribute, "Value") : nullptr;
    }

    typename Dom::value const& row_;
};

template <class Dom>
void translate_tree(material const& m, std::string& out)
{
    auto const rows = Dom::parse(m.qido);
    tree_translation<Dom, tree_attributes<Dom>> one(m.facts, base);
    typename Dom::array entries;
    for (auto const& row : Dom::elements(rows))
        entries.push_back(one.entry(tree_attributes<Dom>(row)));
    out = Dom::write(one.bundle(std::move(entries), self));
}

/// One data set of DCMTK; the made studies are UTF-8 already, so nothing is converted.
class toolkit_attributes {
public:
    explicit toolkit_attributes(std::span<std::byte const> bytes)
    {
        DcmInputBufferStream stream;
        stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
        stream.setEos();
        set_.transferInit();
        check(set_.read(stream, EXS_LittleEndianExplicit).good());
        set_.transferEnd();
    }

    std::size_t count(char const* tag) const
    {
        DcmElement* element = nullptr;
        return set_value(tag, element) ? element->getVM() : 0;
    }
    std::string text(char const* tag, std::size_t index = 0) const
    {
        DcmElement* element = nullptr;
        OFString value;
        if (set_value(tag, element))
            element->getOFString(value, static_cast<unsigned long>(index));
        return {value.data(), value.size()};
    }
    std::uint32_t number(char const* tag) const { return static_cast<std::uint32_t>(std::stoul(text(tag))); }

private:
    bool set_value(char const* tag, DcmElement*& element) const
    {
        auto const number = std::strtoul(tag, nullptr, 16);
        DcmTagKey const key(static_cast<Uint16>(number >> 16), static_cast<Uint16>(number));
        return set_.findAndGetElement(key, element).good() && element;
    }

    DcmDataset mutable set_;
};

void translate_toolkit(material const& m, std::string& out)
{
    tree_translation<boost_dom, toolkit_attributes> one(m.facts, base);
    boost_dom::array entries;
    for (auto const& identifier : m.identifiers)
        entries.push_back(one.entry(toolkit_attributes(identifier)));
    out = boost_dom::write(one.bundle(std::move(entries), self));
}

}  // namespace

std::vector<translation> make_translations(std::size_t studies)
{
    auto const m = std::make_shared<material>(studies);
    return {
        {.name = "qido-json",
         .what = "QIDO JSON to Bundle, JSON",
         .reference_of = {},
         .run = [m](std::string& out) { write_bundle(records_of_qido(*m), fhir::format::json, out); }},
        {.name = "nlohmann",
         .what = "  nlohmann: tree to tree to dump",
         .reference_of = "qido-json",
         .run = [m](std::string& out) { translate_tree<nlohmann_dom>(*m, out); }},
        {.name = "boost-json",
         .what = "  Boost.JSON: tree to tree to serialize",
         .reference_of = "qido-json",
         .run = [m](std::string& out) { translate_tree<boost_dom>(*m, out); }},
        {.name = "qido-xml",
         .what = "QIDO JSON to Bundle, XML",
         .reference_of = {},
         .run = [m](std::string& out) { write_bundle(records_of_qido(*m), fhir::format::xml, out); }},
        {.name = "qido-read",
         .what = "QIDO JSON to study records",
         .reference_of = {},
         .run = [m](std::string&) { records_of_qido(*m); }},
        {.name = "find-json",
         .what = "C-FIND identifiers to Bundle, JSON",
         .reference_of = {},
         .run = [m](std::string& out) { write_bundle(records_of_find(*m), fhir::format::json, out); }},
        {.name = "toolkit",
         .what = "  DCMTK to a Boost.JSON tree to serialize",
         .reference_of = "find-json",
         .run = [m](std::string& out) { translate_toolkit(*m, out); }},
        {.name = "find-read",
         .what = "C-FIND identifiers to study records",
         .reference_of = {},
         .run = [m](std::string&) { records_of_find(*m); }},
    };
}

}  // namespace pons::bench
