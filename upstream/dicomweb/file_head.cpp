#include "upstream/dicomweb/file_head.hpp"

#include "mapping/data_set.hpp"
#include "mapping/element_values.hpp"

#include <cstdint>
#include <cstring>

namespace pons::upstream::dicomweb {

namespace {

constexpr std::size_t preamble = 128;
constexpr std::string_view prefix = "DICM";

tl::unexpected<failure> no_file()
{
    return fail(errc::malformed, "meta information of an instance");
}

/// An element of group 0002, which is always explicit VR little endian (PS3.10 §7.1).
struct element {
    std::uint16_t number = 0;
    mapping::vr as{};
    std::string_view value;
    std::size_t end = 0;
};

enum class found { element, other_group, too_little };

found next(std::span<std::byte const> bytes, std::size_t at, element& e)
{
    using mapping::number;
    auto const left = bytes.size() - at;
    auto const* const p = bytes.data() + at;
    if (left >= 2 && number<std::uint16_t>(p, false) != 0x0002)
        return found::other_group;
    if (left < 8)
        return found::too_little;
    e.number = number<std::uint16_t>(p + 2, false);
    e.as = mapping::vr_of(static_cast<char>(p[4]), static_cast<char>(p[5]));
    std::size_t header = 8;
    std::size_t size = number<std::uint16_t>(p + 6, false);
    if (mapping::has_long_length(e.as)) {
        header = 12;
        if (left < header)
            return found::too_little;
        size = number<std::uint32_t>(p + 8, false);
    }
    if (size > left - header)
        return found::too_little;
    e.value = mapping::trim({reinterpret_cast<char const*>(p) + header, size}, e.as);
    e.end = at + header + size;
    return found::element;
}

}  // namespace

result<std::optional<part_head>> read_file_head(std::span<std::byte const> bytes, std::string_view transfer_syntax)
{
    constexpr auto begin = preamble + prefix.size();
    std::optional<part_head> const more;
    if (bytes.size() < begin)
        return more;
    if (std::memcmp(bytes.data() + preamble, prefix.data(), prefix.size()) != 0)
        return no_file();

    part_head head;
    std::size_t at = begin;
    std::size_t declared_end = 0;
    for (;;) {
        // A deflated data set may begin with any bytes: the length of the group is believed where it fits.
        if (at == declared_end && at <= bytes.size())
            break;
        element e;
        auto const what = next(bytes, at, e);
        if (what == found::too_little)
            return bytes.size() >= max_file_head
                       ? result<std::optional<part_head>>(fail(errc::too_large, "meta information of an instance"))
                       : more;
        if (what == found::other_group)
            break;
        at = e.end;
        switch (e.number) {
            case 0x0000:
                if (e.as == mapping::vr_of('U', 'L') && at >= 4)
                    declared_end = at + mapping::number<std::uint32_t>(bytes.data() + at - 4, false);
                break;
            case 0x0002:
                head.sop_class_uid = e.value;
                break;
            case 0x0003:
                head.sop_instance_uid = e.value;
                break;
            case 0x0010:
                head.transfer_syntax_uid = e.value;
                break;
            default:
                break;
        }
    }
    if (head.transfer_syntax_uid.empty())
        head.transfer_syntax_uid = transfer_syntax;
    if (head.sop_class_uid.empty() || head.sop_instance_uid.empty() || head.transfer_syntax_uid.empty())
        return no_file();
    head.data_set_offset = at;
    return std::optional<part_head>(std::move(head));
}

}  // namespace pons::upstream::dicomweb
