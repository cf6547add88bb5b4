#include "proxy/dicomweb/syntax_check.hpp"

#include "render/syntax.hpp"
#include "upstream/federation/holders.hpp"
#include "upstream/search/deepen.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace pons::proxy::dicomweb {

namespace {

using upstream::errc;
using upstream::retrieve_request;
namespace tags = mapping::tags;

constexpr mapping::tag available_transfer_syntax_uid{0x00083002};

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

    awaitable<result<void>> look_at(upstream::searched_source& source)
    {
        static constexpr mapping::tag also[] = {available_transfer_syntax_uid};
        auto study = upstream::named_study(what_.study_instance_uid, what_.series_instance_uid);
        std::vector<mapping::study_record*> const one(1, &study);
        upstream::fan_out_budget budget{.left = service_.settings.dicomweb.max_fan_out};
        std::vector<issue> held_back;
        result<void> const listed =
            co_await upstream::deepen(source, one, mapping::level::instance, budget, held_back, until_, also);
        if (!listed)
            co_return unless_cancelled(listed.error());
        std::vector<retrieve_request> untold;
        for (auto const& series : study.series)
            for (auto const& instance : series.instances) {
                auto const told = instance.text(available_transfer_syntax_uid);
                if (!told.empty() && !may_come_as_any(instance))
                    co_return tl::unexpected(refused_syntax(told));
                if (told.empty() && untold.size() < most_begun && is_video(instance.text(tags::SOPClassUID)))
                    untold.push_back(
                        {.study_instance_uid = what_.study_instance_uid,
                         .series_instance_uid = std::string(series.attributes.text(tags::SeriesInstanceUID)),
                         .sop_instance_uid = std::string(instance.text(tags::SOPInstanceUID))});
            }
        for (auto const& instance : untold) {
            head_only head;
            auto const ended = co_await source.where->retrieve(instance, head, until_);
            auto const& syntax = head.transfer_syntax_uid;
            if (!syntax.empty() && !may_come_as(syntax))
                co_return tl::unexpected(refused_syntax(syntax));
            if (syntax.empty() && !ended) {
                result<void> const gone = unless_cancelled(ended.error());
                co_return gone;
            }
        }
        co_return result<void>();
    }

    static result<void> unless_cancelled(failure const& why)
    {
        if (why.code == errc::cancelled)
            return tl::unexpected(why);
        return {};
    }

private:
    static bool is_video(std::string_view sop_class_uid)
    {
        return std::ranges::find(video_classes, sop_class_uid) != std::end(video_classes);
    }
    bool may_come_as(std::string_view transfer_syntax_uid) const
    {
        return takes(format_, transfer_syntax_uid) ||
               (transcodes_ && !pons::render::is_never_decoded(transfer_syntax_uid));
    }
    /// The archive has it in each of these.
    bool may_come_as_any(mapping::data_set const& instance) const
    {
        for (std::size_t i = 0; i < instance.count(available_transfer_syntax_uid); ++i)
            if (may_come_as(instance.text(available_transfer_syntax_uid, i)))
                return true;
        return false;
    }

    service& service_;
    retrieve_request const& what_;
    retrieve_format const& format_;
    time_point until_;
    bool transcodes_;
};

}  // namespace

awaitable<result<void>> check_syntaxes(service& s, target const& whom, retrieve_request const& what,
                                       retrieve_format const& format, time_point deadline)
{
    if (format.as_stored || !what.sop_instance_uid.empty())
        co_return result<void>();
    auto const now = clock::now();
    auto const until = now + (deadline - now) / 2;
    auto const holders = co_await upstream::find_holders(whom.sources, what.study_instance_uid, until);
    if (!holders)
        co_return syntax_check::unless_cancelled(holders.error());
    syntax_check check(s, what, format, until);
    for (auto const& holder : *holders) {
        result<void> const done = co_await check.look_at(*holder.source);
        if (!done)
            co_return done;
    }
    co_return result<void>();
}

}  // namespace pons::proxy::dicomweb
