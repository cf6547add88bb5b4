#include "mapping/dicom_json_writer.hpp"

#include "mapping/dicom_json.hpp"
#include "mapping/native_xml.hpp"

#include <doctest/doctest.h>

using namespace pons::mapping;

namespace {

data_set a_row()
{
    data_set row;
    row.add(tags::StudyDate, "20240310");
    row.begin(tags::AccessionNumber, "SH"_vr);
    row.add(tags::ModalitiesInStudy, "CS"_vr, {"CT", "", "SR"});
    row.add(tags::PatientName, "Yamada^Tarou^\"T\"==やまだ^たろう");
    row.add(tags::StudyInstanceUID, "1.2.3");
    row.add(tags::NumberOfStudyRelatedSeries, "2");
    row.add(tag{0x00280030}, "DS"_vr, {"0.5", "+1.5", "1e-3", "007"});
    auto* const items = row.add_sequence(tags::RequestAttributesSequence);
    items->emplace_back().add(tags::RequestedProcedureID, "R<1>");
    items->emplace_back();
    row.begin(tag{0x7FE00010}, "OW"_vr);
    return row;
}

}  // namespace

TEST_CASE("a data set as DICOM JSON")
{
    std::string json;
    append_dicom_json(json, a_row());
    CHECK(json == R"({"00080020":{"vr":"DA","Value":["20240310"]},"00080050":{"vr":"SH"},)"
                  R"("00080061":{"vr":"CS","Value":["CT",null,"SR"]},)"
                  R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Yamada^Tarou^\"T\"","Phonetic":"やまだ^たろう"}]},)"
                  R"("0020000D":{"vr":"UI","Value":["1.2.3"]},"00201206":{"vr":"IS","Value":[2]},)"
                  R"("00280030":{"vr":"DS","Value":[0.5,"+1.5","1e-3","007"]},)"
                  R"("00400275":{"vr":"SQ","Value":[{"00401001":{"vr":"SH","Value":["R<1>"]}},{}]},)"
                  R"("7FE00010":{"vr":"OW"}})");
}

TEST_CASE("what is written as DICOM JSON is read back the same")
{
    std::string json = "[";
    append_dicom_json(json, a_row(), without_bulk);
    json += "]";
    CHECK(json.find("7FE00010") == std::string::npos);
    dicom_json_reader reader;
    std::vector<data_set> rows;
    auto const read = reader.read(json, [&](data_set&& row) {
        rows.push_back(std::move(row));
        return true;
    });
    REQUIRE(read);
    REQUIRE(rows.size() == 1);
    std::string again;
    append_dicom_json(again, rows.front());
    std::string first;
    append_dicom_json(first, a_row(), without_bulk);
    CHECK(again == first);
}

TEST_CASE("numbers that JSON has no form for are texts")
{
    data_set row;
    row.add(tag{0x00080000 + 0x11}, "FD"_vr, {"nan", "inf", "-0.5", "12345678901234567"});
    std::string json;
    append_dicom_json(json, row);
    CHECK(json == R"({"00080011":{"vr":"FD","Value":["NaN","inf",-0.5,"12345678901234567"]}})");
}

TEST_CASE("a data set as the Native DICOM Model")
{
    std::string xml;
    append_native_xml(xml, a_row(), without_bulk);
    CHECK(xml ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<NativeDicomModel xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" xml:space=\"preserve\">"
          "<DicomAttribute tag=\"00080020\" vr=\"DA\" keyword=\"StudyDate\"><Value number=\"1\">20240310</Value>"
          "</DicomAttribute>"
          "<DicomAttribute tag=\"00080050\" vr=\"SH\" keyword=\"AccessionNumber\"></DicomAttribute>"
          "<DicomAttribute tag=\"00080061\" vr=\"CS\" keyword=\"ModalitiesInStudy\"><Value number=\"1\">CT</Value>"
          "<Value number=\"3\">SR</Value></DicomAttribute>"
          "<DicomAttribute tag=\"00100010\" vr=\"PN\" keyword=\"PatientName\"><PersonName number=\"1\"><Alphabetic>"
          "<FamilyName>Yamada</FamilyName><GivenName>Tarou</GivenName><MiddleName>&quot;T&quot;</MiddleName>"
          "</Alphabetic><Phonetic><FamilyName>やまだ</FamilyName><GivenName>たろう</GivenName></Phonetic>"
          "</PersonName></DicomAttribute>"
          "<DicomAttribute tag=\"0020000D\" vr=\"UI\" keyword=\"StudyInstanceUID\"><Value number=\"1\">1.2.3</Value>"
          "</DicomAttribute>"
          "<DicomAttribute tag=\"00201206\" vr=\"IS\" keyword=\"NumberOfStudyRelatedSeries\"><Value number=\"1\">2"
          "</Value></DicomAttribute>"
          "<DicomAttribute tag=\"00280030\" vr=\"DS\" keyword=\"PixelSpacing\"><Value number=\"1\">0.5</Value>"
          "<Value number=\"2\">+1.5</Value><Value number=\"3\">1e-3</Value><Value number=\"4\">007</Value>"
          "</DicomAttribute>"
          "<DicomAttribute tag=\"00400275\" vr=\"SQ\" keyword=\"RequestAttributesSequence\"><Item number=\"1\">"
          "<DicomAttribute tag=\"00401001\" vr=\"SH\" keyword=\"RequestedProcedureID\"><Value number=\"1\">R&lt;1&gt;"
          "</Value></DicomAttribute></Item><Item number=\"2\"></Item></DicomAttribute>"
          "</NativeDicomModel>");
}
