#include "upstream/instance_uids.hpp"
#include "tests/upstream/dimse/move/raw_scu.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

using namespace pons::test;
using namespace pons::upstream;

constexpr char implicit_le[] = "1.2.840.10008.1.2";
constexpr char explicit_le[] = "1.2.840.10008.1.2.1";
constexpr char explicit_be[] = "1.2.840.10008.1.2.2";
constexpr char jpeg[] = "1.2.840.10008.1.2.4.70";

constexpr char deflated[] = "1.2.840.10008.1.2.1.99";

/// RFC 1951, without compression: one block as it is.
bytes deflate(bytes const& plain)
{
    auto const size = static_cast<std::uint32_t>(plain.size());
    return bytes("\x01") + raw::little(size, 2) + raw::little(~size & 0xFFFF, 2) + plain;
}

peeked peek(bytes const& data, char const* syntax, bool whole, instance_uids& into)
{
    // Exactly as large as it is, for the sanitizers.
    std::vector<std::byte> const exact(reinterpret_cast<std::byte const*>(data.data()),
                                       reinterpret_cast<std::byte const*>(data.data()) + data.size());
    return peek_instance_uids(exact, syntax, whole, into);
}

bytes tag(std::uint32_t t)
{
    return raw::little(t >> 16, 2) + raw::little(t & 0xFFFF, 2);
}

bytes open(std::uint32_t t, char const* vr)
{
    return tag(t) + bytes(vr) + bytes(2, '\0') + bytes(4, '\xFF');
}

bytes const uids =
    explicit_element(0x0020000D, "UI", "1.2.3", '\0') + explicit_element(0x0020000E, "UI", "1.2.3.4", '\0');
bytes const image = explicit_element(0x00080018, "UI", "1.2.3.4.5", '\0');
bytes const next = explicit_element(0x00200010, "SH", "ID");

