#include "upstream/fresh_uid.hpp"

#include "mapping/codecs/uuid_uid.hpp"

#include <openssl/rand.h>

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
    return mapping::codecs::uid_of_uuid(number);
}

}  // namespace pons::upstream
