#include "mapping/codecs/uuid_uid.hpp"

#include "mapping/codecs/identifier.hpp"

#include <doctest/doctest.h>

using namespace pons::mapping::codecs;

TEST_CASE("a UUID is told as a UID")
{
    // PS3.5 §B.2: f81d4fae-7dec-11d0-a765-00a0c91e6bf6
    CHECK(uid_of_uuid({0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b,
                       0xf6}) == "2.25.329800735698586629295641978511506172918");
}

TEST_CASE("a URL has one UID, always the same")
{
    // By Python's uuid.uuid5(uuid.NAMESPACE_URL, ...).
    CHECK(uid_of_url("https://ehr.example.org/fhir/ServiceRequest/1") ==
          "2.25.229665244877184184103396473016979463079");
    CHECK(is_uid(uid_of_url("")));
    CHECK(uid_of_url("a") != uid_of_url("b"));
}
