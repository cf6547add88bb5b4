#include "upstream/dimse/store_provider_contexts.hpp"

#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace pons::upstream::dimse {

namespace {

constexpr std::string_view standard_root = "1.2.840.10008.";
constexpr std::string_view storage_root = "1.2.840.10008.5.1.4.1.1.";

/// Storage SOP Classes elsewhere (PS3.4 Annex B.5, Annex GG.3; PS3.6 Table A-1).
constexpr std::string_view other_storage[] = {
    "1.2.840.10008.5.1.4.34.7",   // RT Beams Delivery Instruction
    "1.2.840.10008.5.1.4.34.10",  // RT Brachy Application Setup Delivery Instruction
    "1.2.840.10008.5.1.4.38.1",   // Hanging Protocol
    "1.2.840.10008.5.1.4.39.1",   // Color Palette
    "1.2.840.10008.5.1.4.43.1",   // Generic Implant Template
    "1.2.840.10008.5.1.4.44.1",   // Implant Assembly Template
    "1.2.840.10008.5.1.4.45.1",   // Implant Template Group
    "1.2.840.10008.5.1.1.27",     // Stored Print (retired)
    "1.2.840.10008.5.1.1.29",     // Hardcopy Grayscale Image (retired)
    "1.2.840.10008.5.1.1.30",     // Hardcopy Color Image (retired)
};

constexpr std::string_view uncompressed[] = {
    uids::implicit_vr_little_endian, uids::explicit_vr_little_endian,
    "1.2.840.10008.1.2.2",     // Explicit VR Big Endian (retired)
    "1.2.840.10008.1.2.1.99",  // Deflated Explicit VR Little Endian: as far as pixels go
};

constexpr std::string_view lossless[] = {
    "1.2.840.10008.1.2.4.57",   // JPEG Lossless, process 14
    "1.2.840.10008.1.2.4.70",   // JPEG Lossless, process 14, selection value 1
    "1.2.840.10008.1.2.4.80",   // JPEG-LS Lossless
    "1.2.840.10008.1.2.4.90",   // JPEG 2000 Lossless
    "1.2.840.10008.1.2.4.110",  // JPEG XL Lossless
    "1.2.840.10008.1.2.4.201",  // High-Throughput JPEG 2000 Lossless
    "1.2.840.10008.1.2.4.202",  // High-Throughput JPEG 2000 with RPCL Options, Lossless
    "1.2.840.10008.1.2.5",      // RLE
};

template <std::size_t N>
bool among(std::string_view const (&list)[N], std::string_view uid)
{
    return std::ranges::find(list, uid) != std::end(list);
}

bool is_taken(std::string_view abstract_syntax)
{
    return abstract_syntax == uids::verification || is_storage(abstract_syntax);
}

}  // namespace

bool is_storage(std::string_view abstract_syntax)
{
    return !abstract_syntax.starts_with(standard_root) || abstract_syntax.starts_with(storage_root) ||
           among(other_storage, abstract_syntax);
}

context_answer answer_storage_context(proposed_context const& asked, std::string_view preferred)
{
    context_answer answer{.id = asked.id};
    if (!is_taken(asked.abstract_syntax))
        return answer;
    auto const& offered = asked.transfer_syntaxes;
    auto const chosen = std::ranges::find(offered, preferred);
    answer.result = context_result::acceptance;
    answer.transfer_syntax = chosen != offered.end() ? *chosen : offered.front();
    return answer;
}

std::vector<std::string> other_transfer_syntaxes(std::span<proposed_context const> asked)
{
    std::vector<std::string> others;
    for (auto const& context : asked) {
        auto const& offered = context.transfer_syntaxes;
        if (context.abstract_syntax == uids::verification || !is_taken(context.abstract_syntax))
            continue;
        bool one_uncompressed = among(uncompressed, offered.front());
        for (auto const& uid : offered | std::views::drop(1)) {
            if (among(uncompressed, uid) && std::exchange(one_uncompressed, true))
                continue;
            if (uid != offered.front() && std::ranges::find(others, uid) == others.end())
                others.push_back(uid);
        }
    }
    std::ranges::stable_partition(others,
                                  [](auto const& uid) { return among(uncompressed, uid) || among(lossless, uid); });
    return others;
}

}  // namespace pons::upstream::dimse
