#include "proxy/http/request_id.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace pons::proxy::http {

namespace {

std::mt19937_64 seeded()
{
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
}

}  // namespace

bool is_request_id(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
               c == '-';
    });
}

request_ids::request_ids() : random_(seeded()) {}

std::string request_ids::make()
{
    std::string id(32, '0');
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < id.size(); ++i, bits >>= 4) {
        if (i % 16 == 0)
            bits = random_();
        id[i] = "0123456789abcdef"[bits & 15];
    }
    return id;
}

}  // namespace pons::proxy::http
