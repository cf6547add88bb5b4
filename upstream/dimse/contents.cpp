#include "upstream/dimse/contents.hpp"

#include "mapping/codecs/integer.hpp"
#include "upstream/dimse/identifier.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace pons::upstream::dimse {

namespace {

namespace tags = mapping::tags;
using mapping::level;

constexpr std::size_t most_queries = 200;

/// Absent is no contradiction.
bool agrees(mapping::data_set const& row, mapping::tag t, std::string_view with)
{
    auto const value = row.text(t);
    return value.empty() || with.empty() || value == with;
}

/// 0 when it is none.
std::uint32_t number_of(std::string_view text)
{
    std::uint32_t number = 0;
    auto const end = text.data() + text.size();
    auto const got = std::from_chars(text.data(), end, number);
    return got.ec == std::errc() && got.ptr == end ? number : 0;
}

struct series_rows final : row_sink {
    std::string_view study;
    std::vector<series_contents> found;

    void row(mapping::data_set&& r) override
    {
        std::string uid(r.text(tags::SeriesInstanceUID));
        if (!uid.empty() && agrees(r, tags::StudyInstanceUID, study) &&
            std::ranges::find(found, uid, &series_contents::uid) == found.end())
            found.push_back({std::move(uid), std::string(r.text(tags::Modality)), {}});
    }
};

struct instance_rows final : row_sink {
    retrieve_request of;
    held_classes classes;
    std::size_t instances = 0;
    std::set<std::string> uids;
    std::uint32_t frames = 0;

    void row(mapping::data_set&& r) override
    {
        if (!agrees(r, tags::StudyInstanceUID, of.study_instance_uid) ||
            !agrees(r, tags::SeriesInstanceUID, of.series_instance_uid) ||
            !agrees(r, tags::SOPInstanceUID, of.sop_instance_uid))
            return;
        auto const& list = of.sop_instance_uids;
        if (!list.empty() && std::ranges::find(list, r.text(tags::SOPInstanceUID)) == list.end())
            return;
        ++instances;
        if (auto const named = r.text(tags::SOPInstanceUID); !named.empty())
            uids.emplace(named);
        frames = number_of(r.text(tags::NumberOfFrames));
        auto const uid = r.text(tags::SOPClassUID);
        if (uid.empty())
            return;
        auto& syntaxes = classes[std::string(uid)];
        for (std::size_t i = 0; i < r.count(available_transfer_syntax_uid); ++i)
            if (auto const syntax = r.text(available_transfer_syntax_uid, i); !syntax.empty())
                syntaxes.emplace(syntax);
    }
};

struct study_rows final : row_sink {
    std::string_view study;
    held_classes classes;

    void row(mapping::data_set&& r) override
    {
        if (!agrees(r, tags::StudyInstanceUID, study))
            return;
        for (std::size_t i = 0; i < r.count(tags::SOPClassesInStudy); ++i)
            if (auto const uid = r.text(tags::SOPClassesInStudy, i); !uid.empty())
                classes.try_emplace(std::string(uid));
    }
};

/// The highest of the counts in rows of what was asked for.
struct count_rows final : row_sink {
    retrieve_request const& of;
    mapping::tag const counted;
    std::uint64_t announced = 0;

    count_rows(retrieve_request const& request, mapping::tag count) : of(request), counted(count) {}

    void row(mapping::data_set&& r) override
    {
        if (!agrees(r, tags::StudyInstanceUID, of.study_instance_uid) ||
            !agrees(r, tags::SeriesInstanceUID, of.series_instance_uid))
            return;
        announced = std::max<std::uint64_t>(announced, mapping::codecs::to_unsigned(r.text(counted)).value_or(0));
    }
};

/// Errors after which the images cannot be had either; others only mean that the archive does not tell.
constexpr errc hopeless[] = {errc::unreachable, errc::association_rejected, errc::overloaded, errc::unsupported,
                             errc::cancelled};

class inspection {
public:
    inspection(archive& of, retrieve_request const& request, time_point deadline)
        : of_(of), request_(request), deadline_(deadline), until_(clock::now() + (deadline - clock::now()) / 2)
    {
    }

    awaitable<result<contents>> run();

private:
    find_request about(level at) const
    {
        find_request rq{.at = at, .keys = {{tags::StudyInstanceUID, {request_.study_instance_uid}}}};
        return rq;
    }

    awaitable<result<void>> ask(find_request const& what, row_sink& rows);
    awaitable<result<void>> ask_series();
    awaitable<result<void>> ask_modality(series_contents& of);
    awaitable<result<void>> ask_instances(series_contents& of);
    awaitable<result<void>> ask_study();

