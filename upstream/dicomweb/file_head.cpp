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

enum class looked { done, too_little };

/// Looks for the UIDs among the first elements of the data set. Whatever is odd ends the search.
looked find_uids(std::span<std::byte const> bytes, std::size_t at, part_head& head)
{
    using mapping::number;
    constexpr std::uint32_t sop_class = 0x00080016;
    constexpr std::uint32_t sop_instance = 0x00080018;
    auto const& syntax = head.transfer_syntax_uid;
    if (syntax == "1.2.840.10008.1.2.1.99")  // deflated
        return looked::done;
    bool const big = syntax == "1.2.840.10008.1.2.2";
    bool const implicit = syntax == "1.2.840.10008.1.2" || syntax == "1.2.840.113619.5.2";
    std::string found_class;
    for (;;) {
        auto const left = bytes.size() - at;
        if (left < 4)
            return looked::too_little;
        auto const* const p = bytes.data() + at;
        auto const t = number<std::uint16_t>(p, big) * 0x10000u + number<std::uint16_t>(p + 2, big);
        if (t > sop_instance || (t >> 16) < 0x0008)
            return looked::done;
        if (left < 12)
            return looked::too_little;
        std::size_t header = 8;
        std::size_t size = number<std::uint32_t>(p + 4, big);
        if (!implicit) {
            auto const as = mapping::vr_of(static_cast<char>(p[4]), static_cast<char>(p[5]));
            bool const has_long_length = mapping::has_long_length(as);
            header = has_long_length ? 12 : 8;
            size = has_long_length ? number<std::uint32_t>(p + 8, big) : number<std::uint16_t>(p + 6, big);
        }
        if (size > max_file_head)  // an undefined length too
            return looked::done;
        if (size > left - header)
            return looked::too_little;
        std::string_view const raw(reinterpret_cast<char const*>(p) + header, size);
        auto const value = mapping::trim(raw, mapping::vr_of('U', 'I'));
        at += header + size;
        if (t == sop_class)
            found_class = value;
        if (t != sop_instance)
            continue;
        if (!value.empty())
            head.sop_instance_uid = value;
        if (!found_class.empty())
            head.sop_class_uid = found_class;
        return looked::done;
    }
}

}  // namespace

result<std::optional<part_head>> read_file_head(std::span<std::byte const> bytes, std::string_view transfer_syntax,
                                                bool whole)
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
    if (head.transfer_syntax_uid.empty())
        return no_file();
    auto const looking = find_uids(bytes, at, head);
    if (looking == looked::too_little && !whole && bytes.size() < max_file_head)
        return more;
    if (head.sop_class_uid.empty() || head.sop_instance_uid.empty())
        return no_file();
    head.data_set_offset = at;
    return std::optional<part_head>(std::move(head));
}

}  // namespace pons::upstream::dicomweb
