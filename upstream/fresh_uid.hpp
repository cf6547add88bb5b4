#pragma once

#include <string>

namespace pons::upstream {

/// A UID that nobody has and nobody can guess: 2.25 and a random UUID (PS3.5 §B.2). Throws std::system_error when the
/// system gives no random numbers.
std::string fresh_uid();

}  // namespace pons::upstream
