#pragma once

#include <string>
#include <string_view>

namespace pons::mapping::codecs {

/// A URI in two pieces that follow each other ("urn:oid:" and "1.2.3"), so that none is copied.
struct system_uri {
    std::string_view head;
    std::string_view tail;

    constexpr bool empty() const { return head.empty() && tail.empty(); }
    std::string str() const { return std::string(head).append(tail); }

    friend constexpr bool operator==(system_uri const& a, std::string_view b)
    {
        return b.size() == a.head.size() + a.tail.size() && b.starts_with(a.head) && b.ends_with(a.tail);
    }
    friend constexpr bool operator==(system_uri const& a, system_uri const& b)
    {
        // The same text may be cut at different places.
        if (a.head.size() + a.tail.size() != b.head.size() + b.tail.size())
            return false;
        for (std::size_t i = 0; i != a.head.size() + a.tail.size(); ++i)
            if (a.at(i) != b.at(i))
                return false;
        return true;
    }

private:
    constexpr char at(std::size_t i) const { return i < head.size() ? head[i] : tail[i - head.size()]; }
};

}  // namespace pons::mapping::codecs
