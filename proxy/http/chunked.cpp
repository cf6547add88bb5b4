#include "proxy/http/chunked.hpp"

#include "proxy/http/text.hpp"

#include <algorithm>
#include <charconv>

namespace pons::proxy::http {

namespace {

constexpr std::size_t longest_line = 1024;
constexpr std::size_t most_trailers = 8192;

bool is_text(std::string_view line)
{
    return std::none_of(line.begin(), line.end(),
                        [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

}  // namespace

/// Takes a line off `data`, without its end. False when it is not whole yet, or not a line.
bool chunked_decoder::take_line(std::string_view& data, std::string_view& line)
{
    auto const feed = data.find('\n');
    auto const length = std::min(feed, data.size());
    if (length > longest_line || (feed != std::string_view::npos && (feed == 0 || data[feed - 1] != '\r'))) {
        state_ = state::malformed;
        return false;
    }
    if (feed == std::string_view::npos)
        return false;
    line = data.substr(0, feed - 1);
    data.remove_prefix(feed + 1);
    if (!is_text(line))
        state_ = state::malformed;
    return state_ == state::more;
}

/// `line` is chunk-size [ chunk-ext ].
void chunked_decoder::begin_chunk(std::string_view line, std::uint64_t room)
{
    auto const* const first = line.data();
    auto const* const last = first + std::min<std::size_t>(line.size(), 16);
    auto const [end, error] = std::from_chars(first, last, left_, 16);
    auto const rest = trim(line.substr(static_cast<std::size_t>(end - first)));
    if (error != std::errc() || (!rest.empty() && rest.front() != ';'))
        state_ = state::malformed;
    else if (left_ > room)
        state_ = state::too_large;
    else
        expecting_ = left_ == 0 ? expecting::trailer : expecting::data;
}

std::size_t chunked_decoder::put(std::string_view data, std::string& body, std::uint64_t limit)
{
    auto const size = data.size();
    std::string_view line;
    while (state_ == state::more && !data.empty()) {
        switch (expecting_) {
            case expecting::size:
                if (!take_line(data, line))
                    return size - data.size();
                begin_chunk(line, limit - std::min<std::uint64_t>(limit, body.size()));
                break;
            case expecting::data: {
                auto const n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size()));
                body.append(data.substr(0, n));
                data.remove_prefix(n);
                left_ -= n;
                if (left_ == 0)
                    expecting_ = expecting::data_end;
                break;
            }
            case expecting::data_end:
                if (!std::string_view("\r\n").starts_with(data.substr(0, 2))) {
                    state_ = state::malformed;
                    break;
                }
                if (data.size() < 2)
                    return size - data.size();
                data.remove_prefix(2);
                expecting_ = expecting::size;
                break;
            case expecting::trailer:
                if (!take_line(data, line))
                    return size - data.size();
                trailers_ += line.size() + 2;
                if (line.empty())
                    state_ = state::done;
                else if (!is_token(line.substr(0, line.find(':'))) || trailers_ > most_trailers)
                    state_ = state::malformed;
                break;
        }
    }
    return size - data.size();
}

}  // namespace pons::proxy::http
