#include "render/image.hpp"

#include "mapping/element_values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace pons::render {

namespace {

using kind = event::kind;

constexpr std::uint32_t longest_value = 1 << 20;

constexpr std::uint32_t most_frames_with_looks = 200'000;

constexpr tag no_tag{0};
constexpr tag shared_groups{0x52009229};
constexpr tag per_frame_groups{0x52009230};
constexpr tag transformation{0x00289145};
constexpr tag frame_voi{0x00289132};
constexpr tag modality_lut{0x00283000};
constexpr tag voi_lut{0x00283010};

// What describes the pixels, ascending.
constexpr tag of_pixels[] = {
    tag{0x00082144}, tag{0x00180040}, tag{0x00181063}, tag{0x00280002}, tag{0x00280004},
    tag{0x00280006}, tag{0x00280008}, tag{0x00280010}, tag{0x00280011}, tag{0x00280100},
    tag{0x00280101}, tag{0x00280102}, tag{0x00280103}, tag{0x00282110}, tag{0x00286010},
};

// What says how they look, ascending.
constexpr tag of_look[] = {
    tag{0x00280030}, tag{0x00280034}, tag{0x00281050}, tag{0x00281051}, tag{0x00281052}, tag{0x00281053},
    tag{0x00281054}, tag{0x00281056}, tag{0x00281101}, tag{0x00281102}, tag{0x00281103}, tag{0x00281199},
    tag{0x00281201}, tag{0x00281202}, tag{0x00281203}, tag{0x00281221}, tag{0x00281222}, tag{0x00281223},
};

constexpr tag of_luts[] = {tag{0x00283002}, tag{0x00283004}, tag{0x00283006}};
constexpr tag of_frames[] = {tag{0x00281050}, tag{0x00281051}, tag{0x00281052}, tag{0x00281053}, tag{0x00281056}};

template <class List>
bool holds(List const& list, tag t)
{
    return std::ranges::binary_search(list, t);
}

std::string text(std::span<std::byte const> value)
{
    std::string s(reinterpret_cast<char const*>(value.data()), value.size());
    s.resize(std::min(s.find('\\'), s.size()));
    while (!s.empty() && (s.back() == ' ' || s.back() == '\0'))
        s.pop_back();
    return s.substr(std::min(s.find_first_not_of(' '), s.size()));
}

/// The first of what may be several; 0 when there is none.
std::uint32_t short_number(std::span<std::byte const> value)
{
    return value.size() < 2 ? 0 : mapping::number<std::uint16_t>(value.data(), false);
}

template <class Number>
std::optional<Number> read_number(std::string const& s)
{
    Number n{};
    auto const from = s.data() + (s.starts_with('+') ? 1 : 0);
    auto const got = std::from_chars(from, s.data() + s.size(), n);
    return got.ec == std::errc() ? std::optional(n) : std::nullopt;
}

void set_rate(image& to, std::span<std::byte const> value, bool per_second)
{
    auto const n = read_number<double>(text(value));
    if (n && std::isfinite(*n) && *n > 0)
        to.frame_milliseconds = per_second ? 1000 / *n : *n;
}

void describe_pixels(image& to, tag t, std::span<std::byte const> value)
{
    switch (static_cast<std::uint32_t>(t)) {
        case 0x00082144:
        case 0x00180040:
            return set_rate(to, value, true);
        case 0x00181063:
            return set_rate(to, value, false);
        case 0x00280002:
            to.samples = short_number(value);
            return;
        case 0x00280004:
            to.photometric = text(value);
            return;
        case 0x00280006:
            to.planar = short_number(value);
            return;
        case 0x00280008:
            // Some write nonsense here; an image has one frame at least.
            to.frames = std::max(read_number<std::uint32_t>(text(value)).value_or(1), 1u);
            return;
        case 0x00280010:
            to.rows = short_number(value);
            return;
        case 0x00280011:
            to.columns = short_number(value);
            return;
        case 0x00280100:
            to.bits_allocated = short_number(value);
            return;
        case 0x00280101:
            to.bits_stored = short_number(value);
            return;
        case 0x00280102:
            to.high_bit = short_number(value);
            return;
        case 0x00280103:
            to.is_signed = short_number(value) == 1;
            return;
        case 0x00282110:
            to.lossy_known = !text(value).empty();
            return;
        case 0x00286010:
            to.representative_frame = std::max(short_number(value), 1u);
            return;
        default:
            return;
    }
}

void describe_frame(frame_look& to, tag t, std::string value)
{
    switch (static_cast<std::uint32_t>(t)) {
        case 0x00281050:
            to.center = std::move(value);
            return;
        case 0x00281051:
            to.width = std::move(value);
            return;
        case 0x00281052:
            to.intercept = std::move(value);
            return;
        case 0x00281053:
            to.slope = std::move(value);
            return;
        default:
            to.voi_function = std::move(value);
            return;
    }
}

}  // namespace

