#include "mapping/element_values.hpp"
#include "render/data_set_writer.hpp"
#include "render/decode.hpp"
#include "render/instance.hpp"
#include "render/run_job.hpp"

#include <algorithm>
#include <limits>

namespace pons::render {

namespace {

using kind = event::kind;
using mapping::operator""_vr;

constexpr std::uint16_t image_group = 0x0028;
constexpr std::size_t most_held = 16u << 20;
constexpr std::uint32_t longest_value = 16u << 20;

constexpr tag photometric_interpretation{0x00280004};
constexpr tag planar_configuration{0x00280006};
constexpr tag lossy_image_compression{0x00282110};
constexpr tag lossy_method{0x00282114};
constexpr tag extended_lengths{0x7FE00002};

/// What is sent, held back until the first frame has been decoded, so that an instance which cannot be transcoded fails
/// before its first byte. The Image Pixel Module is held apart: decoding changes it.
class held_answer {
public:
    held_answer(answer& to, part_info part, bool implicit_vr) : to_(to), part_(std::move(part)), implicit_(implicit_vr)
    {
    }

    bool implicit_vr() const { return implicit_; }

    /// To which element the next bytes belong.
    void at(tag top_level) { top_ = top_level; }

    void write(std::span<std::byte const> bytes)
    {
        if (released_)
            return to_.write(bytes);
        held_ += bytes.size();
        auto* into = group(top_) < image_group ? &before_ : &after_;
        if (group(top_) == image_group) {
            if (module_.empty() || module_.back().t != top_)
                module_.push_back({top_, {}});
            into = &module_.back().bytes;
        }
        into->insert(into->end(), bytes.begin(), bytes.end());
    }

    /// Puts an element of the image group into its place, or in place of the one there.
    void set(tag t, mapping::vr as, std::string_view text)
    {
        put(t, data_set_writer::element(t, as, std::as_bytes(std::span(text)), implicit_));
    }

    void set_zero(tag t)
    {
        std::array<std::byte, 2> const zero{};
        put(t, data_set_writer::element(t, "US"_vr, zero, implicit_));
    }

    bool is_full() const { return !released_ && held_ > most_held; }
    bool released() const { return released_; }

    void release()
    {
        if (released_)
            return;
        released_ = true;
        to_.begin(part_);
        to_.write(before_);
        for (auto const& e : module_)
            to_.write(e.bytes);
        to_.write(after_);
        before_ = after_ = {};
        module_.clear();
    }

private:
    struct held_element {
        tag t{};
        std::vector<std::byte> bytes;
    };

    void put(tag t, std::vector<std::byte> bytes)
    {
        auto const place = std::ranges::lower_bound(module_, t, {}, &held_element::t);
        if (place != module_.end() && place->t == t)
            place->bytes = std::move(bytes);
        else
            module_.insert(place, {t, std::move(bytes)});
    }

    answer& to_;
    part_info part_;
    bool implicit_;
    tag top_{};
    std::size_t held_ = 0;
    bool released_ = false;
    std::vector<std::byte> before_;
    std::vector<held_element> module_;
    std::vector<std::byte> after_;
};

/// The colours that decoding yields, where the transfer syntax and the image say it (PS3.5 §8.2.1, §8.2.4).
std::string colours_of(image const& of, codec with)
{
    auto const& p = of.photometric;
    if (with == codec::jpeg && (p == "YBR_FULL" || p == "YBR_FULL_422"))
        return "RGB";
    if (with == codec::jpeg_2000 && (p == "YBR_ICT" || p == "YBR_RCT"))
        return "RGB";
    if (with == codec::jpeg_2000 && p.starts_with("YBR_"))
        return "YBR_FULL";
    return p;
}

class transcoding {
public:
    transcoding(instance& in, held_answer& out)
        : in_(in),
          out_(out),
          collect_(of_, false),
          writer_(in.syntax().as, out.implicit_vr(), [this](auto bytes) { out_.write(bytes); })
    {
        of_.transfer_syntax_uid = in.meta().transfer_syntax_uid;
    }

    result<void> run()
    {
        auto& from = in_.elements();
        for (;;) {
            auto const e = from.next();
            if (!e)
                return tl::unexpected(e.error());
            if (e->what == kind::end)
                break;
            if (auto done = one(*e); !done)
                return done;
            // Too much to hold: what decoding will change must be foretold.
            if (out_.is_full())
                release(colours_of(of_, in_.syntax().codec));
        }
        out_.release();
        return {};
    }

private:
    result<void> one(event const& e)
    {
        bool const compressed = in_.syntax().codec != codec::native;
        bool const begins = e.what == kind::value || e.what == kind::sequence || e.what == kind::fragments;
        if (begins && e.depth == 0) {
            out_.at(e.t);
            bool const pixels = e.t == tags::pixel_data && e.what == kind::fragments;
            if (compressed && pixels)
                return decode(e);
            if (compressed && e.t == tags::extended_offset_table)
                return note_offsets(e);
            if (compressed && e.t == extended_lengths)
                return {};
            if (e.t == tags::pixel_data && e.what == kind::value)
                return native(e, compressed);
        }
        if (collect_.wants(e))
            return note(e);
        return writer_.write(e, in_.elements());
    }

