#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// Copying text that is nearly always short: a call to std::memcpy costs more than what it does then.
namespace pons::mapping {

/// Sixteen characters, on which one instruction works at a time.
using characters = unsigned char __attribute__((vector_size(16)));

namespace short_copy {

template <class Word>
inline Word load(char const* from)
{
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

template <class Word>
inline void store(char* to, Word word)
{
    std::memcpy(to, &word, sizeof word);
}

}  // namespace short_copy

/// Copies `text` to `to` as long as `good` says yes to the characters of each word; words overlap at the end, and
/// blanks fill one that is too short. Gives the end of the copy, null where it was told no.
template <class Good>
inline char* copy_while(char* to, std::string_view text, Good&& good)
{
    using namespace short_copy;
    using halves = std::uint64_t __attribute__((vector_size(16)));

    auto const* const from = text.data();
    auto const size = text.size();
    if (size >= 16) {
        for (std::size_t at = 0;; at += 16) {
            if (at + 16 > size)
                at = size - 16;
            auto const word = load<characters>(from + at);
            store(to + at, word);
            if (!good(word))
                return nullptr;
            if (at + 16 == size)
                return to + size;
        }
    }
    halves word{};
    if (size >= 8) {
        word = halves{load<std::uint64_t>(from), load<std::uint64_t>(from + size - 8)};
        store(to, word[0]);
        store(to + size - 8, word[1]);
    } else if (size >= 4) {
        auto const first = load<std::uint32_t>(from);
        auto const last = load<std::uint32_t>(from + size - 4);
        store(to, first);
        store(to + size - 4, last);
        word += std::uint64_t{last} << 32 | first;
    } else {
        std::uint64_t few = 0x2020202020202020;
        if (size != 0) {  // first, middle and last are all there is
            for (auto const at : {std::size_t{0}, size / 2, size - 1}) {
                to[at] = from[at];
                few = few << 8 | static_cast<unsigned char>(from[at]);
            }
        }
        word += few;
    }
    return good((characters)word) ? to + size : nullptr;
}

/// Copies all of `text`; gives the end of the copy.
inline char* copy(char* to, std::string_view text)
{
    return copy_while(to, text, [](characters) { return true; });
}

}  // namespace pons::mapping
