#include "upstream/dicomweb/part_writer.hpp"

#include "upstream/dicomweb/file_head.hpp"
#include "upstream/dicomweb/media_type.hpp"
#include "upstream/instance_uids.hpp"

#include <algorithm>
#include <span>

namespace pons::upstream::dicomweb {

namespace {

std::span<std::byte const> bytes_of(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

result<void> part_writer::begin(std::string_view media_type, std::optional<std::uint64_t> length)
{
    // Some leave the type of a part out, or have no better one; its meta information will tell.
    if (!media_type.empty() && !is_media_type(media_type, "application/dicom") &&
        !is_media_type(media_type, "application/octet-stream"))
        return fail(errc::malformed, "a part that is no instance");
    held_.clear();
    looked_at_ = 0;
    transfer_syntax_ = media_type_parameter(media_type, "transfer-syntax").value_or("");
    length_ = length;
    size_ = 0;
    passing_ = false;
    return {};
}

awaitable<result<void>> part_writer::put(std::string_view bytes)
{
    size_ += bytes.size();
    if (passing_) {
        result<void> const written = co_await to_.write(bytes_of(bytes));
        co_return written;
    }
    bool const first = held_.empty();
    if (!first)
        held_ += bytes;
    std::string_view const all = first ? bytes : std::string_view(held_);
    result<void> const begun = co_await try_begin(all, false);
    if (begun && !passing_ && first)
        held_ = bytes;
    co_return begun;
}

/// Begins with all that is there, if it is enough.
awaitable<result<void>> part_writer::try_begin(std::string_view all, bool whole)
{
    // However small the pieces are, what is held is looked at a few times only.
    if (!whole && all.size() < std::min(2 * looked_at_, looked_at_ + max_file_head / 4))
        co_return result<void>();
    looked_at_ = all.size();
    result<std::optional<part_head>> const head = read_file_head(bytes_of(all), transfer_syntax_, whole);
    if (!head)
        co_return tl::unexpected(head.error());
    if (!*head)
        co_return result<void>();
    auto const data_set = bytes_of(all).subspan((*head)->data_set_offset);
    instance_uids of;
    auto const seen = peek_instance_uids(data_set, (*head)->transfer_syntax_uid, whole, of);
    if (seen == peeked::more && !whole && data_set.size() < max_file_head)
        co_return result<void>();
    if (!was_asked_for(asked_, of))
        co_return fail(errc::malformed, "an instance of another study or series");
    passing_ = begun_ = true;
    result<void> const begun = co_await to_.begin(**head);
    if (!begun)
        co_return begun;
    result<void> const written = co_await to_.write(bytes_of(all));
    co_return written;
}

awaitable<result<void>> part_writer::end()
{
    if (!passing_) {
        result<void> const begun = co_await try_begin(held_, true);
        if (!begun)
            co_return begun;
    }
    if (!passing_)
        co_return fail(errc::malformed, "an instance that ends before its data set");
    if (length_ && *length_ != size_)
        co_return fail(errc::malformed, "an instance that is not as long as its part said");
    result<void> const ended = co_await to_.end();
    if (ended)
        ++instances_;
    co_return ended;
}

}  // namespace pons::upstream::dicomweb
