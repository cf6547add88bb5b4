#pragma once

#include "mapping/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pons::upstream::dicomweb {

/// An HTTP answer, as far as a DICOMweb client looks at it.
struct http_answer {
    unsigned status = 0;
    std::string content_type;           ///< without parameters, lower case
    std::string body;                   ///< decoded, with capacity to spare for the JSON reader
    bool more = false;                  ///< Warning: 299 that speaks of further results (PS3.18 §8.3.4.4)
    bool unsupported_matching = false;  ///< Warning: 299 that a kind of matching was not applied
    bool other_warning = false;
    std::chrono::seconds retry_after{0};
};

/// Turns the bytes of one answer to GET into an `http_answer` (RFC 9110, RFC 9112). Interim answers (1xx) are passed
/// over. No sockets: the connection feeds it.
class response_reader {
public:
    /// `max_body` bounds the body as sent and as decoded.
    explicit response_reader(std::uint64_t max_body);
    ~response_reader();

    /// Takes bytes and says how many; the others are to be offered again with more behind them.
    /// Errors: errc::malformed, errc::too_large.
    result<std::size_t> put(char const* data, std::size_t size);
    /// The peer closed the connection. Errors: errc::aborted when the answer is not whole.
    result<void> put_end();

    bool done() const;
    /// Whether another answer may follow on the connection.
    bool keep_alive() const;
    http_answer take();

    /// No header may be longer; the read buffer must be able to hold it.
    static constexpr std::uint32_t max_header = 48 * 1024;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace pons::upstream::dicomweb