TEST_CASE("the UIDs of study and series stand near the beginning of a data set")
{
    auto const item = tag(0xFFFEE000);
    auto const in_item = explicit_element(0x0020000D, "UI", "9.9.9.9.9.9", ' ');
    auto const undefined = open(0x00081115, "SQ") + item + bytes(4, '\xFF') + in_item + tag(0xFFFEE00D) +
                           bytes(4, '\0') + tag(0xFFFEE0DD) + bytes(4, '\0');
    auto const defined = tag(0x00081140) + "SQ" + bytes(2, '\0') + raw::little(8 + 20, 4) + item + raw::little(20, 4) +
                         explicit_element(0x00081150, "UI", "1.2.840.1.2", '\0');
    auto const unknown = open(0x00091010, "UN") + item + bytes(4, '\xFF') + element(0x0020000D, "9.9") +
                         tag(0xFFFEE00D) + bytes(4, '\0') + tag(0xFFFEE0DD) + bytes(4, '\0');
    auto const text = tag(0x00102000) + "UT" + bytes(2, '\0') + raw::little(6, 4) + "a text";
    auto const big = bytes("\0\x20\0\x0DUI\0\6", 8) + bytes("1.2.3\0", 6) + bytes("\0\x20\0\x0EUI\0\4", 8) + "1.20" +
                     bytes("\0\x20\0\x10SH\0\2ID", 10);
    struct {
        char const* name;
        char const* syntax;
        bytes data;
        bool whole;
        peeked how;
        instance_uids in;
    } const cases[] = {
        {"explicit", explicit_le, image + uids + next, false, peeked::found, {"1.2.3", "1.2.3.4"}},
        {"compressed", jpeg, image + uids + next, false, peeked::found, {"1.2.3", "1.2.3.4"}},
        {"implicit",
         implicit_le,
         element(0x0020000D, "1.2.3", '\0') + element(0x0020000E, "1.2 ") + element(0x00200010, "ID"),
         false,
         peeked::found,
         {"1.2.3", "1.2"}},
        {"big endian", explicit_be, big, false, peeked::found, {"1.2.3", "1.20"}},
        {"sequences of every kind before them",
         explicit_le,
         image + undefined + defined + unknown + text + uids + next,
         false,
         peeked::found,
         {"1.2.3", "1.2.3.4"}},
        {"the data set ends with them", explicit_le, image + uids, true, peeked::found, {"1.2.3", "1.2.3.4"}},
        {"more could come", explicit_le, image + uids, false, peeked::more, {"1.2.3", "1.2.3.4"}},
        {"they are not there", explicit_le, image + next, false, peeked::found, {}},
        {"nothing is there", explicit_le, {}, true, peeked::found, {}},
        {"nothing has come", explicit_le, {}, false, peeked::more, {}},
        {"cut", explicit_le, (image + uids).substr(0, 30), true, peeked::unreadable, {}},
        {"a length beyond everything",
         explicit_le,
         tag(0x00080018) + "OB" + bytes(2, '\0') + raw::little(0x7FFFFFFF, 4),
         false,
         peeked::more,
         {}},
        {"deflated", deflated, deflate(image + uids + next), true, peeked::found, {"1.2.3", "1.2.3.4"}},
        {"deflated, not all has come", deflated, deflate(image + uids), false, peeked::more, {"1.2.3", "1.2.3.4"}},
        {"said to be deflated", deflated, bytes("\x07") + image + uids + next, true, peeked::unreadable, {}},
        {"implicit, said to be explicit",
         explicit_le,
         element(0x0020000D, "1.2.3") + next,
         true,
         peeked::unreadable,
         {}},
        {"too deep", explicit_le, nested_sequences(40), false, peeked::unreadable, {}},
        {"an end without a beginning", explicit_le, tag(0xFFFEE0DD) + bytes(4, '\0'), false, peeked::unreadable, {}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        instance_uids in;
        CHECK(peek(c.data, c.syntax, c.whole, in) == c.how);
        CHECK(in.study == c.in.study);
        CHECK(in.series == c.in.series);
    }
}

TEST_CASE("however much has come, what is found does not change")
{
    auto const data = image + uids + next;
    for (std::size_t size = 0; size < data.size(); ++size) {
        CAPTURE(size);
        instance_uids in;
        auto const how = peek(data.substr(0, size), explicit_le, false, in);
        auto const enough = (image + uids).size() + 8;
        CHECK(how == (size < enough ? peeked::more : peeked::found));
    }
}

TEST_CASE("what an instance is stands further in front")
{
    auto const sop_class = explicit_element(0x00080016, "UI", "1.2.840.1.7", '\0');
    auto const before = explicit_element(0x00080005, "CS", "ISO_IR 100");
    auto const behind = explicit_element(0x00080020, "DA", "20260101");
    struct {
        char const* name;
        char const* syntax;
        bytes data;
        bool whole;
        peeked how;
        sop_uids in;
    } const cases[] = {
        {"both", explicit_le, before + sop_class + image + behind, false, peeked::found, {"1.2.840.1.7", "1.2.3.4.5"}},
        {"both, and the end", explicit_le, sop_class + image, true, peeked::found, {"1.2.840.1.7", "1.2.3.4.5"}},
        {"more could come", explicit_le, sop_class + image, false, peeked::more, {"1.2.840.1.7", "1.2.3.4.5"}},
        {"no class", explicit_le, image + behind, false, peeked::found, {"", "1.2.3.4.5"}},
        {"neither", explicit_le, before + behind, false, peeked::found, {}},
        {"implicit",
         implicit_le,
         element(0x00080016, "1.2", '\0') + element(0x00080018, "1.2.3", '\0') + element(0x00080020, "20260101"),
         false,
         peeked::found,
         {"1.2", "1.2.3"}},
        {"deflated", deflated, deflate(sop_class + image + behind), true, peeked::found, {"1.2.840.1.7", "1.2.3.4.5"}},
        {"another syntax", explicit_le, element(0x00080016, "1.2.3"), true, peeked::unreadable, {}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        std::vector<std::byte> const exact(reinterpret_cast<std::byte const*>(c.data.data()),
                                           reinterpret_cast<std::byte const*>(c.data.data()) + c.data.size());
        sop_uids in;
        CHECK(peek_sop_uids(exact, c.syntax, c.whole, in) == c.how);
        CHECK(in.sop_class == c.in.sop_class);
        CHECK(in.sop_instance == c.in.sop_instance);
    }
}

TEST_CASE("an instance of another study or series was not asked for")
{
    retrieve_request const study{"1.2", "", ""};
    retrieve_request const series{"1.2", "1.2.3", ""};
    CHECK(was_asked_for(study, {"1.2", "1.2.4"}));
    CHECK(was_asked_for(series, {"1.2", "1.2.3"}));
    CHECK(was_asked_for(series, {}));
    CHECK_FALSE(was_asked_for(study, {"1.20", ""}));
    CHECK_FALSE(was_asked_for(series, {"1.2", "1.2.4"}));
    CHECK_FALSE(was_asked_for(series, {"1.3", "1.2.3"}));
}

}  // namespace
