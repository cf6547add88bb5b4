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

}  // namespace

awaitable<http::response> send_images_of(service& s, http::exchange const& x, target whom,
                                         upstream::retrieve_request what, pons::render::job job, image_parts::form how)
{
    if (!s.renderer) {
        auto const nobody = fail(errc::unsupported);
        co_return to_response(nobody.value());
    }
    holder_taker const take = [&](upstream::archive& from) {
        return s.passes ? send_images(*s.passes, x, job, from, what, how)
                        : send_images(*s.renderer, x, job, render::from_archive(from, what, x.deadline), how);
    };
    auto const done = co_await from_first_holder(whom, what.study_instance_uid, x.stream, x.deadline, take);
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
