#include "upstream/dimse/part10.hpp"

#include "upstream/dimse/wire/uids.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pons::upstream::dimse {

namespace {

void put(std::string& to, std::size_t value, int bytes)
{
    for (; bytes > 0; --bytes, value >>= 8)
        to.push_back(static_cast<char>(value & 0xFF));
}

/// Explicit VR Little Endian, as group 0002 always is.
void element(std::string& to, std::uint16_t number, std::string_view vr, std::string_view value, char pad)
{
    auto const size = value.size() + value.size() % 2;
    put(to, 0x0002, 2);
    put(to, number, 2);
    to += vr;
    if (vr == "OB") {
        put(to, 0, 2);
        put(to, size, 4);
    } else {
        put(to, size, 2);
    }
    to += value;
    to.resize(to.size() + size - value.size(), pad);
}

}  // namespace

std::vector<std::byte> part10_header(part_head const& head)
{
    using namespace std::string_view_literals;
    std::string group;
    element(group, 0x0001, "OB", "\0\1"sv, '\0');  // File Meta Information Version
    element(group, 0x0002, "UI", head.sop_class_uid, '\0');
    element(group, 0x0003, "UI", head.sop_instance_uid, '\0');
    element(group, 0x0010, "UI", head.transfer_syntax_uid, '\0');
    element(group, 0x0012, "UI", uids::implementation_class, '\0');
    element(group, 0x0013, "SH", implementation_version_name, ' ');

    std::string header(128, '\0');
    header += "DICM";
    std::string length;
    put(length, group.size(), 4);
    element(header, 0x0000, "UL", length, '\0');
    header += group;
    auto const* const bytes = reinterpret_cast<std::byte const*>(header.data());
    return {bytes, bytes + header.size()};
}

}  // namespace pons::upstream::dimse
