#include "upstream/text_keys.hpp"

#include <algorithm>

namespace pons::upstream {

bool is_text(mapping::tag t)
{
    auto const* const a = mapping::find_attribute(t);
    using mapping::vr_of;
    return a && (a->vr == vr_of('P', 'N') || a->vr == vr_of('L', 'O') || a->vr == vr_of('S', 'H'));
}

std::size_t letters_of(std::string_view value)
{
    return static_cast<std::size_t>(std::ranges::count_if(value, [](char c) {
        bool const continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
        return c != '*' && c != '?' && !continues;
    }));
}

}  // namespace pons::upstream
