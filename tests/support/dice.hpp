#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <utility>

namespace pons::test {

/// Random choices that the same seed repeats.
class dice {
public:
    explicit dice(std::uint64_t seed) : engine_(seed) {}

    /// 0 … n - 1.
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
    /// first … last.
    int between(int first, int last)
    {
        return first + static_cast<int>(below(static_cast<std::size_t>(last - first) + 1));
    }
    bool one_in(std::size_t n) { return below(n) == 0; }
    std::uint64_t seed() { return engine_(); }

    template <class C>
    auto const& pick(C const& from)
    {
        return *std::next(std::begin(from), static_cast<std::ptrdiff_t>(below(std::size(from))));
    }
    template <class C>
    void shuffle(C& all)
    {
        for (auto i = std::size(all); i > 1; --i)
            std::swap(all[i - 1], all[below(i)]);
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace pons::test
