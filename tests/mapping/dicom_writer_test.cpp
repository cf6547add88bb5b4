#include "mapping/dicom_stream.hpp"

#include "tests/mapping/wire.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pons::mapping;
using namespace std::string_literals;

TEST_CASE("a query is written as PS3.5 says")
{
    data_set keys;
    keys.add(tags::StudyInstanceUID, "UI"_vr, {"1.2.3"});
    keys.add(tags::QueryRetrieveLevel, "CS"_vr, {"STUDY"});
    keys.add(tags::PatientName, "PN"_vr, {});
    keys.add(tags::ModalitiesInStudy, "CS"_vr, {"CT", "MR"});
    keys.add_sequence(tags::ProcedureCodeSequence);
    auto* const items = keys.add_sequence(tags::RequestAttributesSequence);
    items->emplace_back().add(tags::ScheduledProcedureStepID, "SH"_vr, {"S1"});

    auto const expected = [](encoding as) {
        auto const step = wire(as).element(0x00400009, "SH", "S1").text();
        auto const size = static_cast<std::uint32_t>(step.size());
        return wire(as)
            .element(0x00080052, "CS", "STUDY ")
            .element(0x00080061, "CS", "CT\\MR ")
            .element(0x00081032, "SQ", "")
            .element(0x00100010, "PN", "")
            .element(0x0020000D, "UI", "1.2.3\0"s)
            .header(0x00400275, "SQ", 8 + size)
            .item(size)
            .raw(step)
            .text();
    };
    for (auto const as : encodings) {
        CAPTURE(static_cast<int>(as));
        auto const w = write_data_set(keys, as, "ISO_IR 192");
        CHECK(w.lossless);
        CHECK(std::string(reinterpret_cast<char const*>(w.bytes.data()), w.bytes.size()) == expected(as));
        auto const again = read_data_set(w.bytes, as, "");
        REQUIRE(again.has_value());
        CHECK(*again == keys);
    }
}

TEST_CASE("numbers are written back")
{
    data_set keys;
    keys.add(tag{0x00720001}, "US"_vr, {"1", "65535"});
    keys.add(tag{0x00720002}, "SS"_vr, {"-1"});
    keys.add(tag{0x00720003}, "AT"_vr, {"0020000D"});
    keys.add(tag{0x00720004}, "FD"_vr, {"0.1", "-inf", "nan"});
    keys.add(tag{0x00720005}, "UV"_vr, {"18446744073709551615"});
    for (auto const as : {encoding::explicit_le, encoding::explicit_be}) {
        auto const w = write_data_set(keys, as, "");
        CHECK(w.lossless);
        CHECK(*read_data_set(w.bytes, as, "") == keys);
    }
    data_set wrong;
    wrong.add(tag{0x00720001}, "US"_vr, {"65536"});
    auto const w = write_data_set(wrong, encoding::explicit_le, "");
    CHECK_FALSE(w.lossless);
    CHECK(read_data_set(w.bytes, encoding::explicit_le, "")->count(tag{0x00720001}) == 0);
}

