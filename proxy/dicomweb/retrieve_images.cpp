#include "proxy/dicomweb/retrieve_images.hpp"

#include "proxy/dicomweb/answer.hpp"
#include "proxy/dicomweb/holders.hpp"
#include "proxy/dicomweb/image_parts.hpp"
#include "proxy/dicomweb/image_query.hpp"
#include "proxy/dicomweb/picture_candidates.hpp"
#include "render/errc.hpp"
#include "upstream/federation/holders.hpp"

#include <algorithm>
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
        asked.how.only_of = std::move(got->only_of);
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

/// From one archive.
awaitable<result<void>> send_from(service& s, http::exchange const& x, upstream::archive& from,
                                  upstream::retrieve_request const& what, pons::render::job const& job,
                                  image_parts::form const& how)
{
    return s.passes ? send_images(*s.passes, x, job, from, what, how)
                    : send_images(*s.renderer, x, job, render::from_archive(from, what, x.deadline), how);
}

/// What another instance of the series or study need not suffer from.
bool is_of_the_instance(failure const& why)
{
    using pons::render::errc;
    constexpr errc of_pixels[] = {errc::unsupported_syntax, errc::no_pixel_data, errc::no_such_frame,
                                  errc::not_acceptable,     errc::malformed,     errc::too_deep,
                                  errc::too_large,          errc::out_of_memory, errc::crashed};
    constexpr upstream::errc of_retrieve[] = {upstream::errc::not_found, upstream::errc::refused,
                                              upstream::errc::aborted, upstream::errc::malformed,
                                              upstream::errc::incomplete};
    auto const is = [&](auto code) { return why.code == code; };
    return std::ranges::any_of(of_pixels, is) || std::ranges::any_of(of_retrieve, is);
}

/// Keeps the first of what says most: an archive that failed, then pixels of which nothing can be made, then nothing.
void keep_worst(result<void>& kept, result<void> const& next)
{
    auto const rank = [](failure const& why) {
        if (why.code == errc::not_found)
            return 0;
        return why.code.category() == upstream::error_category() ? 2 : 1;
    };
    if (rank(next.error()) > rank(kept.error()))
        kept = next;
}

/// The picture of an instance that stands for what `what` names, from one source.
awaitable<result<void>> send_picture(service& s, http::exchange const& x, upstream::searched_source& from,
                                     upstream::retrieve_request const& what, asked_images const& asked)
{
    picture_candidates candidates(s, from, what, x.deadline);
    result<void> worst = fail(errc::not_found);
    for (;;) {
        auto const one = co_await candidates.next();
        if (!one)
            co_return tl::unexpected(one.error());
        if (!*one)
            co_return worst;
        result<void> const done = co_await send_from(s, x, *from.where, **one, asked.job, asked.how);
        if (done || x.stream->begun() || !is_of_the_instance(done.error()))
            co_return done;
        keep_worst(worst, done);
    }
}

/// From the first holder that has a picture. Where none has, what stood in the way: a failure first.
awaitable<result<void>> send_picture_of(service& s, http::exchange const& x, target const& whom,
                                        upstream::retrieve_request const& what, asked_images const& asked)
{
    if (!s.renderer)
        co_return fail(errc::unsupported);
    auto const holders = co_await upstream::find_holders(whom.sources, what.study_instance_uid, x.deadline);
    if (!holders)
        co_return tl::unexpected(holders.error());
    result<void> worst = fail(errc::not_found);
    for (auto const& holder : *holders) {
        result<void> const sent = co_await send_picture(s, x, *holder.source, what, asked);
        if (sent || x.stream->begun() || !is_of_the_instance(sent.error()))
            co_return sent;
        keep_worst(worst, sent);
    }
    co_return worst;
}

}  // namespace

awaitable<http::response> send_images_of(service& s, http::exchange const& x, target whom,
                                         upstream::retrieve_request what, pons::render::job job, image_parts::form how)
{
    if (!s.renderer) {
        auto const nobody = fail(errc::unsupported);
        co_return to_response(nobody.value());
    }
    holder_taker const take = [&](upstream::archive& from) { return send_from(s, x, from, what, job, how); };
    auto const done = co_await from_first_holder(whom, what.study_instance_uid, x.stream, x.deadline, take);
    co_return end_stream(x, done);
}

awaitable<http::response> retrieve_images(service& s, http::exchange const& x, target whom,
                                          upstream::retrieve_request what, std::string frames, image_form form)
{
    auto asked = read_request(x.req, frames, form);
    if (!asked)
        co_return to_response(asked.error());
    if (what.sop_instance_uid.empty()) {
        auto const done = co_await send_picture_of(s, x, whom, what, *asked);
        co_return end_stream(x, done);
    }
    if (form != image_form::thumbnail)
        asked->how.location =
            url_of(whom.base, what.study_instance_uid, what.series_instance_uid, what.sop_instance_uid);
    auto answer =
        co_await send_images_of(s, x, std::move(whom), std::move(what), std::move(asked->job), std::move(asked->how));
    co_return answer;
}

}  // namespace pons::proxy::dicomweb
