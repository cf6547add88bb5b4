#include "upstream/search/uncounted.hpp"

#include "mapping/codecs/integer.hpp"
#include "mapping/search/plan.hpp"
#include "upstream/capped/row_limit.hpp"
#include "upstream/fan_out.hpp"
#include "upstream/search/beyond.hpp"
#include "upstream/search/deepen.hpp"

#include <string>

namespace pons::upstream {

namespace {

using mapping::data_set;
using mapping::level;
using mapping::series_record;
using mapping::study_record;
namespace tags = mapping::tags;

/// The series of a study, or the instances of a series of it.
struct uncounted {
    study_record* study = nullptr;
    series_record const* series = nullptr;  ///< null: the list is that of the series
    bool is_short = false;                  ///< of what was counted of the study

    level at() const { return series ? level::instance : level::series; }
    std::uint32_t size() const
    {
        return static_cast<std::uint32_t>(series ? series->instances.size() : study->series.size());
    }
    std::vector<data_set const*> rows() const
    {
        std::vector<data_set const*> all;
        all.reserve(size());
        if (series)
            for (auto const& image : series->instances)
                all.push_back(&image);
        else
            for (auto const& one : study->series)
                all.push_back(&one.attributes);
        return all;
    }
    mapping::find_request question() const
    {
        std::string uid(study->uid());
        if (series)
            return mapping::search::instances_of(std::move(uid),
                                                 std::string(series->attributes.text(tags::SeriesInstanceUID)));
        return mapping::search::series_of(std::vector<std::string>(1, std::move(uid)));
    }
};

class looking {
public:
    looking(searched_source& source, fan_out_budget& budget, std::vector<issue>& issues, time_point deadline)
        : source_(source), budget_(budget), issues_(issues), deadline_(deadline)
    {
    }

    void add(uncounted one)
    {
        if (source_.limit && source_.limit->may_be(one.at(), one.size(), clock::now()))
            all_.push_back(one);
    }

    awaitable<result<void>> run()
    {
        auto one = [this](std::size_t index) { return look(all_[index]); };
        co_return co_await fan_out(all_.size(), source_.width, one);
    }

private:
    /// Not all, if something lies beyond, or if that cannot be known and they are fewer than were counted, or as many
    /// as somebody would choose for a limit.
    awaitable<result<void>> look(uncounted const& list)
    {
        if (list.study->partial)
            co_return result<void>();
        bool const like_a_limit = is_round(list.size());
        if (!list.is_short && !like_a_limit && source_.limit->is_left(list.at(), list.size(), clock::now()))
            co_return result<void>();
        auto question = list.question();
        question.max_rows = source_.max_rows;
        auto const rows = list.rows();
        auto const how = co_await look_beyond(source_, std::move(question), rows, budget_, deadline_);
        if (!how)
            co_return tl::unexpected(how.error());
        bool const may_lack = *how == listing::open && (list.is_short || like_a_limit);
        if ((*how == listing::cut || may_lack) && !std::exchange(list.study->partial, true))
            issues_.push_back(held_back_of_study(source_, list.series ? "instances" : "series"));
        co_return result<void>();
    }

    searched_source& source_;
    fan_out_budget& budget_;
    std::vector<issue>& issues_;
    time_point const deadline_;
    std::vector<uncounted> all_;
};

}  // namespace

std::optional<std::uint32_t> count_in(data_set const& attributes, mapping::tag t)
{
    auto const count = mapping::codecs::to_unsigned(attributes.text(t));
    return count && *count != 0 ? count : std::nullopt;
}

issue held_back_of_study(searched_source const& source, std::string_view what)
{
    return {issue::kind::incomplete, "the archive held back " + std::string(what) + " of a study" +
                                         (source.limit ? source.limit->hint() : std::string())};
}

awaitable<result<void>> series_beyond(searched_source& source, std::span<study_record* const> studies,
                                      fan_out_budget& budget, std::vector<issue>& issues, time_point deadline)
{
    looking beyond(source, budget, issues, deadline);
    for (auto* const study : studies)
        if (!count_in(study->attributes, tags::NumberOfStudyRelatedSeries))
            beyond.add({.study = study});
    co_return co_await beyond.run();
}

awaitable<result<void>> instances_beyond(searched_source& source, std::span<study_record* const> studies,
                                         fan_out_budget& budget, std::vector<issue>& issues, time_point deadline)
{
    looking beyond(source, budget, issues, deadline);
    for (auto* const study : studies) {
        auto const in_study = count_in(study->attributes, tags::NumberOfStudyRelatedInstances);
        std::size_t all = 0;
        for (auto const& one : study->series)
            all += one.instances.size();
        if (in_study && *in_study <= all)
            continue;
        for (auto const& one : study->series)
            if (!count_in(one.attributes, tags::NumberOfSeriesRelatedInstances))
                beyond.add({.study = study, .series = &one, .is_short = in_study.has_value()});
    }
    co_return co_await beyond.run();
}

}  // namespace pons::upstream
