#pragma once

#include "proxy/dicomweb/retrieve_format.hpp"
#include "upstream/archive.hpp"

#include <string>
#include <string_view>
#include <unordered_set>

namespace pons::proxy::dicomweb {

/// Sends instances on as they come: the parts of a multipart body (PS3.18 §8.6.1.2), or one bare file. Nothing is kept
/// but the UIDs. The answer begins with the first instance, so that everything that fails before is a clean answer of
/// its own; what came twice is sent once.
///
/// Errors of its calls, beside those of body_stream: errc::incomplete where an instance did not end;
/// mapping::errc::not_acceptable for an instance whose transfer
/// syntax was not asked for; upstream::errc::malformed when a second instance comes for a bare file.
class instances_body final : public upstream::part_sink {
public:
    /// `series_url`: the series at Pons, for Content-Location; empty when the request does not name one.
    /// The first instance decides which of `formats` it is.
    instances_body(http::body_stream& stream, retrieve_formats formats, std::string series_url);

    awaitable<result<void>> begin(upstream::part_head const& head) override;
    awaitable<result<void>> write(std::span<std::byte const> bytes) override;
    awaitable<result<void>> end() override;

    /// The end of the body, after the last instance of all sources.
    awaitable<result<void>> finish();

    retrieve_formats const& formats() const { return formats_; }
    bool has(std::string const& sop_instance_uid) const { return sent_.contains(sop_instance_uid); }
    std::size_t count() const { return sent_.size(); }

private:
    std::string content_type(upstream::part_head const& head) const;
    awaitable<result<void>> send_between();

    http::body_stream& stream_;
    retrieve_formats formats_;
    std::string series_url_;
    std::string boundary_;
    std::string between_;  // what is being written between two instances, and the beginning of the second
    std::unordered_set<std::string> sent_;
    bool unsent_ = false;  // `between_` waits for the first bytes of its instance
    bool passing_over_ = false;
    bool open_ = false;  // the instance has begun and not ended
};

}  // namespace pons::proxy::dicomweb
