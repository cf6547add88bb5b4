#include "proxy/dicomweb/store_parts.hpp"

#include "mapping/errc.hpp"
#include "upstream/dicomweb/file_head.hpp"
#include "upstream/dicomweb/media_type.hpp"
#include "upstream/instance_uids.hpp"

namespace pons::proxy::dicomweb {

namespace {

using upstream::part_head;
using upstream::dicomweb::max_file_head;

std::span<std::byte const> bytes_of(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// The type that a part must have; some leave it out, or have no better one.
bool may_be_instance(std::string_view media_type)
{
    return media_type.empty() || upstream::dicomweb::is_media_type(media_type, "application/dicom") ||
           upstream::dicomweb::is_media_type(media_type, "application/octet-stream");
}

}  // namespace

store_parts::store_parts(http::request_body& body, std::string_view boundary, std::string study_uid)
    : store_source(body, boundary, std::move(study_uid))
{
}

awaitable<result<void>> store_parts::begin()
{
    co_return result<void>();
}

/// Nothing for a part that is no instance.
awaitable<result<std::optional<part_head>>> store_parts::read_head(std::string transfer_syntax)
{
    std::optional<part_head> none;
    for (;;) {
        auto const head = upstream::dicomweb::read_file_head(bytes_of(held_), transfer_syntax, !parts_.in_part());
        if (!head)
            co_return none;
        if (*head || !parts_.in_part())
            co_return *head;
        result<void> const more = co_await parts_.read_into(held_);
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
        auto const seen = upstream::peek_instance_uids(data_set, head.transfer_syntax_uid, !parts_.in_part(), uids);
        if (seen != upstream::peeked::more || !parts_.in_part() || data_set.size() >= max_file_head)
            break;
        result<void> const more = co_await parts_.read_into(held_);
        if (!more)
            co_return tl::unexpected(more.error());
    }
    told_instance told{head.sop_class_uid, head.sop_instance_uid, uids.study, uids.series};
    if (study_uid_.empty() || uids.study == study_uid_) {
        account_.given.push_back(std::move(told));
        co_return true;
    }
    account_.refuse(uids.study.empty() ? store_failure::cannot_understand : store_failure::another_study,
                    std::move(told));
    co_return false;
}

awaitable<result<std::optional<part_head>>> store_parts::next()
{
    std::optional<part_head> none;
    for (;;) {
        result<bool> const there = co_await parts_.next();
        if (!there)
            co_return tl::unexpected(there.error());
        if (!*there)
            co_return none;
        if (account_.parts() == most_parts)
            co_return parts_.broken(
                {make_error_code(mapping::errc::too_long), "the body of the request has too many parts"});
        held_.clear();
        held_out_ = false;
        std::string const type(parts_.header("Content-Type"));
        if (!may_be_instance(type)) {
            account_.refuse(store_failure::cannot_understand);
            continue;
        }
        auto syntax = upstream::dicomweb::media_type_parameter(type, "transfer-syntax").value_or("");
        result<std::optional<part_head>> head = co_await read_head(std::move(syntax));
        if (!head)
            co_return tl::unexpected(head.error());
        if (!*head) {
            account_.refuse(store_failure::cannot_understand);
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
    if (!held_out_) {
        held_out_ = true;
        co_return bytes_of(held_);
    }
    result<std::span<std::byte const>> const more = co_await parts_.read();
    co_return more;
}

}  // namespace pons::proxy::dicomweb
