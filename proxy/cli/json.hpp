#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace pons::proxy::cli {

/// `text` (UTF-8) as a JSON string, quotes included (RFC 8259 §7).
std::string json_text(std::string_view text);

/// An object of members whose values are JSON already.
std::string json_object(std::initializer_list<std::pair<std::string_view, std::string>> members);

}  // namespace pons::proxy::cli