    archive& of_;
    retrieve_request const& request_;
    time_point const deadline_;
    time_point const until_;
    std::size_t queries_ = 0;
    contents known_;
};

awaitable<result<void>> inspection::ask(find_request const& what, row_sink& rows)
{
    if (++queries_ > most_queries || clock::now() >= until_)
        co_return result<void>();
    auto const found = co_await of_.find(what, rows, until_);
    if (found)
        co_return result<void>();
    auto const& why = found.error();
    auto const no_use = std::ranges::any_of(hopeless, [&](errc code) { return why.code == code; });
    if (no_use)
        co_return tl::unexpected(why);
    if (clock::now() >= deadline_)
        co_return tl::unexpected(why);
    co_return result<void>();
}

awaitable<result<void>> inspection::ask_series()
{
    auto what = about(level::series);
    what.return_keys = {tags::SeriesInstanceUID, tags::Modality};
    series_rows rows;
    rows.study = request_.study_instance_uid;
    auto asked = co_await ask(what, rows);
    known_.series = std::move(rows.found);
    co_return asked;
}

awaitable<result<void>> inspection::ask_modality(series_contents& of)
{
    auto what = about(level::series);
    what.keys.push_back({tags::SeriesInstanceUID, {of.uid}});
    what.return_keys = {tags::Modality};
    series_rows rows;
    rows.study = request_.study_instance_uid;
    auto asked = co_await ask(what, rows);
    for (auto const& found : rows.found)
        if (found.uid == of.uid)
            of.modality = found.modality;
    co_return asked;
}

awaitable<result<void>> inspection::ask_instances(series_contents& of)
{
    auto what = about(level::instance);
    what.keys.push_back({tags::SeriesInstanceUID, {of.uid}});
    what.return_keys = {tags::SOPClassUID, available_transfer_syntax_uid};
    if (request_.sop_instance_uid.empty())
        what.return_keys.push_back(tags::SOPInstanceUID);
    else
        what.keys.push_back({tags::SOPInstanceUID, {request_.sop_instance_uid}});
    if (!request_.frames.empty())
        what.return_keys.push_back(tags::NumberOfFrames);
    instance_rows rows;
    rows.of = request_;
    rows.of.series_instance_uid = of.uid;
    auto asked = co_await ask(what, rows);
    of.classes = std::move(rows.classes);
    known_.instances += rows.instances;
    known_.uids.merge(rows.uids);
    known_.frames = rows.frames;
    co_return asked;
}

awaitable<result<void>> inspection::ask_study()
{
    auto what = about(level::study);
    what.return_keys = {tags::SOPClassesInStudy};
    study_rows rows;
    rows.study = request_.study_instance_uid;
    auto asked = co_await ask(what, rows);
    known_.of_study = std::move(rows.classes);
    co_return asked;
}

awaitable<result<contents>> inspection::run()
{
    if (request_.series_instance_uid.empty()) {
        auto const asked = co_await ask_series();
        if (!asked)
            co_return tl::unexpected(asked.error());
    } else {
        known_.series.push_back({request_.series_instance_uid, {}, {}});
    }
    for (auto& series : known_.series) {
        auto const asked = co_await ask_instances(series);
        if (!asked)
            co_return tl::unexpected(asked.error());
    }
    auto const unknown =
        known_.series.empty() || std::ranges::any_of(known_.series, [](auto const& s) { return s.classes.empty(); });
    if (unknown && !request_.series_instance_uid.empty()) {
        auto const asked = co_await ask_modality(known_.series.front());
        if (!asked)
            co_return tl::unexpected(asked.error());
    }
    if (unknown) {
        auto const asked = co_await ask_study();
        if (!asked)
            co_return tl::unexpected(asked.error());
    }
    if (!request_.series_instance_uid.empty() && known_.instances == 0)
        known_.series.clear();
    co_return std::move(known_);
}

}  // namespace

awaitable<result<contents>> look_into(archive& of, retrieve_request const& request, time_point deadline)
{
    inspection work(of, request, deadline);
    auto known = co_await work.run();
    co_return known;
}

awaitable<bool> names_all(archive& of, retrieve_request const& request, contents const& known, time_point deadline)
{
    if (!request.sop_instance_uid.empty())
        co_return known.uids.contains(request.sop_instance_uid);
    bool const study = request.series_instance_uid.empty();
    find_request what{.at = study ? level::study : level::series,
                      .keys = {{tags::StudyInstanceUID, {request.study_instance_uid}}}};
    if (!study)
        what.keys.push_back({tags::SeriesInstanceUID, {request.series_instance_uid}});
    auto const count = study ? tags::NumberOfStudyRelatedInstances : tags::NumberOfSeriesRelatedInstances;
    what.return_keys = {count};
    count_rows rows(request, count);
    auto const found = co_await of.find(what, rows, deadline);
    co_return found.has_value() && rows.announced != 0 && known.uids.size() >= rows.announced;
}

}  // namespace pons::upstream::dimse
