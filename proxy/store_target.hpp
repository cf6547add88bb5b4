#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace pons::proxy {

/// Which of several sources takes what is stored: the only one, or the one of the name in `dicomweb.store_to`. Nothing:
/// nobody has said.
std::optional<std::string_view> choose_store_source(std::span<std::string_view const> sources,
                                                    std::string_view store_to);

}  // namespace pons::proxy
