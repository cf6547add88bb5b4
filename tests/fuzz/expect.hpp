#pragma once

#include <cstdio>
#include <cstdlib>

/// Ends the run of a fuzz target, which then keeps the input that led here.
#define PONS_EXPECT(condition)                                                   \
    do {                                                                         \
        if (!(condition)) {                                                      \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                        \
        }                                                                        \
    } while (false)
