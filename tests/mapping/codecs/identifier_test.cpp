#include "mapping/codecs/identifier.hpp"

#include <doctest/doctest.h>

using namespace pons::mapping;
using namespace pons::mapping::codecs;

TEST_CASE("tells who assigned an identifier")
{
    struct {
        std::string_view name;
        std::string_view id;
        std::string_view type;
        std::string_view local;
        std::string_view system;
        std::string_view display;
    } const cases[] = {
        {"OID", "1.2.840.1", "ISO", "HOSP", "urn:oid:1.2.840.1", "HOSP"},
        {"not an OID", "1.02.840", "ISO", "", "", "1.02.840"},
        {"not an OID, with a name", "HOSPITAL", "ISO", "HOSP", "", "HOSP"},
        {"UUID", "123e4567-e89b-12d3-a456-426614174000", "UUID", "", "urn:uuid:123e4567-e89b-12d3-a456-426614174000",
         ""},
        {"not a UUID", "123e4567e89b12d3a456426614174000", "UUID", "", "", "123e4567e89b12d3a456426614174000"},
        {"URI", "http://hosp.example.org/mrn", "URI", "", "http://hosp.example.org/mrn", ""},
        {"not a URI", "hosp.example.org", "URI", "", "", "hosp.example.org"},
        {"a URI with a blank", "http://hosp example", "URI", "", "", "http://hosp example"},
        {"DNS is no system", "hosp.example.org", "DNS", "", "", "hosp.example.org"},
        {"DNS behind the local name", "hosp.example.org", "DNS", "HOSP", "", "HOSP"},
        {"another type", "0123456789ABCDEF", "EUI64", "", "", "0123456789ABCDEF"},
        {"local name alone", "", "", "HOSP", "", "HOSP"},
        {"a type alone", "", "ISO", "", "", ""},
        {"nothing", "", "", "", "", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto i = to_issuer(c.id, c.type, c.local);
        CHECK(i.system == c.system);
        CHECK(i.assigner_display == c.display);
        // And what FHIR then says comes back from DICOM as it was.
        auto back = to_item(i);
        CHECK(to_issuer(back) == i);
        if (!c.system.empty()) {
            CHECK(back.text(tags::UniversalEntityID) == c.id);
            CHECK(back.text(tags::UniversalEntityIDType) == c.type);
        }
    }
    CHECK(issuer{}.empty());
    CHECK(to_item(issuer{}).empty());
}

TEST_CASE("a URI in pieces equals the whole")
{
    CHECK(system_uri{"urn:oid:", "1.2.3"} == "urn:oid:1.2.3");
    CHECK(system_uri{"urn:oid:1", ".2.3"} == system_uri{"urn:oid:", "1.2.3"});
    CHECK_FALSE(system_uri{"urn:oid:", "1.2.3"} == "urn:oid:1.2.4");
    CHECK_FALSE(system_uri{"aba", "ba"} == "aba");
    CHECK_FALSE(system_uri{"ab", "ab"} == "abb");
    CHECK_FALSE(system_uri{"urn:oid:1", ".2.3"} == system_uri{"urn:oid:", "1.2.4"});
    CHECK(system_uri{"urn:oid:", "1.2.3"}.str() == "urn:oid:1.2.3");
    CHECK(system_uri{}.empty());
}

TEST_CASE("knows a UID")
{
    for (std::string_view good :
         {"1", "0", "1.2.840.10008.1.1", "1.0.2", "2.25.329800735698586629295641978511506172918",
          "1.2.3.4567890123456789012345678901234567890123456789012345678901"}) {
        CAPTURE(good);
        CHECK(is_uid(good));
        CHECK(is_fhir_id(good));
        CHECK(uid_of_urn(urn_of_uid(good).str()) == good);
    }
    for (std::string_view bad : {"", ".", "1.", ".1", "1..2", "1.02", "00", "1.2a", "1.2 ", " 1.2", "1,2", "1.-2",
                                 "1.2\n", "1.2.3.45678901234567890123456789012345678901234567890123456789012"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_uid(bad));
        CHECK_FALSE(uid_of_urn(urn_of_uid(bad).str()));
    }
    for (std::string_view bad : {"", "1.2.3", "URN:OID:1.2.3", "urn:oid:", "urn:uuid:1", "urn:oid:urn:oid:1.2"}) {
        CAPTURE(bad);
        CHECK_FALSE(uid_of_urn(bad));
    }
}

TEST_CASE("knows a FHIR id")
{
    for (std::string_view good : {"a", "A-1.b", "main-pacs-wado-rs", "1.2.3"}) {
        CAPTURE(good);
        CHECK(is_fhir_id(good));
    }
    CHECK(is_fhir_id(std::string(64, 'x')));
    CHECK_FALSE(is_fhir_id(std::string(65, 'x')));
    for (std::string_view bad : {"", "a b", "a_b", "a/b", "é", "a\n"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_fhir_id(bad));
    }
}

TEST_CASE("makes a matching key of a value, or says that nothing can match")
{
    using enum text_key::kind;
    struct {
        std::string_view name;
        std::string_view value;
        std::size_t most;
        text_key::kind what;
        std::string_view key;
    } const cases[] = {
        {"plain", "A123", max_sh, exact, "A123"},
        {"padding", "  A123 ", max_sh, exact, "A123"},
        {"inner space", "A 123", max_sh, exact, "A 123"},
        {"a literal star", "A*1", max_sh, superset, "A*1"},
        {"a literal question mark", "A?1", max_sh, superset, "A?1"},
        {"only wild cards", "*?", max_sh, everything, ""},
        {"backslash", "A\\1", max_sh, impossible, ""},
        {"control character", "A\n1", max_sh, impossible, ""},
        {"escape", "\x1b$B", max_sh, impossible, ""},
        {"delete", "A\x7f", max_sh, impossible, ""},
        {"empty", "", max_sh, impossible, ""},
        {"blank", "   ", max_sh, impossible, ""},
        {"two quotes ask for empty values", "\"\"", max_sh, impossible, ""},
        {"one quote is a letter", "\"", max_sh, exact, "\""},
        {"as long as may be", "1234567890123456", max_sh, exact, "1234567890123456"},
        {"longer", "12345678901234567", max_sh, superset, "123456789012345*"},
        {"longer, with a star", "1*345678901234567", max_sh, superset, "1*3456789012345*"},
        {"characters count, not bytes", "ääääääääääääääää", max_sh, exact, "ääääääääääääääää"},
        {"not cut inside a character", "äääääääääääääääää", max_sh, superset, "äääääääääääääää*"},
        {"not UTF-8", "A\xff", max_sh, impossible, ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto key = to_text_key(c.value, c.most);
        CHECK((key.what == c.what));
        CHECK(key.text == c.key);
    }
    CHECK(to_text_key(std::string(1025, 'x'), max_lo) == text_key{});
    // Where nothing is a wild card, none is sent.
    CHECK(to_text_key("A*1", max_sh, false) == text_key{exact, "A*1"});
    CHECK(to_text_key("12345678901234567", max_sh, false) == text_key{exact, "12345678901234567"});
    CHECK(to_text_key("*", max_sh, false).what == everything);
}
