#include "proxy/dicomweb/web_instances.hpp"

#include "mapping/errc.hpp"
#include "mapping/instance_writer.hpp"
#include "proxy/dicomweb/pixel_form.hpp"
#include "upstream/dicomweb/media_type.hpp"
#include "upstream/errc.hpp"

#include <algorithm>
#include <utility>

namespace pons::proxy::dicomweb {

namespace {

constexpr std::size_t largest_slice = 64 * 1024;
constexpr std::size_t largest_fragment = 1 << 20;  // even

std::span<std::byte const> slice_of(std::string_view text, std::size_t at)
{
    auto const slice = text.substr(at, largest_slice);
    return std::as_bytes(std::span(slice.data(), slice.size()));
}

bool is_metadata(std::string_view content_type, metadata_format format)
{
    using upstream::dicomweb::is_media_type;
    if (format == metadata_format::xml)
        return is_media_type(content_type, "application/dicom+xml");
    return is_media_type(content_type, "application/dicom+json") || is_media_type(content_type, "application/json");
}

failure too_many()
{
    return {make_error_code(mapping::errc::too_long), "the body of the request has too many parts", {}};
}

std::string_view text_of(std::span<std::byte const> bytes)
{
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

}  // namespace

web_instances::web_instances(http::request_body& body, std::string_view boundary, metadata_format format,
                             std::string study_uid)
    : store_source(body, boundary, std::move(study_uid)), format_(format), metadata_(format, study_uid_)
{
}

tl::unexpected<failure> web_instances::too_much()
{
    return parts_.broken({make_error_code(upstream::errc::too_large),
                          "the bulk data of the request, of which 16 MiB are held; a part needs a Content-Length, and "
                          "the parts of an instance that come before its last one must be small"});
}

awaitable<result<void>> web_instances::begin()
{
    result<void> const read = co_await read_metadata();
    if (!read)
        co_return read;
    index();
    result<head> found = co_await find_next();
    if (!found)
        co_return tl::unexpected(found.error());
    first_ = std::move(found);
    co_return result<void>();
}

/// All parts of metadata, and the header of the one behind.
awaitable<result<void>> web_instances::read_metadata()
{
    for (bool first = true;; first = false) {
        result<bool> const there = co_await parts_.next();
        if (!there)
            co_return tl::unexpected(there.error());
        part_begun_ = *there;
        auto const type = parts_.header("Content-Type");
        bool const untyped = first && type.empty();
        if (!*there || (!untyped && !is_metadata(type, format_))) {
            if (!first)
                co_return result<void>();
            co_return parts_.broken({make_error_code(mapping::errc::invalid_value),
                                     "the body of the request does not begin with a part of metadata"});
        }
        if (++parts_seen_ > most_parts)
            co_return parts_.broken(too_many());
        while (parts_.in_part()) {
            result<std::span<std::byte const>> const bytes = co_await parts_.read();
            if (!bytes)
                co_return tl::unexpected(bytes.error());
            auto const taken = metadata_.put(text_of(*bytes));
            if (!taken)
                co_return parts_.broken(taken.error());
        }
        auto const ended = metadata_.end_part();
        if (!ended)
            co_return parts_.broken(ended.error());
    }
}

/// Who waits for what.
void web_instances::index()
{
    auto const& all = metadata_.instances();
    missing_.resize(all.size());
    for (std::size_t n = 0; n < all.size(); ++n) {
        // A value that only a refused instance waits for is known, and passed over.
        for (auto const& place : all[n].places) {
            auto& users = values_[place].users;
            if (all[n].refused == 0)
                users.push_back(n);
        }
        missing_[n] = all[n].refused == 0 ? all[n].places.size() : 0;
        if (all[n].refused != 0)
            account_.refuse(all[n].refused, all[n].told);
        else if (missing_[n] == 0)
            ready_.push_back(n);
    }
}

awaitable<result<std::optional<upstream::part_head>>> web_instances::next()
{
    if (first_) {
        auto found = std::move(*first_);
        first_.reset();
        co_return found;
    }
    if (current_)
        release(*std::exchange(current_, std::nullopt));
    result<head> found = co_await find_next();
    co_return found;
}

awaitable<result<web_instances::head>> web_instances::find_next()
{
    for (;;) {
        while (!ready_.empty()) {
            auto const instance = ready_.front();
            ready_.pop_front();
            auto given = give(instance);
            if (!given || *given)
                co_return given;
        }
        if (!std::exchange(part_begun_, false)) {
            result<bool> const there = co_await parts_.next();
            if (!there)
                co_return tl::unexpected(there.error());
            if (!*there)
                break;
        }
        if (++parts_seen_ > most_parts)
            co_return parts_.broken(too_many());
        result<head> found = co_await take_part();
        if (!found || *found)
            co_return found;
    }
    for (std::size_t n = 0; n < missing_.size(); ++n)
        if (std::exchange(missing_[n], 0) != 0)
            account_.refuse(store_failure::cannot_understand, metadata_.instances()[n].told);
    co_return head();
}

/// The instance that this part was the last value of, if it was.
awaitable<result<web_instances::head>> web_instances::take_part()
{
    auto const there = values_.find(parts_.header("Content-Location"));
    if (there == values_.end() || there->second.came) {
        account_.refuse(store_failure::cannot_understand);
        co_return head();
    }
    auto& v = there->second;
    v.came = true;
    if (v.users.empty())
        co_return head();
    v.content_type = parts_.header("Content-Type");
    v.size = parts_.length();
    bool const last = v.users.size() == 1 && missing_[v.users.front()] == 1;
    auto const instance = v.users.front();
    result<void> const held = co_await hold(v, instance, last);
    if (!held)
        co_return tl::unexpected(held.error());
    for (auto const user : v.users)
        if (--missing_[user] == 0 && !last)
            ready_.push_back(user);
    if (last)
        co_return give(instance);
    co_return head();
}

/// Whether enough of the last value of an instance is there to give it.
bool web_instances::may_begin(value const& v, described_instance const& of, bool last) const
{
    if (v.whole || !last)
        return v.whole;
    if (!v.size)
        return held_ >= most_held;  // it goes on in fragments, if it can
    auto const found = parts_.header("Content-Location") == of.pixel_data
                           ? form_of(v.content_type, of.transfer_syntax_uid, v.bytes, v.whole)
                           : found_form();
    if (!found)
        return false;
    bool const to_be_cut = *found && (*found)->image && (*found)->image->begins != 0;
    return !to_be_cut;
}

awaitable<result<void>> web_instances::hold(value& v, std::size_t instance, bool last)
{
    auto const& of = metadata_.instances()[instance];
    // To look at an image again and again while it comes would take long.
    for (std::size_t look_at = 0;;) {
        if (v.bytes.size() >= look_at || v.whole || held_ >= most_held) {
            if (may_begin(v, of, last))
                co_return result<void>();
            look_at = v.bytes.size() * 2;
        }
        if (held_ >= most_held)
            co_return too_much();
        result<void> const more = co_await hold_more(v);
        if (!more)
            co_return more;
    }
}

awaitable<result<void>> web_instances::hold_more(value& v)
{
    auto const before = v.bytes.size();
    result<void> const more = co_await parts_.read_into(v.bytes);
    if (!more)
        co_return more;
    v.whole = !parts_.in_part();
    if (v.whole)
        v.size = v.bytes.size();
    v.held += v.bytes.size() - before;
    held_ += v.bytes.size() - before;
    co_return result<void>();
}

result<web_instances::head> web_instances::give(std::size_t instance)
{
    auto const& of = metadata_.instances()[instance];
    auto const value_at = [&](std::string_view place) -> bulk_value* {
        auto const there = values_.find(place);
        return there == values_.end() ? nullptr : &there->second;
    };
    auto layout = lay_out(metadata_.take(instance), of.transfer_syntax_uid, value_at);
    if (!layout && layout.error().too_large)
        return too_much();
    if (!layout) {
        account_.refuse(layout.error().reason, of.told);
        release(instance);
        return head();
    }
    account_.given.push_back(of.told);
    current_ = instance;
    pieces_ = std::move(layout->pieces);
    piece_ = 0;
    at_ = 0;
    return head(std::move(layout->head));
}

/// What only it needed is not held any longer.
void web_instances::release(std::size_t instance)
{
    for (auto const& place : metadata_.instances()[instance].places) {
        auto& v = values_.find(place)->second;
        std::erase(v.users, instance);
        if (!v.users.empty())
            continue;
        held_ -= std::exchange(v.held, 0);
        v.bytes = std::string();
    }
    pieces_.clear();
}

awaitable<result<std::span<std::byte const>>> web_instances::read()
{
    std::span<std::byte const> none;
    for (; piece_ < pieces_.size(); ++piece_, at_ = 0) {
        auto const& piece = pieces_[piece_];
        if (piece.in_fragments) {
            if (at_ >= fragment_.size()) {
                at_ = 0;
                result<bool> const more = co_await next_fragment(*piece.value);
                if (!more)
                    co_return tl::unexpected(more.error());
                if (!*more)
                    continue;
            }
            auto const slice = slice_of(fragment_, at_);
            at_ += slice.size();
            co_return slice;
        }
        auto const here = piece.value ? std::string_view(piece.value->bytes) : text_of(piece.bytes);
        if (at_ < here.size()) {
            auto const slice = slice_of(here, at_);
            at_ += slice.size();
            co_return slice;
        }
        if (!piece.value || piece.value->whole)
            continue;
        result<std::span<std::byte const>> const more = co_await parts_.read();
        if (!more || !more->empty())
            co_return more;
    }
    co_return none;
}

/// An item of encapsulated pixel data with what comes next of a value; false at its end (PS3.5 §A.4).
awaitable<result<bool>> web_instances::next_fragment(bulk_value& v)
{
    while (v.bytes.size() <= largest_fragment && parts_.in_part()) {
        result<void> const more = co_await parts_.read_into(v.bytes);
        if (!more)
            co_return tl::unexpected(more.error());
    }
    fragment_.clear();
    auto const size = std::min(v.bytes.size(), largest_fragment);
    if (size == 0)
        co_return false;
    std::vector<std::byte> header;
    auto const even = static_cast<std::uint32_t>(size + size % 2);
    mapping::append_item_header(mapping::item_tag, even, header);
    fragment_.append(text_of(header)).append(v.bytes, 0, size).append(even - size, '\0');
    v.bytes.erase(0, size);
    co_return true;
}

}  // namespace pons::proxy::dicomweb