    /// An element that describes the image: read, and written.
    result<void> note(event const& e)
    {
        auto value = little_endian_value(in_.elements(), e, longest_value);
        if (!value)
            return tl::unexpected(value.error());
        out_.write(data_set_writer::element(e.t, e.vr, *value, out_.implicit_vr()));
        auto taken = collect_.take(e, std::move(*value));
        in_.elements().set_signed(of_.is_signed);
        return taken;
    }

    result<void> note_offsets(event const& e)
    {
        auto value = little_endian_value(in_.elements(), e, longest_value);
        if (!value)
            return tl::unexpected(value.error());
        offsets_ = std::move(*value);
        return {};
    }

    result<void> native(event e, bool compressed)
    {
        if (compressed)
            return fail(errc::malformed, "PixelData (7FE0,0010)");
        if (e.as == encoding::implicit_le && of_.bits_allocated <= 8)
            e.vr = "OB"_vr;
        return writer_.write(e, in_.elements());
    }

    void release(std::string const& colours)
    {
        if (out_.released())
            return;
        colours_ = colours;
        if (in_.syntax().codec != codec::native && of_.rows > 0) {
            out_.set(photometric_interpretation, "CS"_vr, colours);
            if (of_.samples > 1 && in_.syntax().codec != codec::deflate)
                out_.set_zero(planar_configuration);
            if (auto const method = in_.syntax().lossy_method; !of_.lossy_known && !method.empty()) {
                out_.set(lossy_image_compression, "CS"_vr, "01");
                out_.set(lossy_method, "CS"_vr, method);
            }
        }
        out_.release();
    }

    result<void> decode(event const& e)
    {
        if (auto good = check(of_); !good)
            return good;
        decoder decode(of_);
        if (!decode.can())
            return fail(errc::unsupported_syntax, "TransferSyntaxUID (0002,0010)");
        frame_source frames(in_.elements(), e, of_, std::move(offsets_));
        decoded pixels;
        std::uint64_t written = 0;
        std::uint64_t total = 0;
        while (!frames.at_end()) {
            auto const stored = frames.next();
            if (!stored)
                return tl::unexpected(stored.error());
            if (auto done = decode.decode(*stored, pixels); !done)
                return done;
            if (written == 0) {
                total = std::uint64_t{pixels.pixels.size()} * of_.frames;
                if (total >= undefined_length - 1)
                    return fail(errc::too_large, "PixelData (7FE0,0010)");
                release(pixels.photometric);
                auto const vr = of_.bits_allocated > 8 ? "OW"_vr : "OB"_vr;
                out_.write(data_set_writer::header(tags::pixel_data, vr, static_cast<std::uint32_t>(total + total % 2),
                                                   out_.implicit_vr()));
            }
            // All frames have one size and one colour model, or the header does not hold.
            if (pixels.photometric != colours_ || pixels.pixels.size() * of_.frames != total)
                return fail(errc::malformed, "PixelData (7FE0,0010)");
            out_.write(pixels.pixels);
            written += pixels.pixels.size();
        }
        if (written % 2 != 0)
            out_.write(std::array<std::byte, 1>{});
        return after_frames(frames);
    }

    /// Nothing may follow the last frame but the end of the fragments.
    result<void> after_frames(frame_source const& frames)
    {
        if (!frames.fragments_ended())
            return fail(errc::malformed, "NumberOfFrames (0028,0008)");
        return {};
    }

    instance& in_;
    held_answer& out_;
    image of_;
    image_collector collect_;
    data_set_writer writer_;
    std::vector<std::byte> offsets_;
    std::string colours_;
};

}  // namespace

result<void> run_transcode(job const& asked, byte_source& from, answer& to)
{
    instance in(from);
    if (auto opened = in.open(); !opened)
        return opened;
    auto const syntax = asked.implicit_vr ? implicit_vr_little_endian : explicit_vr_little_endian;
    auto const head = to_bytes(in.meta(), syntax);
    part_info part;
    part.content_type = "application/dicom";
    part.transfer_syntax_uid = syntax;
    part.sop_class_uid = in.meta().sop_class_uid;
    part.sop_instance_uid = in.meta().sop_instance_uid;
    part.data_set_offset = head.size();
    held_answer out(to, part, asked.implicit_vr);
    out.write(head);
    transcoding work(in, out);
    return work.run();
}

}  // namespace pons::render
