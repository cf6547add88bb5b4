#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pons::proxy::dicomweb {

struct described_path {
    std::string_view path;  ///< below the base, "/studies/{study}/series"
    bool search = false;    ///< else instances, or their metadata
    bool metadata = false;
    bool store = false;  ///< POST stores there, too
};

/// What a base offers, as a WADL document (PS3.18 §8.9, Annex H).
std::string describe_capabilities(std::string_view base, std::span<described_path const> paths);

}  // namespace pons::proxy::dicomweb
