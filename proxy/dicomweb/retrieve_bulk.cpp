#include "proxy/dicomweb/retrieve_bulk.hpp"

#include "mapping/bulk_place.hpp"
#include "mapping/errc.hpp"
#include "proxy/dicomweb/answer.hpp"
#include "proxy/dicomweb/holders.hpp"
#include "proxy/dicomweb/parameters.hpp"
#include "proxy/http/accept.hpp"
#include "proxy/http/text.hpp"

#include <utility>

namespace pons::proxy::dicomweb {

namespace {

using upstream::errc;

constexpr std::string_view octets = "application/octet-stream";
constexpr std::string_view pixel_data = "7FE00010";

std::span<std::byte const> bytes_of(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// Whether the bare value is asked for.
result<bool> wants_single_part(http::request const& req)
{
    auto const ranges = http::parse_accept(accepted(req));
    if (ranges.empty())
        return false;
    int best = 0;
    bool single = false;
    for (auto const& range : ranges) {
        auto const type = range.type + "/" + range.subtype;
        bool const bare = type == octets || type == "application/*";
        bool multipart = type == "*/*" || type == "multipart/related" || type == "multipart/*";
        for (auto const& [name, value] : range.parameters)
            if (multipart && name == "type")
                multipart = http::equal_ignoring_case(value, octets) || value == "*/*";
        if ((bare || multipart) && range.q > best) {
            best = range.q;
            single = bare;
        }
    }
    if (best == 0)
        return fail(mapping::errc::not_acceptable, "Accept; application/octet-stream can be given");
    return single;
}

class bulk_body final : public upstream::bulk_sink {
public:
    bulk_body(http::body_stream& stream, bool single_part, bool of_frames, std::string location)
        : stream_(stream),
          single_part_(single_part),
          of_frames_(of_frames),
          location_(std::move(location)),
          boundary_(make_boundary())
    {
    }

    awaitable<result<void>> begin(bool encapsulated) override
    {
        if (encapsulated && of_frames_)
            co_return fail(mapping::errc::not_acceptable, "the pixel data is stored compressed; /frames gives it");
        http::response answer;
        if (single_part_) {
            answer.content_type = octets;
            answer.headers.emplace_back("Content-Location", location_);
        } else {
            answer.content_type = R"(multipart/related; type="application/octet-stream"; boundary=)" + boundary_;
            answer.body.append("--").append(boundary_).append("\r\nContent-Type: ").append(octets);
            answer.body.append("\r\nContent-Location: ").append(location_).append("\r\n\r\n");
        }
        result<void> const begun = co_await stream_.begin(std::move(answer));
        co_return begun;
    }

    awaitable<result<void>> write(std::span<std::byte const> bytes) override { return stream_.write(bytes); }

    awaitable<result<void>> finish()
    {
        if (single_part_)
            co_return result<void>();
        last_ = "\r\n--" + boundary_ + "--\r\n";
        result<void> const written = co_await stream_.write(bytes_of(last_));
        co_return written;
    }

private:
    http::body_stream& stream_;
    bool single_part_;
    bool of_frames_;
    std::string location_;
    std::string boundary_;
    std::string last_;
};

awaitable<result<void>> send_from(upstream::archive& from, upstream::retrieve_request const& what,
                                  std::string const& place, bulk_body& body, time_point deadline)
{
    result<void> done = co_await from.retrieve_bulk(what, place, body, deadline);
    if (done)
        done = co_await body.finish();
    co_return done;
}

}  // namespace

std::string bulk_url_of(target const& whom, upstream::retrieve_request const& instance)
{
    return url_of(whom.base, instance.study_instance_uid, instance.series_instance_uid, instance.sop_instance_uid) +
           "/bulkdata/";
}

awaitable<http::response> retrieve_bulk(service&, http::exchange const& x, target whom, upstream::retrieve_request what,
                                        std::string segment)
{
    auto const place = mapping::from_segment(segment);
    if (place.empty()) {
        auto const nowhere = fail(errc::not_found, "no place of a value");
        co_return to_response(nowhere.value());
    }
    auto const single = wants_single_part(x.req);
    if (!single)
        co_return to_response(single.error());
    bulk_body body(*x.stream, *single, place == pixel_data, bulk_url_of(whom, what) + mapping::to_segment(place));
    holder_taker const take = [&](upstream::archive& from) { return send_from(from, what, place, body, x.deadline); };
    auto const done = co_await from_first_holder(whom, what.study_instance_uid, x.stream, x.deadline, take);
    co_return end_stream(x, done);
}

}  // namespace pons::proxy::dicomweb
