// Operands of co_await that g++ 12 compiles well: the lint must stay silent about all of them.
#include "awaitable.hpp"

#include <utility>

task use(options const& named, int n)
{
    options copy = named;
    co_await take(named);
    co_await take(std::move(copy));
    co_await count(n);
    co_await text("a temporary of a class with a constructor");
    bool const yes = n > 1;
    options const chosen = yes ? named : options{};
    co_await take(chosen);
    auto const callback = [n] { return n; };
    co_await call(callback);
    co_await call([] { return 1; });
}
