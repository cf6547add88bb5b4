#include "upstream/dimse/wire/complaints.hpp"

#include <spdlog/spdlog.h>

#include <chrono>

namespace pons::upstream::dimse {

namespace {

constexpr auto between = std::chrono::seconds(10);
constexpr std::size_t most_sentences = 64;  // of what TLS says there may be more than we know; those share one turn

}  // namespace

void complaints::tell(std::string_view address, std::string_view why, std::string_view about)
{
    bool const is_one_more = told_.size() == most_sentences && !told_.contains(why);
    auto& one = told_.try_emplace(is_one_more ? std::string() : std::string(why)).first->second;
    if (clock::now() < one.silent_until) {
        ++one.unsaid;
        return;
    }
    auto const before =
        one.unsaid == 0 ? std::string() : fmt::format(" ({} such calls before were not told)", one.unsaid);
    spdlog::warn("no DICOM association with {}: {}{}{}", address, why, about, before);
    one = {.silent_until = clock::now() + between, .unsaid = 0};
}

}  // namespace pons::upstream::dimse
