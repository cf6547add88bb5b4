#include "proxy/dimse/store_answer.hpp"

#include "proxy/dimse/operation.hpp"
#include "upstream/dimse/c_store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pons::proxy::dimse {

namespace {

using wire::store_status::processing_failure;

constexpr store_failure failures[] = {
    {0x0105, 0x0105, "no such attribute"},
    {0x0106, 0x0106, "invalid attribute value"},
    {0x0110, 0x0110, "processing failure"},
    {0x0111, 0x0111, "duplicate SOP instance"},
    {0x0117, 0x0117, "invalid SOP instance"},
    {0x0118, 0x0118, "no such SOP class"},
    {0x0122, 0x0122, "SOP class not supported"},
    {0x0124, 0x0124, "not authorized"},
    {0x0210, 0x0210, "duplicate invocation"},
    {0x0211, 0x0211, "unrecognized operation"},
    {0x0212, 0x0212, "mistyped argument"},
    {0xA700, 0xA7FF, "out of resources"},
    {0xA900, 0xA9FF, "data set does not match SOP class"},
    {0xC122, 0xC122, "transfer syntax not supported"},
    {0xC000, 0xCFFF, "cannot understand"},
};

enum class meaning { stored, not_stored, nothing };

meaning meaning_of(std::uint16_t status)
{
    if (status == 0 || status >> 12 == 0xB)
        return meaning::stored;
    bool const unfinished = status >> 12 == 0xF;  // pending, cancelled
    return status::is_warning(status) || unfinished ? meaning::nothing : meaning::not_stored;
}

store_answer not_stored(std::string_view source, std::uint16_t told, std::string_view own_words)
{
    auto const say = [&](std::string_view words) { return fmt::format("source {}: {:04X}, {}", source, told, words); };
    return {told, say(describe_store_status(told)), own_words.empty() ? std::string() : say(own_words)};
}

}  // namespace

std::span<store_failure const> store_failures()
{
    return failures;
}

std::string_view describe_store_status(std::uint16_t status)
{
    for (auto const& each : failures)
        if (each.first <= status && status <= each.last)
            return each.words;
    return "failure";
}

store_answer answer_store(result<upstream::stored> const& how, std::string_view source)
{
    if (!how)
        return {status::out_of_resources, in_words(how.error())};
    if (how->instances.size() != 1)
        return {processing_failure, fmt::format("source {} told nothing of the instance", source)};
    auto const told = how->instances.front().status;
    switch (meaning_of(told)) {
        case meaning::stored:
            return {told, {}};
        case meaning::not_stored:
            return not_stored(source, told, how->instances.front().comment);
        case meaning::nothing:
            break;
    }
    return {processing_failure, fmt::format("source {} answered {:04X}, which is no answer", source, told)};
}

}  // namespace pons::proxy::dimse
