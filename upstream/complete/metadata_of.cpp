#include "upstream/complete/metadata_of.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

namespace pons::upstream {

namespace {

constexpr std::string_view implicit_le = "1.2.840.10008.1.2";
constexpr std::string_view explicit_be = "1.2.840.10008.1.2.2";
constexpr std::string_view deflated = "1.2.840.10008.1.2.1.99";
constexpr std::string_view implicit_ge = "1.2.840.113619.5.2";  // implicit little endian but for its pixels

mapping::encoding encoding_of(std::string_view syntax)
{
    if (syntax == implicit_le || syntax == implicit_ge)
        return mapping::encoding::implicit_le;
    return syntax == explicit_be ? mapping::encoding::explicit_be : mapping::encoding::explicit_le;
}

tl::unexpected<failure> unreadable(failure const& why)
{
    bool const malformed = why.code == make_error_code(mapping::stream_errc::malformed_data_set);
    return fail(malformed ? errc::malformed : errc::too_large, "data set of an instance, " + why.where);
}

}  // namespace

/// The data set of a deflated instance (PS3.5 §A.5): deflate without any frame.
class metadata_of::raw_inflater {
public:
    raw_inflater()
    {
        if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK)
            throw std::bad_alloc();
    }
    raw_inflater(raw_inflater const&) = delete;
    raw_inflater& operator=(raw_inflater const&) = delete;
    ~raw_inflater() { inflateEnd(&stream_); }

    bool ended() const { return ended_; }

    /// Calls `to` with what comes out. Nothing that follows the end is looked at: a byte of padding may.
    template <class F>
    result<void> feed(std::span<std::byte const> bytes, F&& to)
    {
        std::array<std::byte, 16 * 1024> out;
        // zlib does not write to its input.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(bytes.size());
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(out.data());
            stream_.avail_out = static_cast<uInt>(out.size());
            if (ended_)
                return {};
            auto const status = inflate(&stream_, Z_NO_FLUSH);
            if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
                return fail(errc::malformed, "deflated data set of an instance");
            ended_ = status == Z_STREAM_END;
            auto const taken = to(std::span<std::byte const>(out).first(out.size() - stream_.avail_out));
            if (!taken)
                return taken;
        } while (stream_.avail_in != 0 || stream_.avail_out == 0);
        return {};
    }

private:
    z_stream stream_{};
    bool ended_ = false;
};

metadata_of::metadata_of(row_sink& rows, std::string charset_default)
    : rows_(rows), charset_default_(std::move(charset_default))
{
}

metadata_of::~metadata_of() = default;

awaitable<result<void>> metadata_of::begin(part_head const& head)
{
    cutter_.emplace(encoding_of(head.transfer_syntax_uid));
    inflater_.reset();
    if (head.transfer_syntax_uid == deflated)
        inflater_ = std::make_unique<raw_inflater>();
    before_data_set_ = head.data_set_offset;
    co_return result<void>();
}

result<void> metadata_of::put(std::span<std::byte const> bytes)
{
    auto const cut = cutter_->put(bytes);
    return cut ? result<void>() : unreadable(cut.error());
}

awaitable<result<void>> metadata_of::write(std::span<std::byte const> bytes)
{
    auto const skipped = std::min(before_data_set_, bytes.size());
    before_data_set_ -= skipped;
    bytes = bytes.subspan(skipped);
    if (bytes.empty())
        co_return result<void>();
    if (!inflater_)
        co_return put(bytes);
    co_return inflater_->feed(bytes, [this](std::span<std::byte const> plain) { return put(plain); });
}

awaitable<result<void>> metadata_of::end()
{
    if (inflater_ && !inflater_->ended())
        co_return fail(errc::malformed, "deflated data set of an instance");
    auto row = cutter_->end(charset_default_);
    lacks_values_ = lacks_values_ || cutter_->lacks_values();
    cutter_.reset();
    if (!row)
        co_return unreadable(row.error());
    rows_.row(std::move(*row));
    co_return result<void>();
}

}  // namespace pons::upstream
