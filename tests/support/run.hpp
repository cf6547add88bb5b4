#pragma once

#include "upstream/asio.hpp"

#include <exception>
#include <optional>
#include <utility>

namespace pons::test {

/// Runs an operation to its end on an io_context of its own; what it throws is thrown here.
template <class T>
T run(asio::io_context& context, awaitable<T> operation)
{
    std::optional<T> outcome;
    std::exception_ptr thrown;
    asio::co_spawn(context.get_executor(), std::move(operation), [&](std::exception_ptr e, T value) {
        thrown = e;
        outcome.emplace(std::move(value));
    });
    context.restart();
    context.run();
    if (thrown)
        std::rethrow_exception(thrown);
    return std::move(outcome.value());
}

template <class T>
T run(awaitable<T> operation)
{
    asio::io_context context(1);
    return run(context, std::move(operation));
}

}  // namespace pons::test
