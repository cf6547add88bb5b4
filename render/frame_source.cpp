#include "render/frame_source.hpp"

#include "mapping/element_values.hpp"
#include "render/byte_order.hpp"

#include <algorithm>
#include <array>

namespace pons::render {

namespace {

using kind = event::kind;

constexpr std::uint32_t longest_table = 64 << 20;
constexpr std::uint64_t longest_frame = 512u << 20;  // compressed
constexpr std::size_t head_size = 4;

/// Offsets that can be those of frames: as many, the first zero, ascending. Else none.
template <class Number>
std::vector<std::uint64_t> offsets(std::span<std::byte const> table, std::uint32_t frames)
{
    std::vector<std::uint64_t> found;
    if (table.size() / sizeof(Number) != frames)
        return found;
    for (std::size_t i = 0; i < frames; ++i) {
        auto const at = std::uint64_t{mapping::number<Number>(table.data() + i * sizeof(Number), false)};
        if (i == 0 ? at != 0 : at <= found.back())
            return {};
        found.push_back(at);
    }
    return found;
}

/// SOI of JPEG and JPEG-LS, SOC and SIZ of JPEG 2000.
bool begins_codestream(std::span<std::byte const> head, codec with)
{
    if (head.size() < 3 || head[0] != std::byte{0xFF})
        return false;
    if (with == codec::jpeg_2000)
        return head[1] == std::byte{0x4F} && head[2] == std::byte{0xFF};
    return head[1] == std::byte{0xD8} && head[2] == std::byte{0xFF};
}

}  // namespace

frame_source::frame_source(element_reader& from, event const& e, image const& of, std::vector<std::byte> extended)
    : from_(from), pixels_(e), of_(of), syntax_(syntax_of(of.transfer_syntax_uid)), extended_(std::move(extended))
{
}

result<std::span<std::byte const>> frame_source::next()
{
    if (auto done = step(true); !done)
        return tl::unexpected(done.error());
    return std::span<std::byte const>(frame_);
}

result<void> frame_source::skip(std::uint64_t frames)
{
    for (; frames > 0; --frames)
        if (auto done = step(false); !done)
            return done;
    return {};
}

result<void> frame_source::step(bool wanted)
{
    if (at_end())
        return fail(errc::no_such_frame);
    if (!started_) {
        if (auto done = start(); !done)
            return done;
        started_ = true;
    }
    auto done = pixels_.what == kind::value ? native(wanted) : encapsulated(wanted);
    if (done)
        ++passed_;
    return done;
}

result<void> frame_source::start()
{
    if (pixels_.what == kind::value) {
        auto const size = (of_.frame_bits() * of_.frames + 7) / 8;
        if (size > pixels_.length)
            return fail(errc::malformed, "PixelData (7FE0,0010)");
        if (exact_ && pixels_.length > (size + 1) / 2 * 2)
            return fail(errc::malformed, "NumberOfFrames (0028,0008)");
        return {};
    }
    if (syntax_.one_stream)
        return fail(errc::unsupported_syntax, "TransferSyntaxUID (0002,0010)");
    auto const table = from_.next();
    if (!table)
        return tl::unexpected(table.error());
    if (table->what != kind::fragment)
        return fail(errc::malformed, "PixelData (7FE0,0010)");
    auto const value = from_.value(longest_table);
    if (!value)
        return tl::unexpected(value.error());
    starts_ = offsets<std::uint64_t>(extended_, of_.frames);
    if (starts_.empty())
        starts_ = offsets<std::uint32_t>(*value, of_.frames);
    return next_fragment();
}

/// Reads native pixel data. Samples of 8 bits in words turn with the words (PS3.5 §7.3), whatever frame they are of.
bool frame_source::take(std::span<std::byte> into)
{
    using mapping::operator""_vr;
    bool const words = pixels_.as == encoding::explicit_be && pixels_.vr == "OW"_vr && of_.bits_allocated <= 8;
    auto const read_all = [this](std::span<std::byte> to) {
        while (!to.empty()) {
            auto const got = from_.read(to);
            if (got == 0)
                return false;
            to = to.subspan(got);
        }
        return true;
    };
    read_ += into.size();
    if (!words)
        return read_all(into);
    if (half_ && !into.empty()) {
        into[0] = *half_;
        half_.reset();
        into = into.subspan(1);
    }
    auto const even = into.first(into.size() / 2 * 2);
    if (!read_all(even))
        return false;
    swap_units(even, 2);
    if (into.size() % 2 == 0)
        return true;
    std::array<std::byte, 2> word;
    if (!read_all(word))
        return false;
    into.back() = word[1];
    half_ = word[0];
    return true;
}

result<void> frame_source::native(bool wanted)
{
    auto const cut_off = fail(errc::malformed, "PixelData (7FE0,0010)");
    auto const begin = of_.frame_bits() * passed_;
    auto const end = begin + of_.frame_bits();
    auto const shift = static_cast<unsigned>(begin % 8);
    auto const size = static_cast<std::size_t>((end + 7) / 8 - read_);
    frame_.clear();
    if (!wanted && shift == 0 && end % 8 == 0) {
        std::array<std::byte, 16 * 1024> passed;
        for (std::size_t left = size; left > 0;) {
            auto const now = std::min(left, passed.size());
            if (!take(std::span(passed).first(now)))
                return cut_off;
            left -= now;
        }
        return {};
    }
    if (shift != 0)
        frame_.push_back(last_);
    auto const before = frame_.size();
    frame_.resize(before + size);
    if (!take(std::span(frame_).subspan(before)))
        return cut_off;
    if (of_.bits_allocated >= 8 || frame_.empty())
        return {};
    last_ = frame_.back();
    if (shift != 0)
        for (std::size_t i = 0; i < frame_.size(); ++i) {
            auto const above = i + 1 < frame_.size() ? frame_[i + 1] << (8 - shift) : std::byte{0};
            frame_[i] = (frame_[i] >> shift) | above;
        }
    frame_.resize(of_.frame_bytes());
    if (auto const over = of_.frame_bits() % 8; over != 0)
        frame_.back() &= static_cast<std::byte>((1u << over) - 1);
    return {};
}

/// Goes to the next fragment and looks at its first bytes.
result<void> frame_source::next_fragment()
{
    if (started_)
        offset_ += 8 + std::uint64_t{fragment_};
    auto const e = from_.next();
    if (!e)
        return tl::unexpected(e.error());
    ended_ = e->what == kind::sequence_end;
    head_.clear();
    fragment_ = ended_ ? 0 : e->length;
    head_.resize(std::min<std::size_t>(head_size, fragment_));
    for (auto into = std::span(head_); !into.empty();) {
        auto const got = from_.read(into);
        if (got == 0)
            return fail(errc::malformed, "PixelData (7FE0,0010)");
        into = into.subspan(got);
    }
    started_ = true;
    if (!ended_ && (!has_codestreams() || begins_codestream(head_, syntax_.codec)))
        ++beginnings_;
    return {};
}

bool frame_source::has_codestreams() const
{
    return syntax_.codec == codec::jpeg || syntax_.codec == codec::jpeg_ls || syntax_.codec == codec::jpeg_2000;
}

/// Whether the fragment at hand is the first of the next frame.
result<bool> frame_source::begins_frame()
{
    if (of_.frames == 1)
        return false;
    if (!starts_.empty()) {
        auto const next = passed_ + 1;
        if (next == starts_.size())
            return false;
        if (offset_ > starts_[next])
            return fail(errc::malformed, "basic offset table");
        return offset_ == starts_[next];
    }
    if (has_codestreams())
        return begins_codestream(head_, syntax_.codec);
    return true;
}

result<void> frame_source::encapsulated(bool wanted)
{
    frame_.clear();
    if (ended_)
        return fail(errc::malformed, "NumberOfFrames (0028,0008)");
    std::array<std::byte, 16 * 1024> passed;
    for (;;) {
        if (wanted) {
            if (frame_.size() + fragment_ > longest_frame)
                return fail(errc::too_large, "PixelData (7FE0,0010)");
            frame_.insert(frame_.end(), head_.begin(), head_.end());
        }
        for (;;) {
            auto const got = from_.read(passed);
            if (wanted)
                frame_.insert(frame_.end(), passed.begin(), passed.begin() + static_cast<std::ptrdiff_t>(got));
            if (got == 0)
                break;
        }
        if (auto done = next_fragment(); !done)
            return done;
        auto const begins = ended_ ? result<bool>(true) : begins_frame();
        if (!begins)
            return tl::unexpected(begins.error());
        if (!*begins)
            continue;
        bool const last = passed_ + 1 == of_.frames;
        if (exact_ && last && (!ended_ || beginnings_ != of_.frames))
            return fail(errc::malformed, "NumberOfFrames (0028,0008)");
        return {};
    }
}

}  // namespace pons::render
