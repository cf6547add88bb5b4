#include "proxy/dicomweb/syntax_check.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/errc.hpp"
#include "render/syntax.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pons::proxy::dicomweb {

namespace {

using upstream::errc;
using upstream::retrieve_request;
namespace tags = mapping::tags;

constexpr mapping::tag available_transfer_syntax_uid{0x00083002};
constexpr mapping::tag also_asked_for[] = {tags::SOPClassUID, available_transfer_syntax_uid};

/// Video Endoscopic, Microscopic and Photographic Image Storage (PS3.4 §B.5): usually MPEG, which nothing makes sure.
constexpr std::string_view video_classes[] = {"1.2.840.10008.5.1.4.1.1.77.1.1.1", "1.2.840.10008.5.1.4.1.1.77.1.2.1",
                                              "1.2.840.10008.5.1.4.1.1.77.1.4.1"};
constexpr std::size_t most_begun = 3;

/// Takes the head of an instance and no more.
struct head_only final : upstream::part_sink {
    awaitable<result<void>> begin(upstream::part_head const& head) override
    {
        transfer_syntax_uid = head.transfer_syntax_uid;
        co_return fail(errc::cancelled);
    }
    awaitable<result<void>> write(std::span<std::byte const>) override { co_return fail(errc::cancelled); }
    awaitable<result<void>> end() override { co_return fail(errc::cancelled); }

    std::string transfer_syntax_uid;
};

class syntax_check {
public:
    syntax_check(service& s, retrieve_request const& what, retrieve_format const& format, time_point until)
        : service_(s),
          what_(what),
          format_(format),
          until_(until),
          transcodes_(s.renderer && takes(format, pons::render::explicit_vr_little_endian))
    {
    }

    /// Until no more can be certain: what a holder has that cannot be listed may stand for that of all behind it.
    awaitable<result<void>> look_at(std::vector<upstream::holder> const& holders)
    {
        for (auto const& holder : holders) {
            untold_.clear();
            auto& archive = holder.source->asked_anew();
            auto const time = service_.settings.http.request_timeout;
            upstream::image_judge each = [this](std::string_view series_uid, mapping::data_set const& image) {
                return judge(series_uid, image);
            };
            result<upstream::census> taken = co_await upstream::take_census(
                archive, what_, configured_limit(*holder.source), time, until_, also_asked_for, std::move(each));
            if (!taken)
                co_return unless_unknown(taken.error());
            for (auto const& instance : untold_) {
                result<void> const begun = co_await begin(archive, instance);
                if (!begun)
                    co_return begun;
            }
            bool const whole = taken->whole();
            lists_.push_back(std::make_shared<upstream::census const>(std::move(*taken)));
            if (!whole)
                break;
        }
        co_return result<void>();
    }

    holder_lists& lists() { return lists_; }

private:
    static result<void> unless_unknown(failure const& why)
    {
        if (why.code == errc::cancelled || why.code == mapping::errc::not_acceptable)
            return tl::unexpected(why);
        return {};
    }

    result<void> judge(std::string_view series_uid, mapping::data_set const& image)
    {
        std::string uid(image.text(tags::SOPInstanceUID));
        // Each is sent once, by the first that has it.
        if (std::ranges::any_of(lists_, [&](auto const& list) { return list->series_of.contains(uid); }))
            return {};
        std::string_view told;
        for (std::size_t i = 0; i < image.count(available_transfer_syntax_uid); ++i) {
            auto const one = image.text(available_transfer_syntax_uid, i);
            if (!mapping::codecs::is_uid(one))
                continue;
            if (may_come_as(one))
                return {};
            if (told.empty())
                told = one;
        }
        if (!told.empty())
            return tl::unexpected(refused_syntax(told));
        if (untold_.size() < most_begun && is_video(image.text(tags::SOPClassUID)))
            untold_.push_back({.study_instance_uid = what_.study_instance_uid,
                               .series_instance_uid = std::string(series_uid),
                               .sop_instance_uid = std::move(uid)});
        return {};
    }

    /// As far as its transfer syntax.
    awaitable<result<void>> begin(upstream::archive& from, retrieve_request const& instance)
    {
        using asio::experimental::awaitable_operators::operator||;
        head_only head;
        auto const here = co_await asio::this_coro::executor;
        steady_timer timer(here, until_);  // an archive may be slow after its first byte, too
        auto asked = from.retrieve(instance, head, until_);
        auto out_of_time = timer.async_wait(as_tuple);
        auto either = std::move(asked) || std::move(out_of_time);
        auto const first = co_await std::move(either);
        if (!head.transfer_syntax_uid.empty() && !may_come_as(head.transfer_syntax_uid))
            co_return tl::unexpected(refused_syntax(head.transfer_syntax_uid));
        auto const* const ended = std::get_if<0>(&first);
        if (head.transfer_syntax_uid.empty() && ended && !*ended)
            co_return unless_unknown(ended->error());
        co_return result<void>();
    }

    static bool is_video(std::string_view sop_class_uid)
    {
        return std::ranges::find(video_classes, sop_class_uid) != std::end(video_classes);
    }
    bool may_come_as(std::string_view transfer_syntax_uid) const
    {
        return takes(format_, transfer_syntax_uid) ||
               (transcodes_ && !pons::render::is_never_decoded(transfer_syntax_uid));
    }

    service& service_;
    retrieve_request const& what_;
    retrieve_format const& format_;
    time_point until_;
    bool transcodes_;
    std::vector<retrieve_request> untold_;  // of one holder
    holder_lists lists_;
};

}  // namespace

awaitable<result<holder_lists>> check_syntaxes(service& s, std::vector<upstream::holder> const& holders,
                                               retrieve_request const& what, retrieve_format const& format,
                                               time_point deadline)
{
    if (format.as_stored || !what.sop_instance_uid.empty())
        co_return holder_lists();
    auto const now = clock::now();
    syntax_check check(s, what, format, now + (deadline - now) / 2);
    result<void> const done = co_await check.look_at(holders);
    if (!done)
        co_return tl::unexpected(done.error());
    co_return std::move(check.lists());
}

}  // namespace pons::proxy::dicomweb
