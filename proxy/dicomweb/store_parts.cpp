#include "proxy/dicomweb/store_parts.hpp"

#include "mapping/errc.hpp"
#include "upstream/dicomweb/file_head.hpp"
#include "upstream/dicomweb/media_type.hpp"
#include "upstream/instance_uids.hpp"

#include <charconv>

namespace pons::proxy::dicomweb {

namespace {

using upstream::part_head;
using upstream::dicomweb::max_file_head;
using upstream::dicomweb::multipart_reader;
using kind = multipart_reader::kind;

constexpr std::size_t longest_epilogue = 64 * 1024;

std::span<std::byte const> bytes_of(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

failure bad_body(std::string_view how)
{
    return {make_error_code(mapping::errc::invalid_value), "the body of the request " + std::string(how), {}};
}

std::optional<std::uint64_t> length_of(std::string_view field)
{
    std::uint64_t length = 0;
    auto const [end, error] = std::from_chars(field.data(), field.data() + field.size(), length);
    return error == std::errc() && end == field.data() + field.size() ? std::optional(length) : std::nullopt;
}

/// The type that a part must have; some leave it out, or have no better one.
bool may_be_instance(std::string_view media_type)
{
    return media_type.empty() || upstream::dicomweb::is_media_type(media_type, "application/dicom") ||
           upstream::dicomweb::is_media_type(media_type, "application/octet-stream");
}

}  // namespace

store_parts::store_parts(http::request_body& body, std::string_view boundary, std::string study_uid)
    : body_(body), reader_(boundary), study_uid_(std::move(study_uid))
{
}

tl::unexpected<failure> store_parts::broken(failure why)
{
    fault_ = why;
    return tl::unexpected(std::move(why));
}

void store_parts::refuse(std::uint16_t reason, told_instance what)
{
    refused_.push_back({std::move(what), reason});
}

/// What the reader sees next, whatever it takes to read.
awaitable<result<store_parts::event>> store_parts::next_event()
{
    for (;;) {
        auto seen = reader_.next(input_);
        if (!seen)
            co_return broken(bad_body("is no multipart body"));
        if (seen->what != kind::more)
            co_return *seen;
        if (!input_.empty())
            continue;
        result<std::span<std::byte const>> const more = co_await body_.read();
        if (!more)
            co_return broken(more.error());
        if (more->empty())
            co_return broken(bad_body("ends before its last boundary"));
        input_ = {reinterpret_cast<char const*>(more->data()), more->size()};
    }
}

result<void> store_parts::end_part()
{
    in_part_ = false;
    // Where the data holds the boundary, only this tells that the instance was cut.
    if (length_ && *length_ != size_)
        return broken(bad_body("has a part that is not as long as its Content-Length says"));
    return {};
}

/// Some more of the part, behind what is held; `in_part_` says whether there is any.
awaitable<result<void>> store_parts::hold_more()
{
    result<event> const seen = co_await next_event();
    if (!seen)
        co_return tl::unexpected(seen.error());
    if (seen->what != kind::bytes)
        co_return end_part();
    size_ += seen->bytes.size();
    held_ += seen->bytes;
    co_return result<void>();
}

awaitable<result<void>> store_parts::skip()
{
    while (in_part_) {
        held_.clear();
        result<void> const more = co_await hold_more();
        if (!more)
            co_return more;
    }
    co_return result<void>();
}

/// Nothing for a part that is no instance.
awaitable<result<std::optional<part_head>>> store_parts::read_head(std::string transfer_syntax)
{
    std::optional<part_head> none;
    for (;;) {
        auto const head = upstream::dicomweb::read_file_head(bytes_of(held_), transfer_syntax, !in_part_);
        if (!head)
            co_return none;
        if (*head || !in_part_)
            co_return *head;
        result<void> const more = co_await hold_more();
        if (!more)
            co_return tl::unexpected(more.error());
    }
}

/// Whether it may be stored.
awaitable<result<bool>> store_parts::examine(part_head const& head)
{
    upstream::instance_uids uids;
    for (;;) {
        auto const data_set = bytes_of(held_).subspan(head.data_set_offset);
        auto const seen = upstream::peek_instance_uids(data_set, head.transfer_syntax_uid, !in_part_, uids);
        if (seen != upstream::peeked::more || !in_part_ || data_set.size() >= max_file_head)
            break;
        result<void> const more = co_await hold_more();
        if (!more)
            co_return tl::unexpected(more.error());
    }
    told_instance told{head.sop_class_uid, head.sop_instance_uid, uids.study, uids.series};
    if (study_uid_.empty() || uids.study == study_uid_) {
        given_.push_back(std::move(told));
        co_return true;
    }
    refuse(uids.study.empty() ? store_failure::cannot_understand : store_failure::another_study, std::move(told));
    co_return false;
}

awaitable<result<std::optional<part_head>>> store_parts::next()
{
    std::optional<part_head> none;
    if (ended_)
        co_return none;
    for (;;) {
        result<void> const skipped = co_await skip();
        if (!skipped)
            co_return tl::unexpected(skipped.error());
        result<event> const seen = co_await next_event();
        if (!seen)
            co_return tl::unexpected(seen.error());
        if (seen->what == kind::end) {
            ended_ = true;
            result<void> const rest = co_await read_epilogue();
            if (!rest)
                co_return tl::unexpected(rest.error());
            co_return none;
        }
        if (parts() == most_parts)
            co_return broken({make_error_code(mapping::errc::too_long), "the body of the request has too many parts"});
        in_part_ = true;
        held_.clear();
        held_out_ = false;
        size_ = 0;
        std::string const type(reader_.header("Content-Type"));
        length_ = length_of(reader_.header("Content-Length"));
        if (!may_be_instance(type)) {
            refuse(store_failure::cannot_understand);
            continue;
        }
        auto syntax = upstream::dicomweb::media_type_parameter(type, "transfer-syntax").value_or("");
        result<std::optional<part_head>> head = co_await read_head(std::move(syntax));
        if (!head)
            co_return tl::unexpected(head.error());
        if (!*head) {
            refuse(store_failure::cannot_understand);
            continue;
        }
        result<bool> const good = co_await examine(**head);
        if (!good)
            co_return tl::unexpected(good.error());
        if (*good)
            co_return std::move(*head);
    }
}

awaitable<result<std::span<std::byte const>>> store_parts::read()
{
    std::span<std::byte const> const none;
    if (!held_out_) {
        held_out_ = true;
        co_return bytes_of(held_);
    }
    if (!in_part_)
        co_return none;
    result<event> const seen = co_await next_event();
    if (!seen)
        co_return tl::unexpected(seen.error());
    if (seen->what == kind::bytes) {
        size_ += seen->bytes.size();
        co_return bytes_of(seen->bytes);
    }
    auto const ended = end_part();
    if (!ended)
        co_return tl::unexpected(ended.error());
    co_return none;
}

/// What may follow the last boundary, so that the connection can be used again.
awaitable<result<void>> store_parts::read_epilogue()
{
    for (std::size_t size = 0; size < longest_epilogue;) {
        result<std::span<std::byte const>> const more = co_await body_.read();
        if (!more)
            co_return broken(more.error());
        if (more->empty())
            break;
        size += more->size();
    }
    co_return result<void>();
}

}  // namespace pons::proxy::dicomweb
