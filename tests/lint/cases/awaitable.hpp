#pragma once

// The least that co_await needs, so that the cases compile in no time.
#include <coroutine>
#include <string>

struct task {
    struct promise_type {
        task get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
};

struct options {
    int first = 0;
    int second = 0;
};

template <class T>
struct ready {
    T value{};
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    T await_resume() const { return value; }
};

ready<int> take(options const&);
ready<int> count(int);
ready<int> text(std::string const&);
template <class F>
ready<int> call(F const&)
{
    return {};
}
