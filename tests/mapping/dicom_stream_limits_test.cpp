#include "mapping/dicom_stream.hpp"

#include "tests/mapping/wire.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace pons;
using namespace pons::mapping;
using namespace std::string_literals;

namespace {

stream_errc code_of(result<data_set> const& r)
{
    REQUIRE_FALSE(r.has_value());
    REQUIRE(r.error().code.category() == stream_error_category());
    return static_cast<stream_errc>(r.error().code.value());
}

}  // namespace

TEST_CASE("what is not DICOM is said to be so, with the place")
{
    auto const id = wire().element(0x00100020, "LO", "7 ").text();
    struct {
        char const* name;
        wire bytes;
        char const* where;
    } const cases[] = {
        {"half a header", wire().raw(id).raw("\x10\x00\x30"s), "PatientID (0010,0020)"},
        {"half a long header", wire().raw("\x08\x00\x05\x00OB\0\0"s), "(0000,0000)"},
        {"a length beyond the end", wire().header(0x00100020, "LO", 9).raw("12345678"), "PatientID (0010,0020)"},
        {"a VR that is none", wire().raw("\x10\x00\x20\x00\x01\x02\x00\x00"s), "(0000,0000)"},
        {"undefined length of text", wire().header(0x00420010, "UT", undefined).raw(id), "DocumentTitle (0042,0010)"},
        {"an item nowhere", wire().item(0), "(FFFE,E000)"},
        {"a delimiter nowhere", wire().end_item(), "(FFFE,E00D)"},
        {"a sequence without an end", wire().header(0x00081032, "SQ", undefined), "ProcedureCodeSequence (0008,1032)"},
        {"an item without an end", wire().header(0x00081032, "SQ", undefined).item().raw(id),
         "ProcedureCodeSequence (0008,1032)"},
        {"an item without an end in a defined length", wire().header(0x00081032, "SQ", 18).item().raw(id),
         "ProcedureCodeSequence (0008,1032)"},
        {"a sequence longer than the data set", wire().header(0x00081032, "SQ", 99).item(0),
         "ProcedureCodeSequence (0008,1032)"},
        {"an item longer than the sequence", wire().header(0x00081032, "SQ", 8).item(10).raw(id),
         "ProcedureCodeSequence (0008,1032)"},
        {"an element longer than the item", wire().header(0x00081032, "SQ", 16).item(8).raw(id),
         "ProcedureCodeSequence (0008,1032)"},
        {"an element among items", wire().header(0x00081032, "SQ", undefined).raw(id),
         "ProcedureCodeSequence (0008,1032)"},
        {"an end of items inside an item", wire().header(0x00081032, "SQ", undefined).item().end_sequence(),
         "ProcedureCodeSequence (0008,1032)"},
        {"pixels without an end", wire().header(0x7FE00010, "OB", undefined).item(2).raw("ab"), "(7FE0,0010)"},
        {"pixels beyond the end", wire().header(0x7FE00010, "OB", undefined).item(3).raw("ab"), "(7FE0,0010)"},
        {"a fragment of undefined length", wire().header(0x7FE00010, "OB", undefined).item().end_sequence(),
         "(7FE0,0010)"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const set = c.bytes.read();
        CHECK(code_of(set) == stream_errc::malformed_data_set);
        CHECK(set.error().where == c.where);
    }
}

TEST_CASE("one byte of padding after an odd data set is no fault")
{
    auto const odd = wire().element(0x00100020, "LO", "7").text();
    CHECK(wire().raw(odd).raw("\0"s).read().has_value());
    CHECK(code_of(wire().raw(odd).raw("\1"s).read()) == stream_errc::malformed_data_set);
    CHECK(wire().read()->empty());
}

TEST_CASE("every cut of a good data set is malformed or a shorter data set, never more")
{
    auto const w = wire()
                       .element(0x00080005, "CS", "ISO_IR 192")
                       .header(0x00081032, "SQ", undefined)
                       .item()
                       .element(0x00080104, "LO", "\xC3\xA9")
                       .end_item()
                       .end_sequence()
                       .element(0x00100020, "LO", "7 ");
    std::size_t whole = 0;
    for (std::size_t size = 0; size < w.bytes().size(); ++size) {
        auto const set = read_data_set(w.bytes().first(size), encoding::explicit_le, "");
        whole += set.has_value() ? 1 : 0;
        if (set)
            CHECK_FALSE(set->contains(tags::PatientID));
    }
    CHECK(whole == 3);  // after none, one and two of the three attributes
}

TEST_CASE("a stranger's data set costs no more than the limits")
{
    auto const nested = [](std::size_t depth) {
        wire w(encoding::implicit_le);
        for (std::size_t i = 0; i < depth; ++i)
            w.header(0x00081032, "SQ", undefined).item();
        for (std::size_t i = 0; i < depth; ++i)
            w.end_item().end_sequence();
        return w;
    };
    CHECK(nested(32).read().has_value());
    CHECK(code_of(nested(33).read()) == stream_errc::too_deep);
    CHECK(code_of(nested(20'000).read()) == stream_errc::too_deep);
    CHECK(nested(33).read().error().where == "ProcedureCodeSequence (0008,1032)");
    CHECK(code_of(nested(1).read({.depth = 0})) == stream_errc::too_deep);
    // Depth is where we are, not how many came before.
    wire flat;
    for (std::uint32_t i = 0; i < 100; ++i)
        flat.header(0x00720001 + i, "SQ", undefined).item().end_item().end_sequence();
    CHECK(flat.read({.depth = 1}).has_value());

    wire many;
    for (std::uint32_t i = 0; i < 10; ++i)
        many.element(0x00720001 + i, "LO", "");
    CHECK(many.read({.elements = 10}).has_value());
    CHECK(code_of(many.read({.elements = 9})) == stream_errc::too_many_elements);

    wire items;
    items.header(0x00081032, "SQ", undefined);
    for (int i = 0; i < 100'000; ++i)
        items.item(0);
    CHECK(code_of(items.end_sequence().read()) == stream_errc::too_many_elements);

    auto const id = wire().element(0x00100020, "LO", "7 ");
    CHECK(id.read({.size = 10}).has_value());
    CHECK(code_of(id.read({.size = 9})) == stream_errc::too_large);
}

TEST_CASE("no limit is got round by a character set that comes late again and again")
{
    // Each level reads what is below it twice, so that the work would double with the depth.
    wire w;
    for (int i = 0; i < 30; ++i)
        w.element(0x00080104, "LO", "\xC4").header(0x00081032, "SQ", undefined).item();
    for (int i = 0; i < 30; ++i)
        w.element(0x00080005, "CS", "ISO_IR 126").end_item().end_sequence();
    CHECK(code_of(w.read()) == stream_errc::too_many_elements);
}

TEST_CASE("every stream error has a text of its own")
{
    std::vector<std::string> texts;
    for (auto const code : {stream_errc::malformed_data_set, stream_errc::too_deep, stream_errc::too_many_elements,
                            stream_errc::too_large}) {
        auto const text = make_error_code(code).message();
        CHECK(text != "unknown error");
        CHECK(std::find(texts.begin(), texts.end(), text) == texts.end());
        texts.push_back(text);
    }
}
