#include "upstream/dimse/identifier.hpp"

#include "mapping/dicom_stream.hpp"
#include "mapping/levels.hpp"

#include <doctest/doctest.h>

namespace {

using namespace pons;
using namespace pons::upstream::dimse;
namespace tags = mapping::tags;
using mapping::level;

TEST_CASE("an identifier always has its level and an empty Specific Character Set")
{
    for (auto const at : {level::study, level::series, level::instance}) {
        auto const identifier = to_identifier({.at = at});
        CHECK(identifier.text(tags::QueryRetrieveLevel) == mapping::to_query_level(at));
        CHECK(identifier.contains(tags::SpecificCharacterSet));
        CHECK(identifier.count(tags::SpecificCharacterSet) == 0);
    }
}

TEST_CASE("keys keep their values, return keys have none, sequences are empty")
{
    auto const identifier = to_identifier(
        {.at = level::study,
         .keys = {{tags::PatientID, {"P1"}}, {tags::StudyInstanceUID, {"1.2", "1.3"}}, {tags::PatientName, {}}},
         .return_keys = {tags::StudyDate, tags::ProcedureCodeSequence, tags::PatientID}});
    CHECK(identifier.text(tags::PatientID) == "P1");
    CHECK(identifier.count(tags::StudyInstanceUID) == 2);
    CHECK(identifier.contains(tags::PatientName));
    CHECK(identifier.count(tags::PatientName) == 0);
    CHECK(identifier.contains(tags::StudyDate));
    CHECK(identifier.contains(tags::ProcedureCodeSequence));
    CHECK(identifier.items(tags::ProcedureCodeSequence).empty());
}

TEST_CASE("keys without value are sent as the archive wants them")
{
    struct {
        mapping::tag attribute;
        char const* star;
        char const* in_texts;
    } const cases[] = {
        {tags::PatientName, "*", "*"},
        {tags::ModalitiesInStudy, "*", "*"},
        {tags::SOPClassesInStudy, "*", "*"},
        {tags::StudyDate, "*", ""},
        {tags::StudyTime, "*", ""},
        {tags::NumberOfStudyRelatedSeries, "*", ""},
        {tags::ProcedureCodeSequence, "", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(mapping::describe(c.attribute));
        mapping::find_request const request{.keys = {{tags::PatientID, {"P1"}}}, .return_keys = {c.attribute}};
        CHECK(to_identifier(request).text(c.attribute).empty());
        CHECK(to_identifier(request, universal_keys::star).text(c.attribute) == c.star);
        CHECK(to_identifier(request, universal_keys::star_in_texts).text(c.attribute) == c.in_texts);
        CHECK(to_identifier(request, universal_keys::star).text(tags::PatientID) == "P1");
        CHECK(to_identifier(request, universal_keys::star).text(tags::SpecificCharacterSet).empty());
    }
}

TEST_CASE("a list of UIDs is joined by backslashes on the wire")
{
    auto const identifier = to_identifier({.keys = {{tags::StudyInstanceUID, {"1.2", "1.33"}}}});
    auto const written = mapping::write_data_set(identifier, mapping::encoding::implicit_le, "ISO_IR 192");
    std::string const wire(reinterpret_cast<char const*>(written.bytes.data()), written.bytes.size());
    CHECK(wire.find("1.2\\1.33") != std::string::npos);
}

TEST_CASE("a retrieve names its level and the UIDs down to it, several instances as a list")
{
    struct {
        upstream::retrieve_request what;
        char const* level;
        std::size_t instances;
    } const cases[] = {
        {{"1.2", "", ""}, "STUDY", 0},
        {{"1.2", "1.3", ""}, "SERIES", 0},
        {{"1.2", "1.3", "1.4"}, "IMAGE", 1},
        {{"1.2", "1.3", "", {}, {"1.4", "1.5", "1.6"}}, "IMAGE", 3},
    };
    for (auto const& c : cases) {
        CAPTURE(c.level);
        auto const identifier = to_identifier(c.what);
        CHECK(identifier.text(tags::QueryRetrieveLevel) == c.level);
        CHECK(identifier.text(tags::StudyInstanceUID) == "1.2");
        CHECK(identifier.text(tags::SeriesInstanceUID) == c.what.series_instance_uid);
        CHECK(identifier.count(tags::SOPInstanceUID) == c.instances);
    }
}

TEST_CASE("attributes of another level and group lengths are left out")
{
    struct {
        mapping::tag attribute;
        bool study, series, instance;
    } const cases[] = {
        {tags::PatientName, true, false, false},
        {tags::ModalitiesInStudy, true, false, false},
        {tags::StudyInstanceUID, true, true, true},
        {tags::SeriesInstanceUID, false, true, true},
        {tags::Modality, false, true, false},
        {tags::SOPInstanceUID, false, false, true},
        {tags::TimezoneOffsetFromUTC, true, true, true},
        {mapping::tag{0x00080000}, false, false, false},
    };
    for (auto const& c : cases) {
        CAPTURE(mapping::describe(c.attribute));
        CHECK(belongs_at(c.attribute, level::study) == c.study);
        CHECK(belongs_at(c.attribute, level::series) == c.series);
        CHECK(belongs_at(c.attribute, level::instance) == c.instance);
        auto const identifier = to_identifier({.at = level::series, .return_keys = {c.attribute}});
        CHECK(identifier.contains(c.attribute) == c.series);
    }
}

TEST_CASE("every attribute that Pons knows belongs to some level, or is only met inside sequences")
{
    for (auto const& a : mapping::dictionary()) {
        CAPTURE(a.keyword);
        CHECK((belongs_at(a.tag, level::study) || belongs_at(a.tag, level::series) ||
               belongs_at(a.tag, level::instance)));
    }
}

}  // namespace
