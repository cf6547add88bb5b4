#include "render/part10.hpp"

#include "mapping/dictionary.hpp"
#include "mapping/element_values.hpp"

#include <array>
#include <cstring>

namespace pons::render {

namespace {

using mapping::append_number;
using mapping::operator""_vr;

constexpr std::size_t preamble_size = 128;
constexpr std::size_t largest_group = 1 << 20;

// Who wrote it, once it has been written again. A UUID-derived UID (PS3.5 §B.2).
constexpr std::string_view implementation_class = "2.25.139484783432005001792312199829282971249";
constexpr std::string_view implementation_version = "PONS_RENDER";

struct header {
    std::uint32_t t = 0;
    mapping::vr as{};
    std::uint32_t length = 0;
    std::size_t size = 8;
};

/// The next header of group 0002, which is always explicit little endian; nothing when another group comes.
bool peek_header(input& from, header& h)
{
    auto const raw = from.peek(12);
    if (raw.size() < 8)
        return false;
    h.t = mapping::number<std::uint16_t>(raw.data(), false) * 0x10000u +
          mapping::number<std::uint16_t>(raw.data() + 2, false);
    h.as = mapping::vr_of(static_cast<char>(raw[4]), static_cast<char>(raw[5]));
    h.length = mapping::number<std::uint16_t>(raw.data() + 6, false);
    if (mapping::has_long_length(h.as) && raw.size() == 12) {
        h.length = mapping::number<std::uint32_t>(raw.data() + 8, false);
        h.size = 12;
    }
    return h.t >> 16 == 2;
}

std::string uid(std::span<std::byte const> value)
{
    std::string s(reinterpret_cast<char const*>(value.data()), value.size());
    while (!s.empty() && (s.back() == '\0' || s.back() == ' '))
        s.pop_back();
    return s;
}

void append_text(std::uint16_t element, mapping::vr as, std::string_view text, std::vector<std::byte>& to)
{
    append_number<std::uint16_t>(2, false, to);
    append_number(element, false, to);
    to.push_back(static_cast<std::byte>(static_cast<std::uint16_t>(as) >> 8));
    to.push_back(static_cast<std::byte>(static_cast<std::uint16_t>(as) & 0xFF));
    append_number(static_cast<std::uint16_t>(text.size() + text.size() % 2), false, to);
    auto const bytes = std::as_bytes(std::span(text));
    to.insert(to.end(), bytes.begin(), bytes.end());
    if (text.size() % 2 != 0)
        to.push_back(as == "UI"_vr ? std::byte{0} : std::byte{' '});
}

}  // namespace

result<file_meta> read_meta(input& from)
{
    std::array<std::byte, preamble_size + 4> start;
    if (!from.read_all(start) || std::memcmp(start.data() + preamble_size, "DICM", 4) != 0)
        return fail(errc::malformed, "DICM prefix");
    file_meta meta;
    std::size_t total = 0;
    for (header h; peek_header(from, h); h = {}) {
        total += h.size + h.length;
        if (total > largest_group)
            return fail(errc::too_large, "group 0002");
        std::vector<std::byte> raw(h.size + h.length);
        if (!from.read_all(raw))
            return fail(errc::malformed, "group 0002");
        auto const value = std::span(raw).subspan(h.size);
        switch (h.t) {
            case 0x00020000:  // group length
            case 0x00020001:  // version
            case 0x00020012:  // implementation
            case 0x00020013:
                break;
            case 0x00020002:
                meta.sop_class_uid = uid(value);
                break;
            case 0x00020003:
                meta.sop_instance_uid = uid(value);
                break;
            case 0x00020010:
                meta.transfer_syntax_uid = uid(value);
                break;
            default:
                meta.others.insert(meta.others.end(), raw.begin(), raw.end());
        }
    }
    if (meta.transfer_syntax_uid.empty())
        return fail(errc::malformed, "TransferSyntaxUID (0002,0010)");
    return meta;
}

std::vector<std::byte> to_bytes(file_meta const& meta, std::string_view transfer_syntax_uid)
{
    std::vector<std::byte> group;
    for (auto const b : {0x02, 0x00, 0x01, 0x00, 0x4F, 0x42, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01})
        group.push_back(static_cast<std::byte>(b));  // (0002,0001) OB 00 01
    append_text(0x0002, "UI"_vr, meta.sop_class_uid, group);
    append_text(0x0003, "UI"_vr, meta.sop_instance_uid, group);
    append_text(0x0010, "UI"_vr, transfer_syntax_uid, group);
    append_text(0x0012, "UI"_vr, implementation_class, group);
    append_text(0x0013, "SH"_vr, implementation_version, group);
    group.insert(group.end(), meta.others.begin(), meta.others.end());

    std::vector<std::byte> bytes(preamble_size);
    for (char const c : {'D', 'I', 'C', 'M', '\2', '\0', '\0', '\0', 'U', 'L', '\4', '\0'})
        bytes.push_back(static_cast<std::byte>(c));
    append_number(static_cast<std::uint32_t>(group.size()), false, bytes);
    bytes.insert(bytes.end(), group.begin(), group.end());
    return bytes;
}

}  // namespace pons::render
