#include "mapping/dicom_json.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pons;
using namespace pons::mapping;

namespace {

struct reading {
    std::vector<data_set> rows;
    result<dicom_json_found> found;
};

reading read(std::string json)
{
    dicom_json_reader reader;
    reading r{{}, {}};
    r.found = reader.read(json, [&](data_set&& row) {
        r.rows.push_back(std::move(row));
        return true;
    });
    return r;
}

/// All values of one attribute of the only row, parted by '|'; "-" when the attribute is absent.
std::string values(std::string const& attributes, tag t)
{
    auto const r = read("[{" + attributes + "}]");
    REQUIRE(r.found.has_value());
    REQUIRE(r.rows.size() == 1);
    if (!r.rows[0].contains(t))
        return "-";
    std::string all;
    for (std::size_t i = 0; i < r.rows[0].count(t); ++i)
        all.append(i ? "|" : "").append(r.rows[0].text(t, i));
    return all;
}

}  // namespace

TEST_CASE("reads what archives write, whatever the form")
{
    struct {
        char const* name;
        char const* json;
        tag t;
        char const* values;
    } const cases[] = {
        {"the usual form", R"("00080060":{"vr":"CS","Value":["CT"]})", tags::Modality, "CT"},
        {"an empty list before it, of what nobody asked for",
         R"("00090001":{"vr":"LO","Value":[]},"00080060":{"vr":"CS","Value":["CT"]})", tags::Modality, "CT"},
        {"an empty list", R"("00080060":{"vr":"CS","Value":[]},"00080061":{"vr":"CS","Value":["CT"]})", tags::Modality,
         ""},
        {"several values", R"("00080061":{"vr":"CS","Value":["CT","SR"]})", tags::ModalitiesInStudy, "CT|SR"},
        {"white space everywhere", " \"00080061\" : { \"vr\" : \"CS\" , \n\"Value\" : [ \"CT\" ,\t\"SR\" ] } ",
         tags::ModalitiesInStudy, "CT|SR"},
        {"Value before vr", R"("00080060":{"Value":["CT"],"vr":"CS"})", tags::Modality, "CT"},
        {"more after Value", R"("00080060":{"vr":"CS","Value":["CT"],"x":{"y":[1]}})", tags::Modality, "CT"},
        {"a missing vr", R"("00080060":{"Value":["CT"]})", tags::Modality, "CT"},
        {"an empty vr", R"("00080060":{"vr":"","Value":["CT"]})", tags::Modality, "CT"},
        {"padding in the usual form", R"("00080050":{"vr":"SH","Value":[" A1 "]})", tags::AccessionNumber, "A1"},
        {"padding at the end alone", R"("00080050":{"vr":"SH","Value":["A1 "]})", tags::AccessionNumber, "A1"},
        {"only padding", R"("00080050":{"vr":"SH","Value":["  "]})", tags::AccessionNumber, ""},
        {"an attribute that nobody knows before it",
         R"("00091001":{"vr":"LO","Value":["x"]},"00091002":{"vr":"IS","Value":[7]},"00080060":{"vr":"CS","Value":["CT"]})",
         tags::Modality, "CT"},
        {"out of order", R"("00080060":{"vr":"CS","Value":["CT"]},"00080050":{"vr":"SH","Value":["A1"]})",
         tags::AccessionNumber, "A1"},
        {"twice", R"("00080060":{"vr":"CS","Value":["CT"]},"00080060":{"vr":"CS","Value":["MR"]})", tags::Modality,
         "CT"},
        {"an unknown vr", R"("00080060":{"vr":"QX","Value":["CT"]})", tags::Modality, "CT"},
        {"a null vr", R"("00080060":{"vr":null,"Value":["CT"]})", tags::Modality, "CT"},
        {"hexadecimal digits in lower case", R"("0020000d":{"vr":"UI","Value":["1.2"]})", tags::StudyInstanceUID,
         "1.2"},
        {"Value that is no array", R"("00080060":{"vr":"CS","Value":"CT"})", tags::Modality, "CT"},
        {"a number that is no array", R"("00201206":{"vr":"IS","Value":4})", tags::NumberOfStudyRelatedSeries, "4"},
        {"a value in place of the attribute", R"("00080060":"CT")", tags::Modality, "CT"},
        {"values in place of the attribute", R"("00080061":["CT","MR"])", tags::ModalitiesInStudy, "CT|MR"},
        {"a number", R"("00200011":{"vr":"IS","Value":[12]})", tags::SeriesNumber, "12"},
        {"a number as text", R"("00200011":{"vr":"IS","Value":["12"]})", tags::SeriesNumber, "12"},
        {"a number with white space", "\"00200011\":{\"vr\":\"IS\",\"Value\":[ -1.5e3 ]}", tags::SeriesNumber,
         "-1.5e3"},
        {"text as a number", R"("00100020":{"vr":"LO","Value":[4711]})", tags::PatientID, "4711"},
        {"NaN as text", R"("00280008":{"vr":"IS","Value":["NaN"]})", tags::NumberOfFrames, "NaN"},
        {"no value", R"("00080060":{"vr":"CS"})", tags::Modality, ""},
        {"an empty list", R"("00080060":{"vr":"CS","Value":[]})", tags::Modality, ""},
        {"null for Value", R"("00080060":{"vr":"CS","Value":null})", tags::Modality, ""},
        {"null for the attribute", R"("00080060":null)", tags::Modality, ""},
        {"an empty object", R"("00080060":{})", tags::Modality, ""},
        {"a null item", R"("00080060":{"vr":"CS","Value":[null]})", tags::Modality, ""},
        {"an empty text", R"("00080060":{"vr":"CS","Value":[""]})", tags::Modality, ""},
        {"padding only", R"("00080060":{"vr":"CS","Value":["  "]})", tags::Modality, ""},
        {"a null item in the middle", R"("00080008":{"vr":"CS","Value":["ORIGINAL",null,"AXIAL"]})", tags::ImageType,
         "ORIGINAL||AXIAL"},
        {"a null item before", R"("00080008":{"vr":"CS","Value":[null,"PRIMARY"]})", tags::ImageType, "|PRIMARY"},
        {"two null items", R"("00080008":{"vr":"CS","Value":[null,null]})", tags::ImageType, "|"},
        {"padding", R"("00080050":{"vr":"SH","Value":[" A1 "]})", tags::AccessionNumber, "A1"},
        {"several values in one text", R"("00080061":{"vr":"CS","Value":["CT\\SR"]})", tags::ModalitiesInStudy,
         "CT|SR"},
        {"a backslash in a long text", R"("00420010":{"vr":"ST","Value":["a\\b"]})", tags::DocumentTitle, "a\\b"},
        {"escapes", R"("00081030":{"vr":"LO","Value":["a\"b\/c\u0041\u00e4\u5c71\ud83d\ude00"]})",
         tags::StudyDescription, "a\"b/cAä山😀"},
        {"half of a pair", R"("00081030":{"vr":"LO","Value":["a\ud83dz"]})", tags::StudyDescription, "a\uFFFDz"},
        {"an escape that is none", R"("00081030":{"vr":"LO","Value":["a\qz\u12"]})", tags::StudyDescription,
         "a\uFFFDz\uFFFD12"},
        {"a raw line end", "\"00081030\":{\"vr\":\"LO\",\"Value\":[\"a\nb\"]}", tags::StudyDescription, "a b"},
        {"a bulk data reference", R"("00081030":{"vr":"LO","BulkDataURI":"http://h/b"})", tags::StudyDescription, ""},
        {"inline binary", R"("00081030":{"vr":"UN","InlineBinary":"AAAA"})", tags::StudyDescription, ""},
        {"the same attribute twice", R"("00080060":{"vr":"CS","Value":["CT"]},"00080060":{"vr":"CS","Value":["MR"]})",
         tags::Modality, "CT"},
        {"Value twice", R"("00080060":{"Value":["CT"],"Value":["MR"]})", tags::Modality, "CT"},
        {"true", R"("00080060":{"vr":"CS","Value":[true]})", tags::Modality, ""},
        {"a list in a list", R"("00080061":{"vr":"CS","Value":[["CT"],"MR"]})", tags::ModalitiesInStudy, "|MR"},
        {"attributes that nobody needs",
         R"("00091001":{"vr":"LO","Value":["x"]},"00080060":{"vr":"CS","Value":["CT"]})", tags::Modality, "CT"},
        {"keys that are no tags", R"("a":1,"0008006":2,"000800600":3,"00080060":{"vr":"CS","Value":["CT"]})",
         tags::Modality, "CT"},
        {"a key with an escape", R"("0008\u0030060":1,"00080060":{"vr":"CS","Value":["CT"]})", tags::Modality, "CT"},
        {"out of order", R"("00200010":{"vr":"SH","Value":["S"]},"00080060":{"vr":"CS","Value":["CT"]})",
         tags::Modality, "CT"},
        {"a name", R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"DOE^JANE"}]})", tags::PatientName, "DOE^JANE"},
        {"a name in three scripts",
         R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Yamada^Tarou","Ideographic":"山田^太郎","Phonetic":"やまだ^たろう"}]})",
         tags::PatientName, "Yamada^Tarou=山田^太郎=やまだ^たろう"},
        {"a name without letters", R"("00100010":{"vr":"PN","Value":[{"Ideographic":"山田"}]})", tags::PatientName,
         "=山田"},
        {"a name by sound only", R"("00100010":{"vr":"PN","Value":[{"Phonetic":"a","Alphabetic":null}]})",
         tags::PatientName, "==a"},
        {"a name with more groups", R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"A","Other":{"x":[]}}]})",
         tags::PatientName, "A"},
        {"a name as text", R"("00100010":{"vr":"PN","Value":["DOE^JANE"]})", tags::PatientName, "DOE^JANE"},
        {"a name that is no array", R"("00100010":{"vr":"PN","Value":{"Alphabetic":"DOE^JANE"}})", tags::PatientName,
         "DOE^JANE"},
        {"an empty name", R"("00100010":{"vr":"PN","Value":[{}]})", tags::PatientName, ""},
        {"two names", R"("00081050":{"vr":"PN","Value":[{"Alphabetic":"A"},{"Alphabetic":"B"}]})",
         tags::PerformingPhysicianName, "A|B"},
        {"absent", R"("00080060":{"vr":"CS","Value":["CT"]})", tags::PatientName, "-"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        CHECK(values(c.json, c.t) == c.values);
    }
}

