#include "mapping/element_values.hpp"

#include <charconv>
#include <cmath>

namespace pons::mapping {

namespace {

template <class T>
void add_each(std::span<std::byte const> bytes, bool big_endian, data_set& to)
{
    for (; bytes.size() >= sizeof(T); bytes = bytes.subspan(sizeof(T))) {
        auto const value = number<T>(bytes.data(), big_endian);
        if constexpr (std::is_floating_point_v<T>)
            if (std::isnan(value)) {
                to.value("nan");  // without the sign that some of them carry
                continue;
            }
        std::array<char, 32> text;
        auto const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
        to.value({text.data(), static_cast<std::size_t>(end - text.data())});
    }
}

template <class T>
void append_as(std::string_view text, bool big_endian, std::vector<std::byte>& bytes)
{
    T value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size())
        append_number(value, big_endian, bytes);
}

/// One of the numbers of `as`, as a type: the same table both ways.
template <class F>
void with_type(vr as, F&& f)
{
    switch (as) {
        case "US"_vr:
            return f(std::uint16_t{});
        case "SS"_vr:
            return f(std::int16_t{});
        case "UL"_vr:
            return f(std::uint32_t{});
        case "SL"_vr:
            return f(std::int32_t{});
        case "UV"_vr:
            return f(std::uint64_t{});
        case "SV"_vr:
            return f(std::int64_t{});
        case "FL"_vr:
            return f(float{});
        case "FD"_vr:
            return f(double{});
        default:
            return;
    }
}

}  // namespace

bool has_long_length(vr as)
{
    switch (as) {
        case "AE"_vr:
        case "AS"_vr:
        case "AT"_vr:
        case "CS"_vr:
        case "DA"_vr:
        case "DS"_vr:
        case "DT"_vr:
        case "FL"_vr:
        case "FD"_vr:
        case "IS"_vr:
        case "LO"_vr:
        case "LT"_vr:
        case "PN"_vr:
        case "SH"_vr:
        case "SL"_vr:
        case "SS"_vr:
        case "ST"_vr:
        case "TM"_vr:
        case "UI"_vr:
        case "UL"_vr:
        case "US"_vr:
        case "??"_vr:
            return false;
        default:
            return true;
    }
}

std::optional<text_form> text_form_of(vr as)
{
    switch (as) {
        case "PN"_vr:
            return text_form::names;
        case "LT"_vr:
        case "ST"_vr:
        case "UR"_vr:
        case "UT"_vr:
            return text_form::text;
        case "AE"_vr:
        case "AS"_vr:
        case "CS"_vr:
        case "DA"_vr:
        case "DS"_vr:
        case "DT"_vr:
        case "IS"_vr:
        case "LO"_vr:
        case "SH"_vr:
        case "TM"_vr:
        case "UC"_vr:
        case "UI"_vr:
            return text_form::values;
        default:
            return {};
    }
}

void add_numbers(vr as, std::span<std::byte const> bytes, bool big_endian, data_set& to)
{
    with_type(as, [&](auto zero) { add_each<decltype(zero)>(bytes, big_endian, to); });
    if (as != "AT"_vr)
        return;
    for (; bytes.size() >= 4; bytes = bytes.subspan(4)) {
        auto const high = number<std::uint16_t>(bytes.data(), big_endian);
        auto const low = number<std::uint16_t>(bytes.data() + 2, big_endian);
        to.value(to_hex(tag{high * 0x10000u + low}));
    }
}

void append_value(vr as, std::string_view text, bool big_endian, std::vector<std::byte>& bytes)
{
    with_type(as, [&](auto zero) { append_as<decltype(zero)>(text, big_endian, bytes); });
    auto const named = as == "AT"_vr ? tag_from_hex(text) : std::nullopt;
    if (!named)
        return;
    append_number(group(*named), big_endian, bytes);
    append_number(element_number(*named), big_endian, bytes);
}

}  // namespace pons::mapping
