#pragma once

#include "upstream/archive.hpp"

#include <functional>
#include <string>

namespace pons::test {

/// One value as it came, and a receiver that fails as told.
struct collected_bulk final : upstream::bulk_sink {
    int begun = 0;
    bool encapsulated = false;
    std::string bytes;
    std::function<result<void>()> on_write = [] { return result<void>(); };

    awaitable<result<void>> begin(bool of_fragments) override
    {
        ++begun;
        encapsulated = of_fragments;
        co_return result<void>();
    }
    awaitable<result<void>> write(std::span<std::byte const> more) override
    {
        bytes.append(reinterpret_cast<char const*>(more.data()), more.size());
        co_return on_write();
    }
};

}  // namespace pons::test
