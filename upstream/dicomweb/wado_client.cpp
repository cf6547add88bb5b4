#include "upstream/dicomweb/wado_client.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/dicomweb/json_objects.hpp"
#include "upstream/dicomweb/media_type.hpp"
#include "upstream/dicomweb/multipart_reader.hpp"
#include "upstream/dicomweb/part_writer.hpp"
#include "upstream/dicomweb/retrieve_answer.hpp"
#include "upstream/dicomweb/status.hpp"
#include "upstream/dicomweb/wado_target.hpp"

#include <algorithm>
#include <charconv>

namespace pons::upstream::dicomweb {

namespace {

/// What is behind the closing delimiter, or in an error report, is worth this much of waiting and reading: a
/// connection.
constexpr std::chrono::milliseconds patience_for_the_rest = std::chrono::milliseconds(500);
constexpr std::uint64_t largest_rest = 64 * 1024;

std::optional<std::uint64_t> length_of(std::string_view field)
{
    std::uint64_t length = 0;
    auto const [end, error] = std::from_chars(field.data(), field.data() + field.size(), length);
    if (field.empty() || error != std::errc{} || end != field.data() + field.size())
        return {};
    return length;
}

/// Takes the body of an answer, piece by piece.
class instance_body {
public:
    instance_body(http_head const& head, retrieve_request const& asked, part_sink& parts) : writer_(asked, parts)
    {
        if (is_media_type(head.media_type, "multipart/related") || head.content_type.starts_with("multipart/"))
            boundary_ = multipart_boundary(head.media_type);
        else if (head.content_type == "application/dicom" || head.content_type == "application/octet-stream")
            single_ = true;
        if (boundary_)
            multipart_.emplace(*boundary_);
        type_ = head.media_type;
        length_ = head.gzip ? std::nullopt : head.length;
    }

    bool is_usable() const { return single_ || multipart_; }
    bool begun() const { return writer_.begun(); }
    std::uint32_t instances() const { return writer_.instances(); }
    /// Whether nothing that follows matters.
    bool ended() const { return multipart_ && multipart_->ended(); }

    awaitable<result<void>> put(std::string_view bytes)
    {
        if (single_) {
            result<void> const started = opened_ ? result<void>() : writer_.begin(type_, length_);
            opened_ = true;
            if (!started)
                co_return started;
            result<void> const put = co_await writer_.put(bytes);
            co_return put;
        }
        for (;;) {
            auto const seen = multipart_->next(bytes);
            if (!seen)
                co_return tl::unexpected(seen.error());
            result<void> done;
            switch (seen->what) {
                case multipart_reader::kind::more:
                case multipart_reader::kind::end:
                    co_return result<void>();
                case multipart_reader::kind::part:
                    done = writer_.begin(multipart_->header("Content-Type"),
                                         length_of(multipart_->header("Content-Length")));
                    break;
                case multipart_reader::kind::bytes:
                    done = co_await writer_.put(seen->bytes);
                    break;
                case multipart_reader::kind::part_end:
                    done = co_await writer_.end();
                    break;
            }
            if (!done)
                co_return done;
        }
    }

