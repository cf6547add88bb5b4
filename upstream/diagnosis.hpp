#pragma once

#include <string>

namespace pons::upstream {

/// One stage of `pons doctor`, in plain words.
struct stage {
    std::string name;  ///< "TCP", "QIDO find", …
    bool ok = false;
    std::string text;    ///< what was found
    std::string advice;  ///< what to change, and on which side; empty when there is nothing
};

}  // namespace pons::upstream
