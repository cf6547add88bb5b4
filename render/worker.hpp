#pragma once

#include "render/sandbox.hpp"

namespace pons::render {

/// Answers requests on `socket`, one after another, until the client has gone. Loads what needs files, then enters the
/// sandbox. The exit status: 0, or 1 when the sandbox could not be entered (nothing of a stranger has been read then).
int work(int socket, sandbox_limits const& limits);

}  // namespace pons::render