    /// The body is at its end.
    awaitable<result<void>> end()
    {
        if (multipart_ && !multipart_->ended())
            co_return fail(errc::aborted, "multipart body without its closing delimiter");
        if (!opened_)
            co_return result<void>();
        result<void> const ended = co_await writer_.end();
        co_return ended;
    }

private:
    part_writer writer_;
    std::optional<std::string> boundary_;
    std::optional<multipart_reader> multipart_;
    bool single_ = false;
    bool opened_ = false;
    std::string type_;
    std::optional<std::uint64_t> length_;
};

/// Errors of ours get the name of the source, those of the sink stay as they are.
bool is_of_the_sink(failure const& why)
{
    return why.code == errc::cancelled || why.code == errc::stalled;
}

}  // namespace

wado_client::wado_client(config::source const& source, http_client& client)
    : source_(source), client_(client), reader_(mapping::dicom_json_reader::keep::everything)
{
}

/// Reads an answer that nobody wants to its end, so that its connection can be used again.
awaitable<void> wado_client::pass_over(asked& answer, time_point deadline)
{
    auto const by = std::min(deadline, clock::now() + patience_for_the_rest);
    std::uint64_t size = 0;
    while (size < largest_rest) {
        result<std::string_view> const piece = co_await answer.on->more(by);
        if (!piece)
            co_return;
        if (piece->empty())
            break;
        size += piece->size();
    }
    client_.done_with(std::move(answer.on));
}

/// Why an answer is none, if so; it is passed over then.
awaitable<std::optional<failure>> wado_client::refusal(asked& answer, time_point deadline)
{
    auto failed = failure_of_retrieve(source_.name, answer.head);
    if (!failed)
        co_return failed;
    co_await pass_over(answer, deadline);
    bool const gone = co_await is_cancelled();
    if (gone)
        failed = failure{make_error_code(errc::cancelled), "source " + source_.name};
    co_return failed;
}

awaitable<result<http_client::asked>> wado_client::ask_for_instances(std::string target, time_point deadline)
{
    std::optional<failure> first_refusal;
    for (auto way = way_;; ++way) {
        auto const accept = retrieve_accept(way);
        if (!accept)
            co_return tl::unexpected(*first_refusal);
        auto const request = client_.request_for(target, *accept, false);
        result<asked> answer = co_await client_.ask(request, deadline);
        if (!answer)
            co_return answer;
        std::optional<failure> failed = co_await refusal(*answer, deadline);
        if (!failed) {
            way_ = way;
            way_is_known_ = true;
            co_return answer;
        }
        if (failed->code == errc::cancelled)
            co_return tl::unexpected(*failed);
        // Where a way is known to work, a refusal is about what was asked for.
        if (!is_about_accept(answer->head.status) || way_is_known_)
            co_return tl::unexpected(first_refusal ? *first_refusal : *failed);
        if (!first_refusal)
            first_refusal = std::move(failed);
    }
}

awaitable<result<retrieved>> wado_client::retrieve(retrieve_request const& request, part_sink& parts,
                                                   time_point deadline)
{
    auto target = wado_target(source_, request);
    if (!target)
        co_return fail(errc::not_found, "source " + source_.name + ": no UID");
    auto const until = make_transfer_times(source_, deadline);
    result<asked> answer = co_await ask_for_instances(std::move(*target), until.next(false));
    if (!answer)
        co_return tl::unexpected(answer.error());

    auto const in_source = [this](failure why) -> tl::unexpected<failure> {
        return is_of_the_sink(why) ? tl::unexpected<failure>(std::move(why)) : client_.at_source(std::move(why));
    };
    bool const partial = answer->head.status == 206;
    instance_body body(answer->head, request, parts);
    if (!body.is_usable() && answer->head.length.value_or(1) != 0)
        co_return client_.at_source({make_error_code(errc::malformed), "an answer that holds no instances"});
    while (!body.ended()) {
        result<std::string_view> const piece = co_await answer->on->more(until.next(body.begun()));
        if (!piece)
            co_return client_.at_source(piece.error());
        if (piece->empty())
            break;
        result<void> const taken = co_await body.put(*piece);
        if (!taken)
            co_return in_source(taken.error());
    }
    if (body.is_usable()) {
        result<void> const whole = co_await body.end();
        if (!whole)
            co_return in_source(whole.error());
    }
    co_await pass_over(*answer, until.total);
    if (body.instances() == 0)
        co_return fail(errc::not_found, "source " + source_.name + ": an answer without instances");
    if (partial)
        co_return fail(errc::incomplete, place_of_status(source_.name, 206));
    retrieved all;
    all.instances = body.instances();
    if (leaves_transfer_syntax(way_))
        all.issues.push_back({issue::kind::informational, "the archive chose the transfer syntax"});
    co_return all;
}

awaitable<result<found>> wado_client::retrieve_metadata(retrieve_request const& request, row_sink& rows,
                                                        time_point deadline)
{
    if (makes_no_metadata_)
        co_return fail(errc::unsupported, "source " + source_.name + ": metadata");
    auto const target = wado_target(source_, request, "/metadata");
    if (!target)
        co_return fail(errc::not_found, "source " + source_.name + ": no UID");
    auto const until = make_transfer_times(source_, deadline);
    auto const asking = client_.request_for(*target);
    result<asked> answer = co_await client_.ask(asking, until.next(false));
    if (!answer)
        co_return tl::unexpected(answer.error());
    auto const status = answer->head.status;
    std::optional<failure> failed = co_await refusal(*answer, deadline);
    if (failed) {
        bool const cannot = is_about_accept(status) || status == 405 || status == 501;
        makes_no_metadata_ = cannot && failed->code != errc::cancelled;
        if (makes_no_metadata_)
            failed->code = make_error_code(errc::unsupported);
        co_return tl::unexpected(std::move(*failed));
    }

    found all;
    json_objects objects(max_data_set);
    std::uint64_t size = 0;
    for (;;) {
        result<std::string_view> const piece = co_await answer->on->more(until.next(all.rows != 0));
        if (!piece)
            co_return client_.at_source(piece.error());
        if (piece->empty())
            break;
        size += piece->size();
        if (size > source_.limits.max_answer)
            co_return client_.at_source({make_error_code(errc::too_large), "metadata"});
        for (auto rest = *piece; !rest.empty();) {
            auto const seen = objects.next(rest);
            if (!seen)
                co_return client_.at_source(seen.error());
            if (*seen == json_objects::kind::more)
                break;
            auto read = reader_.read(objects.text(), [&](mapping::data_set&& row) {
                ++all.rows;
                rows.row(std::move(row));
                return true;
            });
            if (!read)
                co_return client_.at_source({make_error_code(errc::malformed), "metadata"});
            for (auto& odd : read->issues)
                if (std::ranges::find(all.issues, odd) == all.issues.end())
                    all.issues.push_back(std::move(odd));
        }
    }
    if (!objects.ended())
        co_return client_.at_source({make_error_code(errc::aborted), "metadata that is cut off"});
    client_.done_with(std::move(answer->on));
    if (status == 206)
        co_return fail(errc::incomplete, place_of_status(source_.name, 206));
    co_return all;
}

}  // namespace pons::upstream::dicomweb
