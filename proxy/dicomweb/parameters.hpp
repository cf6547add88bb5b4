#pragma once

#include "mapping/errc.hpp"
#include "mapping/result.hpp"
#include "proxy/http/exchange.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

/// What the parameters of a request have in common, whatever it asks for. Pure.
namespace pons::proxy::dicomweb {

/// The media ranges that are asked for: those of the last `accept` parameter that has a value, else of the header
/// (PS3.18 §8.3.3.1).
std::string accepted(http::request const& req);

/// mapping::errc::invalid_value; `parameter` is a name of ours, or one that we know.
inline tl::unexpected<failure> wrong(std::string_view parameter)
{
    return fail(mapping::errc::invalid_value, std::string(parameter));
}

/// `text` as a number, all of it; `into` is undefined otherwise.
template <class Number>
bool read_number(std::string_view text, Number& into)
{
    auto const* const end = text.data() + text.size();
    auto const got = std::from_chars(text.data(), end, into);
    return got.ec == std::errc() && got.ptr == end;
}

/// Of a rendered image, in pixels.
inline constexpr std::uint32_t longest_side = 32'768;

}  // namespace pons::proxy::dicomweb
