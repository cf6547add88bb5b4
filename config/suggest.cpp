#include "config/suggest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace pons::config {

namespace {

constexpr std::size_t longest = 64;  // beyond it nobody mistyped a key

char folded(char c)
{
    if (c >= 'A' && c <= 'Z')
        return static_cast<char>(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

// Neither is longer than `longest`. Optimal string alignment: insertions, deletions, replacements and swapped
// neighbours cost one each.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::array<std::size_t, longest + 1> before{};
    std::array<std::size_t, longest + 1> last{};
    std::array<std::size_t, longest + 1> row{};
    for (std::size_t j = 0; j <= b.size(); ++j)
        last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            bool const same = folded(a[i - 1]) == folded(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]))
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
    }
    return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<std::string_view const> candidates)
{
    if (word.size() > longest)
        return {};
    std::string_view best;
    auto least = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (auto const candidate : candidates) {
        auto const length = candidate.size();
        auto const surplus = std::max(length, word.size()) - std::min(length, word.size());
        if (length > longest || surplus >= least)  // each letter too many costs one
            continue;
        auto const d = distance(word, candidate);
        if (d < least && d < length) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

std::string one_of(std::span<std::string_view const> words)
{
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i != 0)
            text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

}  // namespace pons::config
