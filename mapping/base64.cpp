#include "mapping/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>

namespace pons::mapping {

std::optional<std::string> from_base64(std::string_view text)
{
    constexpr std::size_t most = std::numeric_limits<int>::max();
    auto const is_one = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    };
    auto const padding = text.ends_with("==") ? 2u : text.ends_with('=') ? 1u : 0u;
    // OpenSSL takes blanks at the ends, and padding in the middle.
    if (text.size() % 4 != 0 || text.size() > most ||
        !std::ranges::all_of(text.substr(0, text.size() - padding), is_one))
        return {};
    std::string plain(text.size() / 4 * 3, '\0');
    auto const size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(plain.data()),
                        reinterpret_cast<unsigned char const*>(text.data()), static_cast<int>(text.size()));
    if (size < 0)
        return {};
    plain.resize(static_cast<std::size_t>(size) - padding);
    return plain;
}

}  // namespace pons::mapping
