#include "mapping/codecs/integer.hpp"

#include "mapping/data_set.hpp"

namespace pons::mapping::codecs {

std::optional<std::uint32_t> to_unsigned(std::string_view is)
{
    constexpr std::uint64_t largest = 2147483647;  // FHIR unsignedInt

    is = trim(is, "IS"_vr);
    if (is.starts_with('+'))
        is.remove_prefix(1);
    std::uint64_t value = 0;
    std::size_t at = 0;
    for (; at != is.size() && is[at] >= '0' && is[at] <= '9'; ++at) {
        value = value * 10 + static_cast<unsigned>(is[at] - '0');
        if (value > largest)
            return std::nullopt;
    }
    if (at == 0)
        return std::nullopt;
    if (at != is.size() && (is[at] != '.' || is.find_first_not_of('0', at + 1) != is.npos))
        return std::nullopt;
    return static_cast<std::uint32_t>(value);
}

short_text<10> to_is(std::uint32_t value)
{
    short_text<10> text;
    text.append_number(value, 1);
    return text;
}

}  // namespace pons::mapping::codecs
