#include "upstream/fresh_uid.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <system_error>

namespace pons::upstream {

std::string fresh_uid()
{
    std::array<unsigned char, 16> number{};
    if (RAND_bytes(number.data(), static_cast<int>(number.size())) != 1)
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again), "random numbers");
    number[6] = static_cast<unsigned char>((number[6] & 0x0F) | 0x40);  // version 4 (RFC 9562 §5.4)
    number[8] = static_cast<unsigned char>((number[8] & 0x3F) | 0x80);
    std::string digits;
    while (std::ranges::any_of(number, [](unsigned char byte) { return byte != 0; })) {
        unsigned rest = 0;
        for (auto& byte : number) {
            rest = rest << 8 | byte;
            byte = static_cast<unsigned char>(rest / 10);
            rest %= 10;
        }
        digits.insert(digits.begin(), static_cast<char>('0' + rest));
    }
    return "2.25." + digits;
}

}  // namespace pons::upstream
