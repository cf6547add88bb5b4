// Operands of co_await that g++ 12 miscompiles: the lint must find the one in every function.
#include "awaitable.hpp"

task braces(int n)
{
    co_await take({n, n});
}

task aggregate(int n)
{
    co_await take(options{n, n});
}

task choice(options const& a, options const& b, bool yes)
{
    co_await take(yes ? a : b);
}

task capture(int n)
{
    co_await call([n] { return n; });
}

task inside_choice(bool yes, int n)
{
    int const got = yes ? co_await count(n) : 0;
    co_await count(got);
}
