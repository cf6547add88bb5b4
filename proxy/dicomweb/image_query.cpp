#include "proxy/dicomweb/image_query.hpp"

#include "mapping/errc.hpp"
#include "mapping/search/query_string.hpp"
#include "proxy/dicomweb/parameters.hpp"
#include "proxy/http/accept.hpp"
#include "proxy/http/text.hpp"
#include "render/protocol.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace pons::proxy::dicomweb {

namespace {

using mapping::errc;
using pons::render::viewport;
using pons::render::window;

constexpr std::uint32_t thumbnail_side = 128;
constexpr std::string_view octets = "application/octet-stream";

struct stored_type {
    std::string_view subtype;
    std::vector<std::string_view> syntaxes;
};

/// PS3.18 Table 8.7.3-5, "image/…".
std::vector<stored_type> const& stored_types()
{
    static std::vector<stored_type> const types{
        {"jpeg",
         {"1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57"}},
        {"dicom-rle", {"1.2.840.10008.1.2.5"}},
        {"x-dicom-rle", {"1.2.840.10008.1.2.5"}},
        {"jls", {"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"}},
        {"x-jls", {"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"}},
        {"jp2", {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"}},
        {"jpx", {"1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93"}},
        {"jphc", {"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"}},
        {"jxl", {"1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112"}},
    };
    return types;
}

/// An elided value keeps its comma and its default.
template <class Number>
bool read_or_keep(std::string_view text, Number& number)
{
    return text.empty() || read_number(text, number);
}

std::vector<std::string_view> split(std::string_view text)
{
    std::vector<std::string_view> parts;
    for (;;) {
        auto const end = text.find(',');
        parts.push_back(text.substr(0, end));
        if (end == text.npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<viewport> to_viewport(std::string_view text)
{
    auto const parts = split(text);
    viewport v;
    if (parts.size() != 2 && parts.size() != 6)
        return {};
    if (!read_number(parts[0], v.width) || !read_number(parts[1], v.height) || v.width == 0 || v.height == 0 ||
        v.width > longest_side || v.height > longest_side)
        return {};
    if (parts.size() == 6 && !(read_or_keep(parts[2], v.left) && read_or_keep(parts[3], v.top) &&
                               read_or_keep(parts[4], v.source_width) && read_or_keep(parts[5], v.source_height)))
        return {};
    // A region of no size is not one that was left out.
    if (v.left < 0 || v.top < 0 || (parts.size() == 6 && (parts[4] == "0" || parts[5] == "0")))
        return {};
    return v;
}

std::optional<window> to_window(std::string_view text)
{
    auto const parts = split(text);
    window w;
    if (parts.size() != 3 || !read_number(parts[0], w.center) || !read_number(parts[1], w.width) ||
        !std::isfinite(w.center) || !std::isfinite(w.width) || w.width <= 0)
        return {};
    auto const function = http::to_lower(parts[2]);
    if (function == "linear")
        w.function = window::shape::linear;
    else if (function == "linear-exact")
        w.function = window::shape::linear_exact;
    else if (function == "sigmoid")
        w.function = window::shape::sigmoid;
    else
        return {};
    if (w.function == window::shape::linear && w.width < 1)
        return {};
    return w;
}

/// multipart/related; type="image/png" asks for the same images, in a body of parts.
std::string without_multipart(http::media_range const& range)
{
    for (auto const& [name, value] : range.parameters)
        if (range.type == "multipart" && name == "type")
            return http::to_lower(value);
    return range.type + "/" + range.subtype;
}

result<render::image_format> choose_format(std::string const& accept)
{
    using render::image_format;
    auto const ranges = http::parse_accept(accept);
    if (ranges.empty())
        return image_format::jpeg;
    std::optional<image_format> best;
    int best_q = 0;
    for (auto const& range : ranges) {
        auto const type = without_multipart(range);
        bool const any = type == "*/*" || type == "image/*";
        std::optional<image_format> one;
        if (any || type == "image/jpeg" || type == "image/jpg")
            one = image_format::jpeg;
        else if (type == "image/png")
            one = image_format::png;
        else if (type == "image/gif")
            one = image_format::gif;
        if (one && range.q > best_q) {
            best = one;
            best_q = range.q;
        }
    }
    if (!best)
        return fail(errc::not_acceptable, "Accept; image/jpeg, image/png and image/gif can be given");
    return *best;
}

}  // namespace

result<std::vector<std::uint32_t>> parse_frame_list(std::string_view list)
{
    std::vector<std::uint32_t> frames;
    for (auto const part : split(list)) {
        std::uint32_t number = 0;
        if (!read_number(part, number) || number == 0 || frames.size() == render::max_frames_listed)
            return wrong("the list of frames");
        frames.push_back(number);
    }
    std::ranges::sort(frames);
    auto const repeated = std::ranges::unique(frames);
    frames.erase(repeated.begin(), repeated.end());
    return frames;
}

result<render::job> to_rendered_job(http::request const& req, std::vector<std::uint32_t> frames,
                                    std::vector<std::string>& remarks)
{
    render::job asked{.kind = render::job_kind::render, .frames = std::move(frames)};
    for (auto const& [name, value] : mapping::search::split_query(req.query)) {
        if (name == "viewport") {
            asked.viewport = to_viewport(value);
            if (!asked.viewport)
                return wrong(name);
        } else if (name == "window") {
            asked.window = to_window(value);
            if (!asked.window)
                return wrong(name);
        } else if (name == "quality") {
            if (!read_number(std::string_view(value), asked.quality) || asked.quality < 1 || asked.quality > 100)
                return wrong(name);
        } else if (name == "annotation") {
            for (auto const item : split(value))
                if (item != "patient" && item != "technique")
                    return wrong(name);
            remarks.emplace_back("annotations are not burned in");
        } else if (name == "iccprofile") {
            static constexpr std::string_view known[] = {"no", "yes", "srgb", "adobergb", "rommrgb", "displayp3"};
            if (std::ranges::find(known, value) == std::end(known))
                return wrong(name);
            if (value != "no")
                remarks.emplace_back("no ICC profile is applied");
        }
    }
    auto const format = choose_format(accepted(req));
    if (!format)
        return tl::unexpected(format.error());
    asked.format = *format;
    return asked;
}

result<render::job> to_thumbnail_job(http::request const& req, std::vector<std::uint32_t> frames)
{
    std::vector<std::string> remarks;
    auto asked = to_rendered_job(req, std::move(frames), remarks);
    if (!asked)
        return asked;
    if (!asked->viewport)
        asked->viewport = viewport{.width = thumbnail_side, .height = thumbnail_side};
    // A single image, also of a cine (PS3.18 §10.4.1.1.4).
    if (asked->frames.size() > 1)
        asked->frames.resize(1);
    if (asked->format == render::image_format::gif && asked->frames.empty())
        asked->frames = {1};
    return asked;
}

namespace {

struct frame_choice {
    std::vector<std::string> syntaxes;
    bool native = false;
    bool single_part = false;
    int q = 0;
};

std::optional<frame_choice> to_frame_choice(http::media_range const& range, bool one_frame)
{
    frame_choice choice{.syntaxes = {}, .native = false, .single_part = range.type != "multipart", .q = range.q};
    std::string type = range.type + "/" + range.subtype;
    std::string syntax;
    for (auto const& [name, value] : range.parameters) {
        if (name == "transfer-syntax")
            syntax = value;
        if (name == "type" && range.type == "multipart")
            type = http::to_lower(value);
    }
    if (type == "*/*" || type == "multipart/related" || type == "multipart/*") {
        choice.single_part = false;
        type = octets;
    }
    if (range.q == 0 || (choice.single_part && !one_frame))
        return {};
    if (syntax == "*") {
        choice.syntaxes.emplace_back("*");
        choice.native = true;
        return choice;
    }
    if (type == octets) {
        choice.native = syntax.empty() || syntax == "1.2.840.10008.1.2.1";
        if (!choice.native)
            choice.syntaxes.push_back(syntax);
        return choice;
    }
    for (auto const& known : stored_types()) {
        if (type != std::string("image/").append(known.subtype))
            continue;
        if (!syntax.empty())
            choice.syntaxes.push_back(syntax);
        else
            choice.syntaxes.assign(known.syntaxes.begin(), known.syntaxes.end());
        return choice;
    }
    return {};
}

}  // namespace

result<frames_request> to_frames_job(http::request const& req, std::vector<std::uint32_t> frames)
{
    frames_request asked;
    asked.job.kind = render::job_kind::frames;
    asked.job.frames = std::move(frames);
    auto const ranges = http::parse_accept(accepted(req));
    if (ranges.empty())
        return asked;
    std::vector<frame_choice> choices;
    for (auto const& range : ranges)
        if (auto one = to_frame_choice(range, asked.job.frames.size() == 1))
            choices.push_back(std::move(*one));
    if (choices.empty())
        return fail(errc::not_acceptable,
                    "Accept; application/octet-stream and the types of compressed images can be given");
    std::ranges::stable_sort(choices, std::ranges::greater{}, &frame_choice::q);
    asked.single_part = choices.front().single_part;
    asked.job.native = false;
    auto const take = [&](bool single_part) {
        for (auto& one : choices) {
            if (one.single_part != single_part)
                continue;
            asked.job.native = asked.job.native || one.native;
            for (auto& syntax : one.syntaxes)
                asked.job.stored_syntaxes.push_back(std::move(syntax));
        }
    };
    take(asked.single_part);
    bool const both = !asked.job.native &&
                      std::ranges::find(choices, !asked.single_part, &frame_choice::single_part) != choices.end();
    if (both) {
        asked.only_of = asked.job.stored_syntaxes;
        take(!asked.single_part);
    }
    return asked;
}

}  // namespace pons::proxy::dicomweb
