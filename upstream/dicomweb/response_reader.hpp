#pragma once

#include "mapping/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pons::upstream::dicomweb {

/// The head of an HTTP answer, as far as a DICOMweb client looks at it.
struct http_head {
    unsigned status = 0;
    std::string content_type;           ///< without parameters, lower case
    std::string media_type;             ///< Content-Type as it stands, with its parameters
    bool more = false;                  ///< Warning: 299 that speaks of further results (PS3.18 §8.3.4.4)
    bool unsupported_matching = false;  ///< Warning: 299 that a kind of matching was not applied
    bool other_warning = false;
    bool gzip = false;  ///< Content-Encoding
    std::chrono::seconds retry_after{0};
    std::optional<std::uint64_t> length;  ///< Content-Length: the peer's word
};

/// A whole answer.
struct http_answer : http_head {
    std::string body;  ///< decoded, with capacity to spare for the JSON reader
};

/// Reads one answer to a request, head and framing of the body (RFC 9110, RFC 9112): the one thing that does. Interim
/// answers (1xx) are passed over. Content-Encoding is not undone. No sockets: the connection feeds it.
class response_reader {
public:
    response_reader();
    ~response_reader();

    /// Takes bytes and says how many; the others are to be offered again, with more behind them when none were taken.
    /// Stops behind the head, and behind each piece of the body. Not to be called when `done`.
    /// Errors: errc::malformed, errc::too_large (the head).
    result<std::size_t> put(char const* data, std::size_t size);
    /// What the last `put` found of the body: a view of what it was given.
    std::string_view piece() const;
    /// The peer closed the connection. Errors: errc::aborted when the answer is not whole.
    result<void> put_end();

    bool head_done() const;
    http_head const& head() const;
    bool done() const;
    /// Whether another answer may follow on the connection.
    bool keep_alive() const;

    /// No header may be longer; the read buffer must be able to hold it.
    static constexpr std::uint32_t max_header = 48 * 1024;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace pons::upstream::dicomweb
