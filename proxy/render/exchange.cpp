#include "proxy/render/exchange.hpp"

#include "render/protocol.hpp"

#include <algorithm>
#include <string_view>

namespace pons::proxy::render {

namespace {

using pons::render::errc;
using pons::render::max_chunk;
using pons::render::message;

std::string_view text_of(std::span<std::byte const> body)
{
    return {reinterpret_cast<char const*>(body.data()), body.size()};
}

}  // namespace

awaitable<result<void>> send_job(worker_process& to, job const& asked)
{
    auto const text = pons::render::to_text(asked);
    if (text.size() > pons::render::max_text)
        co_return fail(errc::bad_request, "frames");
    auto const body = std::as_bytes(std::span(text));
    auto const sent = co_await to.send(message::request, body);
    co_return sent;
}

awaitable<result<void>> send_bytes(worker_process& to, std::span<std::byte const> bytes)
{
    while (!bytes.empty()) {
        auto const piece = bytes.first(std::min<std::size_t>(bytes.size(), max_chunk));
        auto const sent = co_await to.send(message::data, piece);
        if (!sent)
            co_return sent;
        bytes = bytes.subspan(piece.size());
    }
    co_return result<void>{};
}

awaitable<result<void>> send_end(worker_process& to)
{
    std::span<std::byte const> const nothing;
    auto const sent = co_await to.send(message::end, nothing);
    co_return sent;
}

awaitable<result<void>> take_answer(worker_process& from, part_receiver& to, std::uint32_t& parts)
{
    bool open = false;
    for (;;) {
        auto const got = co_await from.receive();
        if (!got)
            co_return tl::unexpected(got.error());
        if (got->kind == message::failed)
            co_return tl::unexpected(pons::render::to_failure(text_of(got->body)));
        if (got->kind == message::data) {
            if (!open)
                co_return fail(errc::bad_request);
            auto const taken = co_await to.write(got->body);
            if (!taken)
                co_return taken;
            continue;
        }
        if (got->kind != message::part && got->kind != message::done)
            co_return fail(errc::bad_request);
        bool const last = got->kind == message::done;
        auto const info = last ? result<part_info>() : pons::render::to_part(text_of(got->body));
        if (!info)
            co_return tl::unexpected(info.error());
        if (open) {
            auto const ended = co_await to.end();
            if (!ended)
                co_return ended;
        }
        if (last)
            co_return result<void>{};
        auto const begun = co_await to.begin(*info);
        if (!begun)
            co_return begun;
        open = true;
        ++parts;
    }
}

}  // namespace pons::proxy::render
