#include "mapping/instance_writer.hpp"

#include "mapping/base64.hpp"
#include "mapping/dicom_json.hpp"
#include "mapping/dicom_json_writer.hpp"
#include "mapping/native_xml.hpp"
#include "mapping/native_xml_reader.hpp"
#include "tests/mapping/wire.hpp"
#include "tests/support/dice.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace pons;
using namespace pons::mapping;
using namespace std::string_literals;

namespace {

std::string const files = PONS_SOURCE_DIR "/tests/data/dicom/";

data_set read_json(std::string json, std::size_t issues = 0)
{
    dicom_json_reader reader(dicom_json_reader::keep::instances);
    data_set set;
    auto const read = reader.read(json, [&](data_set&& row) {
        set = std::move(row);
        return true;
    });
    REQUIRE(read.has_value());
    CHECK(read->issues.size() == issues);
    return set;
}

std::string text_of(std::vector<std::byte> const& bytes)
{
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

bool is_whole(std::string const& json)
{
    return write_instance(read_json(json)).whole;
}

/// The data set of a file in the repository; nothing for those that are broken on purpose.
std::optional<data_set> read_file(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    std::string const file{std::istreambuf_iterator<char>(in), {}};
    if (file.size() < 160 || file.substr(128, 4) != "DICM")
        return {};
    auto const bytes = std::as_bytes(std::span(file));
    auto const size = static_cast<std::size_t>(bytes[140]) | static_cast<std::size_t>(bytes[141]) << 8;
    if (144 + size > file.size())
        return {};
    auto const information = read_data_set(bytes.subspan(132, 12 + size), encoding::explicit_le, "");
    if (!information)
        return {};
    auto const syntax = information->text(tag{0x00020010});
    auto const as = syntax == "1.2.840.10008.1.2"     ? encoding::implicit_le
                    : syntax == "1.2.840.10008.1.2.2" ? encoding::explicit_be
                                                      : encoding::explicit_le;
    letters_read letters;
    auto set =
        read_data_set(bytes.subspan(144 + size), as, "ISO_IR 100", {.elements = 100'000, .size = 1 << 26}, &letters);
    return set && letters.lost == 0 && !set->empty() ? std::optional(std::move(*set)) : std::nullopt;
}

/// Without Specific Character Set (0008,0005), wherever it stands.
std::string without_labels(std::string json)
{
    constexpr std::string_view label = "\"00080005\":{";
    for (auto at = json.find(label); at != json.npos; at = json.find(label))
        json.erase(at, json.find("},", at) + 2 - at);
    return json;
}

std::string digits(test::dice& dice)
{
    return std::to_string(dice.between(-999, 999));
}

/// A data set with every kind of value, as metadata has it, and the same as it is read again: binary values are gone.
struct pair {
    data_set sent;
    data_set read;
};

void add_values(pair& to, tag t, vr as, std::vector<std::string> const& values)
{
    for (auto* const set : {&to.sent, &to.read}) {
        set->begin(t, as);
        for (auto const& value : values)
            set->value(value);
    }
}

pair make(test::dice& dice, int depth, int& places)
{
    pair made;
    for (std::uint32_t element = 0x0010; element < 0x0010 + 12; ++element) {
        tag const t{0x00120000 + element};  // of no VR that Pons would prefer
        switch (dice.below(9)) {
            case 0:
                add_values(made, t, "LO"_vr, {"plain", "Grüße", digits(dice)});
                break;
            case 1:
                add_values(made, t, "PN"_vr, {"Yamada^Tarou=山田^太郎=やまだ^たろう"});
                break;
            case 2:
                add_values(made, t, "SS"_vr, {digits(dice), "-32768", "32767"});
                break;
            case 3:
                add_values(made, t, "FD"_vr, {"0.1", digits(dice)});
                break;
            case 4:
                add_values(made, t, "AT"_vr, {"0010001F", "FFFEE000"});
                break;
            case 5:
                add_values(made, t, "UT"_vr, {std::string(dice.below(70'000), 'x') + "a\\b"});
                break;
            case 6:
                made.sent.add_one(t, "OB"_vr, dice.one_in(2) ? "data:;base64,AAEC" : "bulk" + std::to_string(places++));
                made.read.begin(t, "OB"_vr);
                break;
            case 7:
                add_values(made, t, "DS"_vr, {});
                break;
            default: {
                auto* const sent = made.sent.add_sequence(t);
                auto* const read = made.read.add_sequence(t);
                for (auto n = depth < 3 ? dice.below(3) : 0; n > 0; --n) {
                    auto item = make(dice, depth + 1, places);
                    sent->push_back(std::move(item.sent));
                    read->push_back(std::move(item.read));
                }
            }
        }
    }
    return made;
}

}  // namespace

TEST_CASE("an instance is written as PS3.5 says, with a gap for what is elsewhere")
{
    auto const set = read_json(R"({
        "00020010": {"vr": "UI", "Value": ["1.2.840.10008.1.2.4.50"]},
        "00080000": {"vr": "UL", "Value": [100]},
        "00080016": {"vr": "UI", "Value": ["1.2.3"]},
        "00083002": {"vr": "UI", "Value": ["1.2.840.10008.1.2.1"]},
        "00091001": {"vr": "US", "Value": [7, 65535]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Gr\u00fcn^Ada"}]},
        "54000100": {"vr": "SQ", "Value": [{"54001010": {"vr": "OW", "BulkDataURI": "wave"}}, {}]},
        "7FE00010": {"vr": "OB", "InlineBinary": "AQID"},
        "00420011": {"vr": "OB", "BulkDataURI": "document"}})");
    auto const written = write_instance(set);
    CHECK(written.whole);
    auto const before = wire()
                            .element(0x00080005, "CS", "ISO_IR 192")
                            .element(0x00080016, "UI", "1.2.3\0"s)
                            .element(0x00091001, "US", "\x07\0\xFF\xFF"s)
                            .element(0x00100010, "PN", "Grün^Ada ")
                            .text();
    auto const sequence = wire().header(0x54000100, "SQ", undefined).item().text();
    auto const rest = wire().end_item().item().end_item().end_sequence().element(0x7FE00010, "OB", "\1\2\3\0"s).text();
    CHECK(text_of(written.bytes) == before + sequence + rest);
    REQUIRE(written.gaps.size() == 2);
    CHECK(written.gaps[0].at == before.size());
    CHECK(written.gaps[0].t == tag{0x00420011});
    CHECK(written.gaps[0].place == "document");
    CHECK_FALSE(written.gaps[0].nested);
    CHECK(written.gaps[1].at == before.size() + sequence.size());
    CHECK(written.gaps[1].vr == "OW"_vr);
    CHECK(written.gaps[1].place == "wave");
    CHECK(written.gaps[1].nested);
}

TEST_CASE("the character set is said where it must be")
{
    auto const ascii = write_instance(read_json(R"({"00080060":{"vr":"CS","Value":["OT"]}})"));
    CHECK(text_of(ascii.bytes) == wire().element(0x00080060, "CS", "OT").text());
    auto const named = write_instance(
        read_json(R"({"00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00080060":{"vr":"CS","Value":["OT"]}})"));
    CHECK(text_of(named.bytes) ==
          wire().element(0x00080005, "CS", "ISO_IR 192").element(0x00080060, "CS", "OT").text());
}

TEST_CASE("the VR of a value that is elsewhere")
{
    struct {
        char const* json;
        vr as;
    } const cases[] = {
        {R"({"00283006":{"vr":"US","BulkDataURI":"x"}})", "OW"_vr},  // LUT Data, US or OW
        {R"({"00700022":{"vr":"FL","BulkDataURI":"x"}})", "FL"_vr},  // Graphic Data
        {R"({"00091001":{"vr":"UT","BulkDataURI":"x"}})", "UN"_vr},  // private
        {R"({"00281101":{"vr":"US","BulkDataURI":"x"}})", "UN"_vr},  // US or SS
        {R"({"7FE00010":{"BulkDataURI":"x"}})", "OW"_vr},
        {R"({"7FE00010":{"vr":"OB","BulkDataURI":"x"}})", "OB"_vr},
    };
    for (auto const& c : cases) {
        CAPTURE(c.json);
        auto const set = read_json(c.json);
        auto const written = write_instance(set);
        REQUIRE(written.gaps.size() == 1);
        CHECK(written.gaps[0].vr == c.as);
    }
}

TEST_CASE("what cannot be written as it is said makes no instance")
{
    CHECK(is_whole(R"({"00280010":{"vr":"US","Value":[65535]}})"));
    CHECK(is_whole(R"({"00280010":{"Value":[65535]}})"));
    CHECK_FALSE(is_whole(R"({"00280010":{"vr":"US","Value":[65536]}})"));
    CHECK_FALSE(is_whole(R"({"00280010":{"vr":"US","Value":[1.5]}})"));
    CHECK_FALSE(is_whole(R"({"00280010":{"vr":"US","Value":[1,null]}})"));
    CHECK_FALSE(is_whole(R"({"00091001":{"vr":"AT","Value":["nonsense"]}})"));
    CHECK_FALSE(is_whole(R"({"00091001":{"vr":"ZZ","Value":["1"]}})"));
    CHECK_FALSE(is_whole(R"({"00091001":{"vr":"ZZ"}})"));
    CHECK_FALSE(is_whole(R"({"00281101":{"Value":[1]}})"));  // US or SS: it must be said
    CHECK_FALSE(is_whole(R"({"00091001":{"vr":"OB","InlineBinary":"A"}})"));
    CHECK_FALSE(is_whole(R"({"00091001":{"vr":"OB","InlineBinary":"QQ==QQ=="}})"));
    CHECK_FALSE(is_whole(R"({"00080060":{"vr":"LO","Value":[")" + std::string(70'000, 'x') + R"("]}})"));
    static_cast<void>(read_json(R"({"7FE00010":{"vr":"OB","Value":["QUI="]}})", 1));
    std::string many = "{";
    for (std::uint32_t n = 0; n < 5000; ++n)
        many.append(n == 0 ? "\"" : ",\"").append(to_hex(tag{0x0011FFFF - n})).append("\":{\"vr\":\"LO\"}");
    static_cast<void>(read_json(many + "}", 1));
}

TEST_CASE("base64 is taken whole, or not")
{
    CHECK(from_base64("") == "");
    CHECK(from_base64("QQ==") == "A");
    CHECK(from_base64("QUI=") == "AB");
    CHECK(from_base64("QUJD") == "ABC");
    for (auto const* const wrong : {"Q", "QQ", "QQ=", "QQ==QQ==", "====", " QQ==", "Q Q=", "QQ=Q", "QU-_"})
        CHECK_FALSE(from_base64(wrong));
}

TEST_CASE("metadata that is written and read again says the same")
{
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        test::dice dice(seed);
        int places = 0;
        auto const made = make(dice, 0, places);
        std::string json;
        append_dicom_json(json, made.sent);
        auto const set = read_json(json);
        CHECK(set == made.sent);
        std::string xml;
        append_native_xml(xml, made.sent);
        auto const from_xml = read_native_xml(xml);
        REQUIRE(from_xml.has_value());
        CHECK(from_xml->whole);
        CHECK(from_xml->set == made.sent);
        auto const written = write_instance(set);
        CHECK(written.whole);
        // Where a value goes, an empty one.
        std::vector<std::byte> filled;
        std::size_t at = 0;
        auto const begin = written.bytes.begin();
        for (auto const& gap : written.gaps) {
            filled.insert(filled.end(), begin + static_cast<std::ptrdiff_t>(at),
                          begin + static_cast<std::ptrdiff_t>(gap.at));
            append_element_header(gap.t, gap.vr, 0, filled);
            at = gap.at;
        }
        filled.insert(filled.end(), begin + static_cast<std::ptrdiff_t>(at), written.bytes.end());
        CHECK(static_cast<int>(written.gaps.size()) == places);
        auto again = read_data_set(filled, encoding::explicit_le, "", {.elements = 100'000, .size = 1 << 26});
        REQUIRE(again.has_value());
        if (again->contains(tags::SpecificCharacterSet)) {
            auto expected = made.read;
            expected.add(tags::SpecificCharacterSet, "CS"_vr, {"ISO_IR 192"});
            CHECK(*again == expected);
        } else {
            CHECK(*again == made.read);
        }
    }
}

TEST_CASE("every file in the repository goes through DICOM JSON and back")
{
    std::size_t done = 0;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(files)) {
        if (entry.path().extension() != ".dcm")
            continue;
        CAPTURE(entry.path().string());
        auto const set = read_file(entry.path());
        if (!set)
            continue;
        std::string json;
        append_dicom_json(json, *set);
        auto const read = read_json(json);
        auto const written = write_instance(read);
        CHECK(written.whole);
        auto const again =
            read_data_set(written.bytes, encoding::explicit_le, "", {.elements = 100'000, .size = 1 << 26});
        REQUIRE(again.has_value());
        // Character sets are ours, also those of items; all else is the file's.
        std::string here;
        append_dicom_json(here, *again);
        CHECK(without_labels(here) == without_labels(json));
        std::string xml;
        append_native_xml(xml, *set);
        auto const from_xml = read_native_xml(xml);
        REQUIRE(from_xml.has_value());
        CHECK(from_xml->whole);
        // Its model has no empty ends of names and values.
        std::string xml_again;
        append_native_xml(xml_again, from_xml->set);
        constexpr std::string_view nobody = "<PersonName number=\"1\"><Alphabetic></Alphabetic></PersonName>";
        for (auto name = xml.find(nobody); name != xml.npos; name = xml.find(nobody))
            xml.erase(name, nobody.size());
        CHECK(xml_again == xml);
        ++done;
    }
    CHECK(done > 100);
}
