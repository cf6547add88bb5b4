#include "proxy/dicomweb/picture_candidates.hpp"

#include "mapping/tables/imaging_study.hpp"
#include "mapping/tables/without_images.hpp"
#include "render/errc.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace pons::proxy::dicomweb {

namespace {

using upstream::retrieve_request;
namespace tables = mapping::tables;
namespace tags = mapping::tags;

}  // namespace

picture_candidates::picture_candidates(service const& s, upstream::searched_source& from, retrieve_request const& what,
                                       time_point deadline)
    : source_(from), what_(what), deadline_(deadline), budget_{.left = s.settings.dicomweb.max_fan_out}
{
}

/// What the archive holds back would be another picture at best: it matters where there is none.
awaitable<result<void>> picture_candidates::ask(mapping::study_record& study, mapping::level depth)
{
    std::vector<mapping::study_record*> const one(1, &study);
    std::vector<issue> issues;
    result<void> const done = co_await upstream::deepen(source_, one, depth, budget_, issues, deadline_);
    unseen_ =
        unseen_ || study.partial || std::ranges::find(issues, issue::kind::incomplete, &issue::what) != issues.end();
    co_return done;
}

/// A series that is named is looked into whatever its modality.
awaitable<result<void>> picture_candidates::list_series()
{
    listed_ = true;
    if (!what_.series_instance_uid.empty()) {
        series_.emplace_back().attributes.add(tags::SeriesInstanceUID, what_.series_instance_uid);
        co_return result<void>();
    }
    auto study = upstream::named_study(what_.study_instance_uid);
    result<void> const done = co_await ask(study, mapping::level::series);
    if (!done)
        co_return done;
    anything_ = !study.series.empty();
    series_ = std::move(study.series);
    auto const of_no_use =
        std::erase_if(series_, [](mapping::series_record const& series) { return !tables::presentable(series); });
    unseen_ = unseen_ || of_no_use != 0;
    std::ranges::stable_partition(series_, [](mapping::series_record const& series) {
        return !tables::is_modality_without_images(series.attributes.text(tags::Modality));
    });
    std::ranges::reverse(series_);
    co_return result<void>();
}

awaitable<result<void>> picture_candidates::look_into(mapping::series_record series)
{
    ++looked_into_;
    mapping::study_record study;
    study.attributes.add(tags::StudyInstanceUID, what_.study_instance_uid);
    study.series.push_back(std::move(series));
    study.series_known = true;
    result<void> const done = co_await ask(study, mapping::level::instance);
    if (!done)
        co_return done;
    auto const& looked_at = study.series.front();
    // A series that it lists, and nothing in it.
    unseen_ = unseen_ || (looked_at.instances.empty() && what_.series_instance_uid.empty());
    anything_ = anything_ || !looked_at.instances.empty();
    std::vector<std::string_view> images;
    for (auto const& instance : looked_at.instances)
        if (tables::presentable_instance(instance) &&
            !tables::is_class_without_images(instance.text(tags::SOPClassUID)))
            images.push_back(instance.text(tags::SOPInstanceUID));
    if (images.empty())
        co_return result<void>();
    auto const add = [&](std::string_view uid) {
        found_.push_back({.study_instance_uid = what_.study_instance_uid,
                          .series_instance_uid = std::string(looked_at.attributes.text(tags::SeriesInstanceUID)),
                          .sop_instance_uid = std::string(uid)});
    };
    auto const middle = images.size() / 2;
    if (middle != 0)
        add(images.front());
    add(images[middle]);
    co_return result<void>();
}

awaitable<result<std::optional<retrieve_request>>> picture_candidates::next()
{
    std::optional<retrieve_request> one;
    if (!listed_) {
        result<void> const done = co_await list_series();
        if (!done)
            co_return tl::unexpected(done.error());
    }
    while (found_.empty() && !series_.empty() && looked_into_ < most_series && given_ < most_instances) {
        auto series = std::move(series_.back());
        series_.pop_back();
        result<void> const done = co_await look_into(std::move(series));
        if (!done)
            co_return tl::unexpected(done.error());
    }
    if (!found_.empty() && given_ < most_instances) {
        one = std::move(found_.back());
        found_.pop_back();
        ++given_;
        co_return one;
    }
    if (given_ != 0)
        co_return one;
    if (unseen_ || !series_.empty())
        co_return fail(upstream::errc::incomplete, "source " + source_.facts->name);
    if (!anything_)
        co_return fail(upstream::errc::not_found);
    co_return fail(pons::render::errc::no_pixel_data);
}

}  // namespace pons::proxy::dicomweb