TEST_CASE("takes a row that is longer than most")
{
    std::string json = "[{";
    std::string const text(300, 'x');
    for (auto const& a : dictionary())
        if (a.vr != "SQ"_vr)
            json += (json.size() > 2 ? ",\"" : "\"") + to_hex(a.tag) + R"(":{"vr":"LO","Value":[")" + text + "\"]}";
    auto const r = read(json + "}]");
    REQUIRE(r.rows.size() == 1);
    for (auto const& a : dictionary())
        if (a.vr != "SQ"_vr)
            CHECK(r.rows[0].text(a.tag) == text);
}

TEST_CASE("reads sequences, and bounds how deep they go")
{
    SUBCASE("items, empty and null ones too")
    {
        auto const r =
            read(R"([{"00081032":{"vr":"SQ","Value":[{"00080100":{"vr":"SH","Value":["A"]}},{},null,"x"]}}])");
        auto const items = r.rows.at(0).items(tags::ProcedureCodeSequence);
        REQUIRE(items.size() == 3);
        CHECK(items[0].text(tags::CodeValue) == "A");
        CHECK(items[1].empty());
        CHECK(items[2].empty());
        REQUIRE(r.found->issues.size() == 1);
        CHECK(r.found->issues[0].text == "a value of ProcedureCodeSequence (0008,1032) could not be read");
    }
    SUBCASE("one item without the array")
    {
        auto const r = read(R"([{"00081032":{"vr":"SQ","Value":{"00080100":{"vr":"SH","Value":["A"]}}}}])");
        CHECK(r.rows.at(0).items(tags::ProcedureCodeSequence)[0].text(tags::CodeValue) == "A");
    }
    SUBCASE("none")
    {
        for (auto const* json :
             {R"([{"00081032":{"vr":"SQ"}}])", R"([{"00081032":{"vr":"SQ","Value":[]}}])", R"([{"00081032":null}])"}) {
            auto const r = read(json);
            CHECK(r.rows.at(0).contains(tags::ProcedureCodeSequence));
            CHECK(r.rows.at(0).items(tags::ProcedureCodeSequence).empty());
        }
    }
    SUBCASE("too deep")
    {
        std::string open;
        std::string close;
        for (unsigned i = 0; i < 5000; ++i) {
            open += R"({"00081032":{"vr":"SQ","Value":[)";
            close += "]}}";
        }
        auto const r = read("[" + open + close + "]");
        REQUIRE(r.found.has_value());
        REQUIRE(r.found->issues.size() == 1);
        CHECK(r.found->issues[0].what == issue::kind::incomplete);
        unsigned depth = 0;
        auto const* at = &r.rows.at(0);
        for (; !at->items(tags::ProcedureCodeSequence).empty(); ++depth)
            at = at->items(tags::ProcedureCodeSequence).data();
        CHECK(depth == dicom_json_reader::max_depth);
    }
}

TEST_CASE("tells answers without rows from answers that are none")
{
    struct {
        char const* name;
        char const* json;
        int rows;  // below zero: the error
    } const cases[] = {
        {"nothing", "", 0},
        {"white space", " \r\n", 0},
        {"an empty list", "[]", 0},
        {"a list of one", R"([{"00080060":{"vr":"CS","Value":["CT"]}}])", 1},
        {"a data set without the list", R"({"00080060":{"vr":"CS","Value":["CT"]}})", 1},
        {"a byte order mark", "\xEF\xBB\xBF[{}]", 1},
        {"an error report", R"({"error":"no"})", -int(dicom_json_errc::not_data_sets)},
        {"an empty object", "{}", -int(dicom_json_errc::not_data_sets)},
        {"a text", R"("no")", -int(dicom_json_errc::not_data_sets)},
        {"null", "null", -int(dicom_json_errc::not_data_sets)},
        {"a page for people", "<html></html>", -int(dicom_json_errc::not_data_sets)},
        {"Latin-1", "[{\"00081030\":{\"vr\":\"LO\",\"Value\":[\"M\xFCller\"]}}]", -int(dicom_json_errc::not_utf8)},
        {"cut off in a text", R"([{"00080060":{"vr":"CS","Value":["C)", -int(dicom_json_errc::not_json)},
        {"cut off after a row", R"([{"00080060":{"vr":"CS","Value":["CT"]}})", -int(dicom_json_errc::not_json)},
        {"cut off after a comma", R"([{"00080060":{"vr":"CS","Value":["CT"]}},)", -int(dicom_json_errc::not_json)},
        {"cut off in what is skipped", R"([{"00090000":{"vr":"CS","Value":["CT")", -int(dicom_json_errc::not_json)},
        {"two answers", "[{}][{}]", -int(dicom_json_errc::not_json)},
        {"a comma too many", "[{},]", -int(dicom_json_errc::not_json)},
        {"no comma", "[{}{}]", -int(dicom_json_errc::not_json)},
        {"no colon", R"([{"00080060" {}}])", -int(dicom_json_errc::not_json)},
        {"brackets that do not match", R"([{"00080060":{"vr":"CS","Value":["CT"}]}])", -int(dicom_json_errc::not_json)},
        {"a bare NaN", R"([{"00200011":{"vr":"IS","Value":[NaN]}}])", -int(dicom_json_errc::not_json)},
        {"a number that is none", R"([{"00200011":{"vr":"IS","Value":[12x]}}])", -int(dicom_json_errc::not_json)},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const r = read(c.json);
        if (c.rows >= 0) {
            REQUIRE(r.found.has_value());
            CHECK(static_cast<int>(r.found->rows) == c.rows);
            CHECK(static_cast<int>(r.rows.size()) == c.rows);
        } else {
            REQUIRE_FALSE(r.found.has_value());
            CHECK(r.found.error().code == static_cast<dicom_json_errc>(-c.rows));
        }
    }
}

TEST_CASE("leaves out a row that is no data set, and says so")
{
    auto const r = read(R"([null,{"00080060":{"vr":"CS","Value":["CT"]}},7,"x",[]])");
    REQUIRE(r.found.has_value());
    CHECK(r.rows.size() == 1);
    REQUIRE(r.found->issues.size() == 1);
    CHECK(r.found->issues[0].what == issue::kind::incomplete);
}

TEST_CASE("stops when the handler has enough, and can be used again")
{
    dicom_json_reader reader;
    std::string json = "[{},{},{}]";
    auto const first = reader.read(json, [](data_set&&) { return false; });
    REQUIRE(first.has_value());
    CHECK(first->rows == 1);
    CHECK(first->stopped);

    auto const second = reader.read(json, [](data_set&&) { return true; });
    REQUIRE(second.has_value());
    CHECK(second->rows == 3);
    CHECK_FALSE(second->stopped);

    std::string large(9u << 20, ' ');
    large[0] = '[';
    large.back() = ']';
    CHECK(reader.read(large, [](data_set&&) { return true; })->rows == 0);
    CHECK(reader.read(json, [](data_set&&) { return true; })->rows == 3);
}

TEST_CASE("does not copy a text with spare capacity")
{
    std::string json = "[{}]";
    json.reserve(json.size() + dicom_json_reader::padding);
    auto const* const before = json.data();
    CHECK(dicom_json_reader().read(json, [](data_set&&) { return true; })->rows == 1);
    CHECK(json.data() == before);
}

TEST_CASE("never names a value in an issue")
{
    auto const r = read(R"([{"00100010":{"vr":"PN","Value":[true,["SECRET"],"SECRET\u12"]}}, "SECRET"])");
    REQUIRE(r.found.has_value());
    CHECK(r.found->issues.size() == 2);
    for (auto const& i : r.found->issues)
        CHECK(i.text.find("SECRET") == std::string::npos);
}
