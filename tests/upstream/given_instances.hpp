#pragma once

#include "upstream/archive.hpp"
#include "upstream/dicomweb/file_head.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pons::test {

/// Files, given in pieces.
struct given_instances final : upstream::instance_source {
    std::vector<std::string> files;
    std::size_t piece = 64 * 1024;
    std::optional<upstream::errc> fails;  ///< after the first piece of the last file
    std::size_t index = 0;
    std::size_t at = 0;

    awaitable<result<std::optional<upstream::part_head>>> next() override
    {
        std::optional<upstream::part_head> head;
        if (index == files.size())
            co_return head;
        at = 0;
        auto const bytes = std::as_bytes(std::span(files[index++]));
        auto const read = upstream::dicomweb::read_file_head(bytes, {}, true);
        head = read.value();
        co_return head;
    }
    awaitable<result<std::span<std::byte const>>> read() override
    {
        if (fails && at != 0 && index == files.size())
            co_return fail(*fails, "the sender");
        auto const& file = files[index - 1];
        auto const bytes = std::as_bytes(std::span(file)).subspan(at, std::min(piece, file.size() - at));
        at += bytes.size();
        co_return bytes;
    }
};

}  // namespace pons::test
