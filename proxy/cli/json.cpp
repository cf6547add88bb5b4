#include "proxy/cli/json.hpp"

namespace pons::proxy::cli {

std::string json_text(std::string_view text)
{
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out = "\"";
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (byte < 0x20)
            out += {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
        else
            out += c;
    }
    return out + '"';
}

std::string json_object(std::initializer_list<std::pair<std::string_view, std::string>> members)
{
    std::string out = "{";
    for (auto const& [name, value] : members)
        out += (out.size() > 1 ? ", " : "") + json_text(name) + ": " + value;
    return out + '}';
}

}  // namespace pons::proxy::cli
