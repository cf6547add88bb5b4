#include "mapping/fhir/text_buffer.hpp"

namespace pons::mapping::fhir {

void text_buffer::grow(std::size_t size)
{
    // In small steps, since a string fills what it grows by: that is then in the cache when it is written.
    constexpr std::size_t step = 1024;
    auto const used = static_cast<std::size_t>(at_ - out_.data());
    out_.resize(used + size + step);
    at_ = out_.data() + used;
    end_ = out_.data() + out_.size();
}

}  // namespace pons::mapping::fhir
