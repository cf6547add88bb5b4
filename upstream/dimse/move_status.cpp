#include "upstream/dimse/move_status.hpp"

#include "upstream/errc.hpp"

#include <algorithm>
#include <string>

namespace pons::upstream::dimse {

namespace {

using namespace std::chrono_literals;

enum class hint { none, destination_unknown, destination_unreachable, either, contents };

struct row {
    std::uint16_t mask;
    std::uint16_t value;
    errc code;
    char const* words;
    hint look_at;
    std::chrono::seconds retry_after;
};

constexpr row statuses[] = {
    {0xFFFF, 0x0122, errc::unsupported, "C-MOVE is not supported", hint::none, 0s},
    {0xFFFF, 0x0211, errc::unsupported, "C-MOVE is not recognized", hint::none, 0s},
    {0xFFFF, 0xA701, errc::refused, "out of resources, matches cannot be counted", hint::none, 30s},
    {0xFFFF, 0xA702, errc::refused, "sub-operations cannot be performed", hint::destination_unreachable, 30s},
    {0xFFFF, 0xA801, errc::refused, "move destination unknown there", hint::destination_unknown, 0s},
    {0xFFFF, 0xA900, errc::refused, "the identifier does not match the SOP class", hint::none, 0s},
    {0xFF00, 0xA700, errc::refused, "out of resources", hint::destination_unreachable, 30s},
    {0xF000, 0xC000, errc::refused, "unable to process", hint::either, 30s},
    {0xFFFF, 0xFE00, errc::refused, "ended by the archive", hint::none, 0s},
    {0x0000, 0x0000, errc::refused, "failed", hint::none, 0s},
};

row const& row_of(std::uint16_t status)
{
    return *std::ranges::find_if(statuses, [status](row const& r) { return (status & r.mask) == r.value; });
}

std::string in_words(hint h, std::string const& store_ae)
{
    switch (h) {
        case hint::none:
            break;
        case hint::destination_unknown:
            return "; enter the AE title " + store_ae + " with our host and DICOM port at the archive";
        case hint::destination_unreachable:
            return "; often the archive cannot connect to " + store_ae + ": look at its host and port there";
        case hint::contents:
            return "; the archive connected to " + store_ae +
                   " and sent nothing: it may hold this in another transfer syntax than those it offers";
        case hint::either:
            return "; often " + store_ae + " is not known there, or cannot be connected to";
    }
    return {};
}

bool is_about_destination(std::string_view comment, std::string const& store_ae)
{
    std::string lower(comment);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    auto const has = [&](char const* word) { return lower.find(word) != std::string::npos; };
    bool const names_it = has("destination") || comment.find(store_ae) != std::string_view::npos;
    return names_it && (has("unknown") || has("not known") || has("not found") || has("unrecogni") ||
                        has("not recogni") || has("invalid") || has("not configured"));
}

}  // namespace

failure move_failure(config::source const& source, std::uint16_t status, std::string_view comment, bool reached)
{
    constexpr char digits[] = "0123456789ABCDEF";
    std::string hex;
    for (int shift = 12; shift >= 0; shift -= 4)
        hex.push_back(digits[status >> shift & 0xF]);
    auto const& row = row_of(status);
    bool const told = row.look_at == hint::either && is_about_destination(comment, source.store_ae);
    bool const not_that = reached && (row.look_at == hint::destination_unreachable || row.look_at == hint::either);
    auto const look_at = told ? hint::destination_unknown : not_that ? hint::contents : row.look_at;
    return {row.code,
            "source " + source.name + ", C-MOVE status " + hex + ": " +
                (told ? "move destination unknown there" : row.words) + in_words(look_at, source.store_ae),
            told || not_that ? std::chrono::seconds(0) : row.retry_after};
}

std::chrono::seconds worth_repeating_after(std::uint16_t status)
{
    return row_of(status).retry_after;
}

}  // namespace pons::upstream::dimse
