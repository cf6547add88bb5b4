#include "proxy/dicomweb/part_reader.hpp"

#include "mapping/errc.hpp"
#include "upstream/errc.hpp"

#include <charconv>

namespace pons::proxy::dicomweb {

namespace {

using kind = upstream::dicomweb::multipart_reader::kind;

constexpr std::size_t longest_epilogue = 64 * 1024;

failure bad_body(std::string_view how)
{
    return {make_error_code(mapping::errc::invalid_value), "the body of the request " + std::string(how), {}};
}

std::optional<std::uint64_t> length_of(std::string_view field)
{
    std::uint64_t length = 0;
    auto const [end, error] = std::from_chars(field.data(), field.data() + field.size(), length);
    return error == std::errc() && end == field.data() + field.size() ? std::optional(length) : std::nullopt;
}

}  // namespace

tl::unexpected<failure> part_reader::broken(failure why)
{
    fault_ = why;
    return tl::unexpected(std::move(why));
}

/// What the reader sees next, whatever it takes to read.
awaitable<result<part_reader::event>> part_reader::next_event()
{
    for (;;) {
        auto seen = reader_.next(input_);
        if (!seen)
            co_return broken(bad_body("is no multipart body"));
        if (seen->what != kind::more)
            co_return *seen;
        if (!input_.empty())
            continue;
        result<std::span<std::byte const>> const more = co_await body_.read();
        if (!more)
            co_return broken(more.error());
        if (clock::now() >= until_)
            co_return broken({make_error_code(upstream::errc::stalled), "the body of the request takes too long", {}});
        if (more->empty())
            co_return broken(bad_body("ends before its last boundary"));
        input_ = {reinterpret_cast<char const*>(more->data()), more->size()};
    }
}

result<void> part_reader::end_part()
{
    in_part_ = false;
    // Where the data holds the boundary, only this tells that the part was cut.
    if (length_ && *length_ != size_)
        return broken(bad_body("has a part that is not as long as its Content-Length says"));
    return {};
}

awaitable<result<bool>> part_reader::next()
{
    while (in_part_) {
        result<std::span<std::byte const>> const passed = co_await read();
        if (!passed)
            co_return tl::unexpected(passed.error());
    }
    if (ended_)
        co_return false;
    result<event> const seen = co_await next_event();
    if (!seen)
        co_return tl::unexpected(seen.error());
    if (seen->what == kind::end) {
        ended_ = true;
        result<void> const rest = co_await read_epilogue();
        if (!rest)
            co_return tl::unexpected(rest.error());
        co_return false;
    }
    in_part_ = true;
    size_ = 0;
    length_ = length_of(reader_.header("Content-Length"));
    co_return true;
}

awaitable<result<std::span<std::byte const>>> part_reader::read()
{
    std::span<std::byte const> none;
    if (!in_part_)
        co_return none;
    result<event> const seen = co_await next_event();
    if (!seen)
        co_return tl::unexpected(seen.error());
    if (seen->what == kind::bytes) {
        size_ += seen->bytes.size();
        co_return std::as_bytes(std::span(seen->bytes.data(), seen->bytes.size()));
    }
    auto const ended = end_part();
    if (!ended)
        co_return tl::unexpected(ended.error());
    co_return none;
}

awaitable<result<void>> part_reader::read_into(std::string& to)
{
    result<std::span<std::byte const>> const more = co_await read();
    if (!more)
        co_return tl::unexpected(more.error());
    to.append(reinterpret_cast<char const*>(more->data()), more->size());
    co_return result<void>();
}

/// What may follow the last boundary.
awaitable<result<void>> part_reader::read_epilogue()
{
    for (std::size_t size = 0; size < longest_epilogue;) {
        result<std::span<std::byte const>> const more = co_await body_.read();
        if (!more)
            co_return broken(more.error());
        if (more->empty())
            break;
        size += more->size();
    }
    co_return result<void>();
}

}  // namespace pons::proxy::dicomweb
