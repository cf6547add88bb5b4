#include "proxy/dicomweb/wado_uri.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/codecs/integer.hpp"
#include "mapping/errc.hpp"
#include "mapping/search/query_string.hpp"
#include "proxy/dicomweb/answer.hpp"
#include "proxy/dicomweb/holders.hpp"
#include "proxy/dicomweb/parameters.hpp"
#include "proxy/dicomweb/retrieve.hpp"
#include "proxy/dicomweb/retrieve_images.hpp"
#include "proxy/http/accept.hpp"
#include "render/errc.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace pons::proxy::dicomweb {

namespace {

using mapping::errc;
using parameters = std::map<std::string, std::string, std::less<>>;

std::string_view value_of(parameters const& all, std::string_view name)
{
    auto const found = all.find(name);
    return found == all.end() ? std::string_view() : std::string_view(found->second);
}

/// A number from 1 to `most`, when the parameter is there.
bool read_count(parameters const& all, std::string_view name, std::uint32_t most, std::uint32_t& into)
{
    auto const text = value_of(all, name);
    return text.empty() || (read_number(text, into) && into >= 1 && into <= most);
}

std::optional<std::array<double, 4>> to_region(std::string_view text)
{
    std::array<double, 4> sides{};
    for (auto& side : sides) {
        auto const end = std::min(text.find(','), text.size());
        bool const last = &side == &sides.back();
        if (!read_number(text.substr(0, end), side) || !(side >= 0 && side <= 1) || (end == text.size()) != last)
            return {};
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (sides[0] >= sides[2] || sides[1] >= sides[3])
        return {};
    return sides;
}

result<void> read_content_type(parameters const& all, uri_request& asked)
{
    auto const text = value_of(all, "contentType");
    if (text.empty()) {
        asked.or_instance = true;
        return {};
    }
    for (auto const& range : http::parse_accept(text)) {
        auto const type = range.type + "/" + range.subtype;
        asked.as_instance = type == "application/dicom";
        if (type == "image/png")
            asked.job.format = pons::render::image_format::png;
        else if (type == "image/gif")
            asked.job.format = pons::render::image_format::gif;
        if (asked.as_instance || type == "image/jpeg" || type == "image/png" || type == "image/gif")
            return {};
    }
    return fail(errc::not_acceptable,
                "contentType; application/dicom, image/jpeg, image/png and image/gif can be given");
}

result<void> read_image(parameters const& all, uri_request& asked)
{
    auto& job = asked.job;
    if (!value_of(all, "presentationUID").empty() || !value_of(all, "presentationSeriesUID").empty())
        return fail(errc::not_acceptable, "presentationUID; presentation states are not applied");
    if (auto const text = value_of(all, "frameNumber"); !text.empty()) {
        job.frames.push_back(0);
        if (!read_number(text, job.frames.back()) || job.frames.back() == 0)
            return wrong("frameNumber");
    }
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    if (!read_count(all, "rows", longest_side, rows))
        return wrong("rows");
    if (!read_count(all, "columns", longest_side, columns))
        return wrong("columns");
    if (rows != 0 || columns != 0)
        job.viewport = pons::render::viewport{.width = columns != 0 ? columns : longest_side,
                                              .height = rows != 0 ? rows : longest_side};
    if (auto const text = value_of(all, "region"); !text.empty()) {
        asked.region = to_region(text);
        if (!asked.region)
            return wrong("region");
    }
    if (!read_count(all, "imageQuality", 100, job.quality))
        return wrong("imageQuality");
    auto const center = value_of(all, "windowCenter");
    auto const width = value_of(all, "windowWidth");
    if (!center.empty() || !width.empty()) {
        pons::render::window w;
        if (!read_number(center, w.center) || !std::isfinite(w.center))
            return wrong("windowCenter");
        if (!read_number(width, w.width) || !std::isfinite(w.width) || w.width < 1)
            return wrong("windowWidth");
        job.window = w;
    }
    if (!value_of(all, "annotation").empty())
        asked.remarks.emplace_back("annotations are not burned in");
    return {};
}

struct one_row final : upstream::row_sink {
    mapping::data_set it;
    void row(mapping::data_set&& one) override { it = std::move(one); }
};

awaitable<result<void>> take_metadata(upstream::archive& from, upstream::retrieve_request const& what, one_row& row,
                                      time_point deadline)
{
    auto const got = co_await from.retrieve_metadata(what, row, deadline);
    if (!got)
        co_return tl::unexpected(got.error());
    co_return result<void>();
}

/// The part of the image, in its pixels: the job wants those. Rows and Columns are asked for first.
awaitable<result<void>> place_region(uri_request& asked, target const& whom, time_point deadline)
{
    one_row metadata;
    holder_taker const take = [&](upstream::archive& from) {
        return take_metadata(from, asked.what, metadata, deadline);
    };
    auto const taken = co_await from_first_holder(whom, asked.what.study_instance_uid, nullptr, deadline, take);
    if (!taken)
        co_return tl::unexpected(taken.error());
    if (metadata.it.empty())
        co_return fail(upstream::errc::not_found);
    auto const rows = mapping::codecs::to_unsigned(metadata.it.text(mapping::tag{0x00280010})).value_or(0);
    auto const columns = mapping::codecs::to_unsigned(metadata.it.text(mapping::tag{0x00280011})).value_or(0);
    if (rows == 0 || columns == 0 || rows > 0xFFFF || columns > 0xFFFF)
        co_return fail(pons::render::errc::no_pixel_data);
    auto const& r = *asked.region;
    auto const from = [](double side, std::uint32_t size) {
        return std::min(static_cast<std::int32_t>(side * size), static_cast<std::int32_t>(size) - 1);
    };
    auto const to = [](double side, std::uint32_t size, std::int32_t begin) {
        return std::max(static_cast<std::int32_t>(std::ceil(side * size)), begin + 1);
    };
    auto view = asked.job.viewport.value_or(pons::render::viewport{});
    view.left = from(r[0], columns);
    view.top = from(r[1], rows);
    view.source_width = to(r[2], columns, view.left) - view.left;
    view.source_height = to(r[3], rows, view.top) - view.top;
    if (!asked.job.viewport) {
        view.width = static_cast<std::uint32_t>(view.source_width);
        view.height = static_cast<std::uint32_t>(view.source_height);
    }
    asked.job.viewport = view;
    co_return result<void>();
}

awaitable<http::response> send_instance(service& s, http::exchange const& x, target whom, uri_request asked)
{
    retrieve_format format{.single_part = true, .as_stored = asked.transfer_syntax.empty(), .syntaxes = {}};
    if (!format.as_stored)
        format.syntaxes.push_back(std::move(asked.transfer_syntax));
    return retrieve_instances_as(s, x, std::move(whom), std::move(asked.what), std::move(format));
}

}  // namespace

result<uri_request> read_uri_request(http::request const& req)
{
    parameters all;
    for (auto& [name, value] : mapping::search::split_query(req.query))
        all.emplace(std::move(name), std::move(value));
    if (value_of(all, "requestType") != "WADO")
        return wrong("requestType");
    uri_request asked;
    struct {
        std::string_view name;
        std::string& uid;
    } const uids[] = {{"studyUID", asked.what.study_instance_uid},
                      {"seriesUID", asked.what.series_instance_uid},
                      {"objectUID", asked.what.sop_instance_uid}};
    for (auto const& one : uids) {
        one.uid = value_of(all, one.name);
        if (!mapping::codecs::is_uid(one.uid))
            return wrong(one.name);
    }
    if (auto const typed = read_content_type(all, asked); !typed)
        return tl::unexpected(typed.error());
    asked.transfer_syntax = value_of(all, "transferSyntax");
    if (asked.as_instance)
        return asked;
    if (auto const image = read_image(all, asked); !image)
        return tl::unexpected(image.error());
    return asked;
}

awaitable<http::response> retrieve_by_uri(service& s, http::exchange const& x)
{
    auto asked = read_uri_request(x.req);
    if (!asked)
        co_return to_response(asked.error());
    auto const whom = make_target(s, {});
    if (asked->as_instance) {
        auto answer = co_await send_instance(s, x, whom, std::move(*asked));
        co_return answer;
    }
    if (asked->region) {
        result<void> const placed = co_await place_region(*asked, whom, x.deadline);
        if (!placed)
            co_return to_response(placed.error());
    }
    image_parts::form how;
    for (auto const& remark : asked->remarks)
        how.warnings.push_back(to_warning(remark));
    auto job = asked->job;
    auto answer = co_await send_images_of(s, x, whom, asked->what, std::move(job), std::move(how));
    bool const has_no_image = !x.stream->begun() && answer.status == http::status::not_acceptable;
    if (has_no_image && asked->or_instance)
        answer = co_await send_instance(s, x, whom, std::move(*asked));
    co_return answer;
}

}  // namespace pons::proxy::dicomweb