TEST_CASE("the character set of a query is written when it is needed")
{
    struct {
        char const* name;
        bool has_label;
        char const* label;    // in the keys
        char const* charset;  // of the source
        char const* patient;
        char const* written;  // null: no (0008,0005)
        char const* read_back;
        bool lossless = true;
    } const cases[] = {
        {"ASCII, not asked for", false, "", "ISO_IR 192", "Muller", nullptr, "Muller"},
        {"ASCII, asked for", true, "", "ISO_IR 192", "Muller", "", "Muller"},
        {"not ASCII, not asked for", false, "", "ISO_IR 192", "Müller", "ISO_IR 192", "Müller"},
        {"not ASCII, asked for", true, "", "ISO_IR 100", "Müller", "ISO_IR 100", "Müller"},
        {"the caller's own", true, "ISO_IR 100", "ISO_IR 192", "Müller", "ISO_IR 100", "Müller"},
        {"Japanese", true, "", "ISO 2022 IR 87", "山田^太郎", "|ISO 2022 IR 87", "山田^太郎"},
        {"GB18030", true, "", "GB18030", "王^𠀀", "GB18030", "王^𠀀"},
        {"not in the set", true, "", "ISO_IR 100", "Škoda", "ISO_IR 100", "?koda", false},
        {"no set", true, "", "", "Škoda", "", "?koda", false},
        {"a label beyond ASCII, understood", true, "GBK½", "ISO_IR 192", "王^伟", "GBK", "王^伟"},
        {"a label beyond ASCII that says nothing", true, "½", "ISO_IR 100", "Müller", "ISO_IR 100", "Müller"},
        {"a set without a term", true, "", "windows-1250", "Škoda", "", "Škoda"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        data_set keys;
        if (c.has_label && *c.label)
            keys.add(tags::SpecificCharacterSet, "CS"_vr, {c.label});
        else if (c.has_label)
            keys.add(tags::SpecificCharacterSet, "CS"_vr, {});
        keys.add(tags::PatientName, "PN"_vr, {c.patient});
        auto const w = write_data_set(keys, encoding::explicit_le, c.charset);
        CHECK(w.lossless == c.lossless);
        auto const set = read_data_set(w.bytes, encoding::explicit_le, c.charset);
        REQUIRE(set.has_value());
        CHECK(set->contains(tags::SpecificCharacterSet) == (c.written != nullptr));
        CHECK(joined(*set, tags::SpecificCharacterSet) == (c.written ? c.written : ""));
        CHECK(set->text(tags::PatientName) == c.read_back);
    }
}

TEST_CASE("a label that the reader takes for another set stands over that one")
{
    source_text const reader("ISO_IR 100", {{"ISO_IR 100", "ISO_IR 144"}});
    data_set keys;
    keys.add(tags::PatientName, "PN"_vr, {"Иванов"});
    auto const w = write_data_set(keys, encoding::explicit_le, "ISO_IR 100", reader);
    CHECK(w.lossless);
    auto const as_labelled = read_data_set(w.bytes, encoding::explicit_le, "");
    REQUIRE(as_labelled.has_value());
    CHECK(as_labelled->text(tags::SpecificCharacterSet) == "ISO_IR 100");
    CHECK(as_labelled->text(tags::PatientName) == "¸ÒÐÝÞÒ");
    CHECK(read_data_set(w.bytes, encoding::explicit_le, reader)->text(tags::PatientName) == "Иванов");
}

TEST_CASE("an item's own character set is not written, since the whole is in one")
{
    data_set keys;
    auto* const items = keys.add_sequence(tags::ProcedureCodeSequence);
    auto& item = items->emplace_back();
    item.add(tags::SpecificCharacterSet, "CS"_vr, {"ISO_IR 100"});
    item.add(tags::CodeMeaning, "LO"_vr, {"é"});
    auto const w = write_data_set(keys, encoding::explicit_le, "ISO_IR 192");
    auto const set = read_data_set(w.bytes, encoding::explicit_le, "");
    REQUIRE(set.has_value());
    CHECK(set->text(tags::SpecificCharacterSet) == "ISO_IR 192");
    REQUIRE(set->items(tags::ProcedureCodeSequence).size() == 1);
    CHECK_FALSE(set->items(tags::ProcedureCodeSequence)[0].contains(tags::SpecificCharacterSet));
    CHECK(set->items(tags::ProcedureCodeSequence)[0].text(tags::CodeMeaning) == "é");
}

TEST_CASE("a value too long for its VR is left out, so that more is found and never less")
{
    data_set keys;
    keys.add(tags::StudyInstanceUID, "UI"_vr, {std::string(0x10000, '1')});
    auto const in_explicit = write_data_set(keys, encoding::explicit_le, "");
    CHECK_FALSE(in_explicit.lossless);
    CHECK(read_data_set(in_explicit.bytes, encoding::explicit_le, "")->count(tags::StudyInstanceUID) == 0);
    auto const in_implicit = write_data_set(keys, encoding::implicit_le, "");
    CHECK(in_implicit.lossless);
    CHECK(*read_data_set(in_implicit.bytes, encoding::implicit_le, "") == keys);
}
