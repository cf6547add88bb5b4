#include "mapping/codecs/uuid_uid.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace pons::mapping::codecs {

namespace {

// 6ba7b811-9dad-11d1-80b4-00c04fd430c8 (RFC 9562 §6.6)
constexpr std::array<unsigned char, 16> of_urls{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1,
                                                0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

}  // namespace

std::string uid_of_uuid(std::array<unsigned char, 16> uuid)
{
    std::string digits;
    while (std::ranges::any_of(uuid, [](unsigned char byte) { return byte != 0; })) {
        unsigned rest = 0;
        for (auto& byte : uuid) {
            rest = rest << 8 | byte;
            byte = static_cast<unsigned char>(rest / 10);
            rest %= 10;
        }
        digits.insert(digits.begin(), static_cast<char>('0' + rest));
    }
    return "2.25." + digits;
}

std::string uid_of_url(std::string_view url)
{
    std::string named(reinterpret_cast<char const*>(of_urls.data()), of_urls.size());
    named.append(url);
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    if (EVP_Digest(named.data(), named.size(), hash.data(), &size, EVP_sha1(), nullptr) != 1)
        throw std::runtime_error("SHA-1 is not to be had");
    std::array<unsigned char, 16> uuid{};
    std::copy_n(hash.begin(), uuid.size(), uuid.begin());
    uuid[6] = static_cast<unsigned char>((uuid[6] & 0x0F) | 0x50);
    uuid[8] = static_cast<unsigned char>((uuid[8] & 0x3F) | 0x80);
    return uid_of_uuid(uuid);
}

}  // namespace pons::mapping::codecs
