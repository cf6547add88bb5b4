#include "proxy/dicomweb/retrieve_images.hpp"

#include "proxy/dicomweb/answer.hpp"
#include "proxy/dicomweb/holders.hpp"
#include "proxy/dicomweb/image_parts.hpp"
#include "proxy/dicomweb/image_query.hpp"

#include <utility>

namespace pons::proxy::dicomweb {

namespace {

using upstream::errc;

struct asked_images {
    pons::render::job job;
    image_parts::form how;
};

result<asked_images> read_request(http::request const& req, std::string const& list, image_form form)
{
    std::vector<std::uint32_t> frames;
    if (!list.empty()) {
        auto parsed = parse_frame_list(list);
        if (!parsed)
            return tl::unexpected(parsed.error());
        frames = std::move(*parsed);
    }
    asked_images asked;
    if (form == image_form::frames) {
        auto got = to_frames_job(req, std::move(frames));
        if (!got)
            return tl::unexpected(got.error());
        asked.job = std::move(got->job);
        asked.how.single_part = got->single_part;
        asked.how.rendered = false;
        return asked;
    }
    std::vector<std::string> remarks;
    auto got = form == image_form::thumbnail ? to_thumbnail_job(req, std::move(frames))
                                             : to_rendered_job(req, std::move(frames), remarks);
    if (!got)
        return tl::unexpected(got.error());
    asked.job = std::move(*got);
    // A GIF of several frames is one image.
    asked.how.single_part = asked.job.frames.size() < 2 || asked.job.format == pons::render::image_format::gif;
    for (auto const& remark : remarks)
        asked.how.warnings.push_back(to_warning(remark));
    return asked;
}

awaitable<result<void>> send_from_holders(service& s, http::exchange const& x, target const& whom,
                                          upstream::retrieve_request const& what, asked_images const& asked)
{
    auto const holders = co_await find_holders(whom, what.study_instance_uid, x.deadline);
    if (!holders)
        co_return tl::unexpected(holders.error());
    for (auto const& holder : *holders) {
        auto& from = *holder.source->where;
        auto sent =
            s.passes ? send_images(*s.passes, x, asked.job, from, what, asked.how)
                     : send_images(*s.renderer, x, asked.job, render::from_archive(from, what, x.deadline), asked.how);
        auto done = co_await std::move(sent);
        bool const elsewhere = !done && done.error().code == errc::not_found && !x.stream->begun();
        if (!elsewhere)
            co_return done;
    }
    co_return fail(errc::not_found);
}

}  // namespace

awaitable<http::response> send_images_of(service& s, http::exchange const& x, target whom,
                                         upstream::retrieve_request what, pons::render::job job, image_parts::form how)
{
    if (!s.renderer) {
        auto const nobody = fail(errc::unsupported);
        co_return to_response(nobody.value());
    }
    asked_images const asked{std::move(job), std::move(how)};
    auto const done = co_await send_from_holders(s, x, whom, what, asked);
    co_return end_stream(x, done);
}

awaitable<http::response> retrieve_images(service& s, http::exchange const& x, target whom,
                                          upstream::retrieve_request what, std::string frames, image_form form)
{
    auto asked = read_request(x.req, frames, form);
    if (!asked)
        co_return to_response(asked.error());
    if (!what.sop_instance_uid.empty() && form != image_form::thumbnail)
        asked->how.location =
            url_of(whom.base, what.study_instance_uid, what.series_instance_uid, what.sop_instance_uid);
    auto answer =
        co_await send_images_of(s, x, std::move(whom), std::move(what), std::move(asked->job), std::move(asked->how));
    co_return answer;
}

}  // namespace pons::proxy::dicomweb
