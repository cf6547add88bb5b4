#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pons::bench {

/// One way from the answer of an archive to a searchset Bundle.
struct translation {
    std::string_view name;
    std::string_view what;
    std::string_view reference_of;  ///< the translation whose ratio to this one is shown; empty: it is Pons' own
    std::function<void(std::string& bundle)> run;  ///< writes the Bundle of all studies into an empty text
};

/// Pons' own, each followed by what it is measured against. All of them know `studies` made studies.
std::vector<translation> make_translations(std::size_t studies);

}  // namespace pons::bench
