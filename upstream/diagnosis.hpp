#pragma once

#include <string>

namespace pons::upstream {

/// One step on the way to an archive, as `pons doctor` tells it. No patient data.
struct stage {
    std::string name;  ///< "name", "connect", "association", "C-ECHO", …
    bool ok = false;
    std::string text;    ///< what happened, in a plain sentence
    std::string advice;  ///< what to do when it is not ok
};

}  // namespace pons::upstream
