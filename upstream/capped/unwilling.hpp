#pragma once

#include "mapping/errc.hpp"
#include "mapping/result.hpp"
#include "upstream/errc.hpp"

namespace pons::upstream {

/// Whether this question is not answered, by the archive or the guard before it, and another one may be: nothing is
/// wrong with the archive.
inline bool is_unwilling(failure const& why)
{
    return why.code == errc::refused || why.code == errc::too_broad || why.code == mapping::errc::too_costly;
}

}  // namespace pons::upstream
