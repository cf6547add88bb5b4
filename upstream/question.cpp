#include "upstream/question.hpp"

#include <functional>
#include <string>

namespace pons::upstream {

std::size_t hash_of(mapping::find_request const& request)
{
    std::hash<std::string> const hash;
    auto all = static_cast<std::size_t>(request.at);
    for (auto const& k : request.keys) {
        all = all * 31 + std::hash<mapping::tag>()(k.attribute);
        for (auto const& value : k.values)
            all = all * 31 + hash(value);
    }
    return all;
}

}  // namespace pons::upstream
