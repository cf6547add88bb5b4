#include "upstream/memory_of.hpp"

#include <vector>

namespace pons::upstream {

namespace {

/// Of an attribute, and of a further value.
constexpr std::uint64_t per_element = 24;
constexpr std::uint64_t per_value = 8;

}  // namespace

std::uint64_t memory_of(mapping::data_set const& one)
{
    std::uint64_t bytes = sizeof(mapping::data_set) + 4 * mapping::data_set::slack;
    one.for_each([&](mapping::tag t, mapping::vr, bool is_sequence) {
        bytes += per_element;
        if (is_sequence) {
            bytes += sizeof(std::vector<mapping::data_set>);
            for (auto const& item : one.items(t))
                bytes += memory_of(item);
            return;
        }
        auto const count = one.count(t);
        bytes += count * per_value;
        // Text has room to grow, as much again.
        for (std::size_t i = 0; i < count; ++i)
            bytes += 2 * one.text(t, i).size();
    });
    return bytes;
}

}  // namespace pons::upstream
