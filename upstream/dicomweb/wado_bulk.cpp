#include "mapping/base64.hpp"
#include "mapping/bulk_place.hpp"
#include "mapping/dicom_json_writer.hpp"
#include "upstream/dicomweb/media_type.hpp"
#include "upstream/dicomweb/multipart_reader.hpp"
#include "upstream/dicomweb/retrieve_answer.hpp"
#include "upstream/dicomweb/wado_client.hpp"
#include "upstream/dicomweb/wado_target.hpp"

#include <array>
#include <utility>

namespace pons::upstream::dicomweb {

namespace {

constexpr std::string_view pixel_data = "7FE00010";

/// The ways to ask for it, the standard's first (PS3.18 §8.7.3.3).
constexpr std::array<std::string_view, 3> ways{R"(multipart/related; type="application/octet-stream")",
                                               "application/octet-stream", "*/*"};

std::span<std::byte const> bytes_of(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// The row of one instance, whatever else comes.
struct row_of final : row_sink {
    explicit row_of(std::string const& sop_instance_uid) : uid(sop_instance_uid) {}
    void row(mapping::data_set&& one) override
    {
        if (one.text(mapping::tags::SOPInstanceUID) == uid)
            it = std::move(one);
    }

    std::string const& uid;
    mapping::data_set it;
};

/// The body of an answer: the value, or one part that is it.
class value_body {
public:
    value_body(std::string const& media_type, bulk_sink& to) : to_(to)
    {
        if (media_type.starts_with("multipart/"))
            if (auto const boundary = multipart_boundary(media_type))
                parts_.emplace(*boundary);
        // A page to log in, or a report of what is wrong, is no value, whatever the status says.
        bool const is_words = media_type.starts_with("text/") || is_media_type(media_type, "application/json") ||
                              is_media_type(media_type, "application/dicom+json");
        usable_ = parts_ || !(media_type.starts_with("multipart/") || is_words);
    }

    bool usable() const { return usable_; }
    bool begun() const { return begun_; }
    bool whole() const { return parts_ ? count_ == 1 && parts_->ended() : true; }

    awaitable<result<void>> put(std::string_view bytes)
    {
        if (!parts_) {
            result<void> const handed = co_await hand_on(bytes);
            co_return handed;
        }
        for (;;) {
            auto const seen = parts_->next(bytes);
            if (!seen)
                co_return tl::unexpected(seen.error());
            if (seen->what == multipart_reader::kind::more || seen->what == multipart_reader::kind::end)
                co_return result<void>();
            if (seen->what == multipart_reader::kind::part && ++count_ > 1)
                co_return fail(errc::malformed, "more than one value");
            if (seen->what != multipart_reader::kind::bytes)
                continue;
            result<void> const handed = co_await hand_on(seen->bytes);
            if (!handed)
                co_return handed;
        }
    }

private:
    awaitable<result<void>> hand_on(std::string_view bytes)
    {
        if (!std::exchange(begun_, true)) {
            result<void> const begun = co_await to_.begin(false);
            if (!begun)
                co_return begun;
        }
        result<void> const written = co_await to_.write(bytes_of(bytes));
        co_return written;
    }

    bulk_sink& to_;
    std::optional<multipart_reader> parts_;
    std::size_t count_ = 0;
    bool usable_ = false;
    bool begun_ = false;
};

}  // namespace

awaitable<result<void>> wado_client::retrieve_bulk(retrieve_request const& request, std::string const& place,
                                                   bulk_sink& to, time_point deadline)
{
    if (place == pixel_data)
        co_return fail(errc::unsupported, "source " + source_.name + ": pixel data as one value");
    row_of metadata(request.sop_instance_uid);
    result<found> const got = co_await retrieve_metadata(request, metadata, deadline);
    if (!got)
        co_return tl::unexpected(got.error());
    std::string uri(mapping::text_at(metadata.it, place));
    if (uri.empty())
        co_return fail(errc::not_found, "source " + source_.name + ": no such value in the metadata");
    if (mapping::is_inline(uri)) {
        auto const plain = mapping::from_base64(std::string_view(uri).substr(mapping::inline_binary.size()));
        if (!plain)
            co_return client_.at_source({make_error_code(errc::malformed), "InlineBinary"});
        result<void> done = co_await to.begin(false);
        if (done)
            done = co_await to.write(bytes_of(*plain));
        co_return done;
    }
    auto target = bulk_target(source_, uri);
    if (!target)
        co_return fail(errc::unsupported, "source " + source_.name + ": a BulkDataURI that is not below its url");
    result<void> const done = co_await fetch_bulk(std::move(*target), to, deadline);
    co_return done;
}

awaitable<result<void>> wado_client::fetch_bulk(std::string target, bulk_sink& to, time_point deadline)
{
    auto const until = make_transfer_times(source_, deadline);
    for (auto const way : ways) {
        auto const asking = client_.request_for(target, way, false);
        result<asked> answer = co_await client_.ask(asking, until.next(false));
        if (!answer)
            co_return tl::unexpected(answer.error());
        auto const status = answer->head.status;
        std::optional<failure> failed = co_await refusal(*answer, deadline);
        if (failed) {
            if (is_about_accept(status) && failed->code != errc::cancelled)
                continue;
            // A server that says where a value is, and does not have it there.
            if (failed->code == errc::not_found || failed->code == errc::refused)
                failed->code = make_error_code(errc::unsupported);
            co_return tl::unexpected(std::move(*failed));
        }
        value_body body(answer->head.media_type, to);
        if (!body.usable() || status == 206)
            co_return client_.at_source({make_error_code(errc::unsupported), "an answer that is not the value"});
        for (;;) {
            result<std::string_view> const piece = co_await answer->on->more(until.next(body.begun()));
            if (!piece)
                co_return client_.at_source(piece.error());
            if (piece->empty())
                break;
            result<void> const taken = co_await body.put(*piece);
            if (!taken)
                co_return taken;
        }
        if (!body.begun() || !body.whole())
            co_return client_.at_source({make_error_code(errc::aborted), "bulk data that is cut off"});
        client_.done_with(std::move(answer->on));
        co_return result<void>();
    }
    co_return fail(errc::unsupported, "source " + source_.name + ": no way to ask for bulk data");
}

}  // namespace pons::upstream::dicomweb
