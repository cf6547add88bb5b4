#pragma once

#include "proxy/http/exchange.hpp"

namespace pons::proxy::operations {

/// GET /: a page for people, what this is, how the sources are and a search to try. Loads nothing from elsewhere; its
/// Content-Security-Policy allows its own script and style by their hashes and nothing else. Links are relative, so it
/// also works below a path of a proxy in front.
awaitable<http::response> home_page(http::exchange const& x);

}  // namespace pons::proxy::operations
