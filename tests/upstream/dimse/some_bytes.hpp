#pragma once

#include "tests/support/raw_bytes.hpp"

namespace pons::test {

/// Bytes of which any piece tells where it belongs.
inline bytes some_bytes(std::size_t size)
{
    bytes b(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        b[i] = static_cast<char>(i * 7 + i / 251);
    return b;
}

}  // namespace pons::test
