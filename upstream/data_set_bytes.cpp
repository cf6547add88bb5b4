#include "upstream/data_set_bytes.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <utility>

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

}  // namespace

tl::unexpected<failure> unreadable(failure const& why)
{
    bool const malformed = why.code == make_error_code(mapping::stream_errc::malformed_data_set);
    return fail(malformed ? errc::malformed : errc::too_large, "data set of an instance, " + why.where);
}

/// Deflate without any frame. Nothing that follows its end is looked at: a byte of padding may.
class data_set_bytes::raw_inflater {
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

    /// Takes from the front of `in`; nothing comes out once all of it was taken.
    result<std::span<std::byte const>> next(std::span<std::byte const>& in)
    {
        if (ended_)
            return {};
        // zlib does not write to its input.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
        stream_.avail_in = static_cast<uInt>(in.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
        stream_.avail_out = static_cast<uInt>(out_.size());
        auto const status = inflate(&stream_, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return fail(errc::malformed, "deflated data set of an instance");
        ended_ = status == Z_STREAM_END;
        in = in.last(stream_.avail_in);
        return std::span<std::byte const>(out_).first(out_.size() - stream_.avail_out);
    }

private:
    z_stream stream_{};
    std::array<std::byte, 16 * 1024> out_;
    bool ended_ = false;
};

data_set_bytes::data_set_bytes(part_head const& head)
    : form_(encoding_of(head.transfer_syntax_uid)), before_data_set_(head.data_set_offset)
{
    if (head.transfer_syntax_uid == deflated)
        inflater_ = std::make_unique<raw_inflater>();
}

data_set_bytes::data_set_bytes(data_set_bytes&&) noexcept = default;
data_set_bytes::~data_set_bytes() = default;

void data_set_bytes::put(std::span<std::byte const> bytes)
{
    auto const skipped = std::min(before_data_set_, bytes.size());
    before_data_set_ -= skipped;
    left_ = bytes.subspan(skipped);
}

result<std::span<std::byte const>> data_set_bytes::next()
{
    if (inflater_)
        return inflater_->next(left_);
    return std::exchange(left_, {});
}

bool data_set_bytes::may_end() const
{
    return !inflater_ || inflater_->ended();
}

}  // namespace pons::upstream