std::uint64_t image::frame_bits() const
{
    std::uint64_t const pixels = std::uint64_t{rows} * columns;
    bool const halved = samples == 3 && (photometric == "YBR_FULL_422" || photometric == "YBR_PARTIAL_422");
    return pixels * (halved ? 2 : samples) * bits_allocated;
}

result<void> check(image const& of, image_limits const& limits)
{
    if (of.rows == 0 || of.columns == 0)
        return fail(errc::no_pixel_data, "Rows (0028,0010)");
    if (of.samples != 1 && of.samples != 3)
        return fail(errc::unsupported_syntax, "SamplesPerPixel (0028,0002)");
    bool const whole =
        of.bits_allocated == 8 || of.bits_allocated == 16 || of.bits_allocated == 32 || of.bits_allocated == 64;
    if (!whole && of.bits_allocated != 1)
        return fail(errc::unsupported_syntax, "BitsAllocated (0028,0100)");
    if (of.bits_stored > of.bits_allocated || of.high_bit >= of.bits_allocated)
        return fail(errc::malformed, "BitsStored (0028,0101)");
    if (of.frame_bytes() > limits.frame_bytes)
        return fail(errc::too_large, "Rows (0028,0010)");
    if (of.frames > limits.frames)
        return fail(errc::too_large, "NumberOfFrames (0028,0008)");
    return {};
}

frame_look* image_collector::frame()
{
    if (path_.size() < 2)
        return nullptr;
    auto const what = path_.back().sequence;
    if (path_.size() != 2 || (what != transformation && what != frame_voi))
        return nullptr;
    auto const& groups = path_.front();
    if (groups.sequence == shared_groups)
        return &into_.shared;
    if (groups.sequence != per_frame_groups || groups.items == 0 || groups.items > most_frames_with_looks)
        return nullptr;
    if (into_.per_frame.size() < groups.items)
        into_.per_frame.resize(groups.items);
    return &into_.per_frame[groups.items - 1];
}

bool image_collector::wants(event const& e)
{
    switch (e.what) {
        case kind::sequence:
        case kind::fragments:
            path_.push_back({e.inside_un ? no_tag : e.t, 0});
            return false;
        case kind::sequence_end:
            path_.pop_back();
            return false;
        case kind::item:
            ++path_.back().items;
            if (path_.size() == 1 && path_[0].sequence == per_frame_groups)
                into_.described_frames = path_[0].items;
            if (with_look_ && path_.size() == 1 && (path_[0].sequence == modality_lut || path_[0].sequence == voi_lut))
                if (path_[0].items == 1)
                    into_.look.push_back({.t = path_[0].sequence, .items = {{}}});
            return false;
        case kind::value:
            break;
        default:
            return false;
    }
    if (e.length > longest_value)
        return false;
    if (path_.empty())
        return holds(of_pixels, e.t) || (with_look_ && holds(of_look, e.t));
    if (!with_look_)
        return false;
    if (path_.size() == 1 && (path_[0].sequence == modality_lut || path_[0].sequence == voi_lut))
        return path_[0].items == 1 && holds(of_luts, e.t);
    return holds(of_frames, e.t) && frame() != nullptr;
}

result<void> image_collector::take(event const& e, std::vector<std::byte> value)
{
    held_ += value.size() + sizeof(look_element);
    if (held_ > image_limits{}.look_bytes)
        return fail(errc::too_large, mapping::describe(e.t));
    if (auto* const one = path_.empty() ? nullptr : frame()) {
        describe_frame(*one, e.t, text(value));
        return {};
    }
    if (!path_.empty()) {
        into_.look.back().items.front().push_back({.t = e.t, .vr = e.vr, .bytes = std::move(value)});
        return {};
    }
    if (holds(of_pixels, e.t))
        describe_pixels(into_, e.t, value);
    else
        into_.look.push_back({.t = e.t, .vr = e.vr, .bytes = std::move(value)});
    return {};
}

}  // namespace pons::render
