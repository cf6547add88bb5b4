#include "render/syntax.hpp"

#include <doctest/doctest.h>

using namespace pons::render;

TEST_CASE("what is known not to be decoded, and what is not known")
{
    for (auto const* const uid : {"1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.102.1",
                                  "1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.110"}) {
        CAPTURE(uid);
        CHECK(is_never_decoded(uid));
        CHECK(syntax_of(uid).codec == codec::other);
    }
    for (auto const* const uid :
         {"", "1.2.3", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.5",
          "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.102.2"}) {
        CAPTURE(uid);
        CHECK_FALSE(is_never_decoded(uid));
    }
}
