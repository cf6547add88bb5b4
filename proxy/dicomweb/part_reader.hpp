#pragma once

#include "proxy/http/exchange.hpp"
#include "upstream/dicomweb/multipart_reader.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pons::proxy::dicomweb {

/// The parts of a multipart request (RFC 2046 §5.1, PS3.18 §8.6.1), one after another as they come; nothing is held or
/// copied. Waiting: only for the client, within the bounds of `request_body`.
///
/// Errors, which end it all and are kept in `fault`: mapping::errc::invalid_value (no multipart body, one that ends
/// before its last boundary, or a part that is not as long as it says), those of the request's body, and its stalled
/// when the body has not ended at `until`.
class part_reader {
public:
    part_reader(http::request_body& body, std::string_view boundary) : body_(body), reader_(boundary) {}

    /// When the whole body must have come.
    void until(time_point last) { until_ = last; }

    /// Passes what is left of the part and goes to the next one. False after the last one, once the body was read to
    /// its end, so that the connection can be used again.
    awaitable<result<bool>> next();

    /// Some more of the part; none at its end. Valid until the next call.
    awaitable<result<std::span<std::byte const>>> read();
    /// The same, behind what `to` holds. `in_part` says whether more may come.
    awaitable<result<void>> read_into(std::string& to);

    /// Whether the end of the part has not been seen.
    bool in_part() const { return in_part_; }
    /// A field of the part's header, empty when it is not there; valid in the part.
    std::string_view header(std::string_view name) const { return reader_.header(name); }
    /// Its Content-Length, if it says one.
    std::optional<std::uint64_t> length() const { return length_; }

    /// The error that ended it all.
    std::optional<failure> const& fault() const { return fault_; }
    /// Ends it with another error, of the one who reads.
    tl::unexpected<failure> broken(failure why);

private:
    using event = upstream::dicomweb::multipart_reader::event;

    awaitable<result<event>> next_event();
    awaitable<result<void>> read_epilogue();
    result<void> end_part();

    http::request_body& body_;
    upstream::dicomweb::multipart_reader reader_;
    std::string_view input_;
    time_point until_ = time_point::max();
    bool in_part_ = false;
    bool ended_ = false;
    std::uint64_t size_ = 0;  // of the part, so far
    std::optional<std::uint64_t> length_;
    std::optional<failure> fault_;
};

}  // namespace pons::proxy::dicomweb
