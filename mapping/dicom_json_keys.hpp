#pragma once

#include "mapping/dictionary.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace pons::mapping {

/// The dictionary by the eight characters of a key: open addressing, mostly empty.
class dicom_json_keys {
public:
    struct entry {
        std::uint64_t key = 0;
        mapping::tag tag{};
        mapping::vr vr{};
    };

    dicom_json_keys()
    {
        for (auto const& a : dictionary()) {
            auto const key = fold(to_hex(a.tag).data());
            auto at = slot(key);
            while (slots_[at].key != 0)
                at = (at + 1) % size;
            slots_[at] = {key, a.tag, a.vr};
        }
    }

    /// `key` has eight characters at least.
    entry const* find(char const* key) const
    {
        auto const folded = fold(key);
        for (auto at = slot(folded); slots_[at].key != 0; at = (at + 1) % size)
            if (slots_[at].key == folded)
                return &slots_[at];
        return nullptr;
    }

private:
    static constexpr unsigned bits = 10;
    static constexpr std::size_t size = std::size_t{1} << bits;

    /// Upper and lower case become one; digits stay apart from letters, and nothing else that JSON allows meets them.
    static std::uint64_t fold(char const* key)
    {
        std::uint64_t eight = 0;
        std::memcpy(&eight, key, sizeof eight);
        return eight & 0xDFDFDFDFDFDFDFDF;
    }

    static std::size_t slot(std::uint64_t key) { return (key * 0x9E3779B97F4A7C15) >> (64 - bits); }

    std::array<entry, size> slots_{};
};

}  // namespace pons::mapping
