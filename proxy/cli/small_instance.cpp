#include "proxy/cli/small_instance.hpp"

#include "upstream/errc.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace pons::proxy::cli::doctor {

namespace {

using mapping::data_set;
using mapping::level;
using mapping::tag;
using upstream::errc;
namespace tags = mapping::tags;

constexpr tag rows_of_pixels{0x00280010};     // Rows
constexpr tag columns_of_pixels{0x00280011};  // Columns
constexpr int days_back[] = {1, 30, 36500};
constexpr std::uint32_t instances_looked_at = 50;

std::string range_of(int days)
{
    auto const today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    auto const text = [](std::chrono::sys_days day) {
        std::chrono::year_month_day const d(day);
        char out[16];
        std::snprintf(out, sizeof out, "%04d%02u%02u", static_cast<int>(d.year()), static_cast<unsigned>(d.month()),
                      static_cast<unsigned>(d.day()));
        return std::string(out);
    };
    return text(today - std::chrono::days(days)) + "-" + text(today + std::chrono::days(1));
}

struct kept_rows final : upstream::row_sink {
    std::vector<data_set> rows;
    void row(data_set&& one) override { rows.push_back(std::move(one)); }
};

/// The smaller, the likelier it is that an instance of it is small.
int weight_of(std::string_view modality)
{
    constexpr std::string_view documents[] = {"KO", "PR", "SR"};
    constexpr std::string_view slices[] = {"MR", "CT", "PT", "NM", "OT", "SC"};
    constexpr std::string_view large[] = {"XA", "RF", "US", "MG", "SM", "OPT", "ES", "XC"};
    auto const is_in = [&](auto const& list) { return std::ranges::find(list, modality) != std::end(list); };
    return is_in(documents) ? 0 : is_in(slices) ? 1 : is_in(large) ? 3 : 2;
}

double pixels_of(data_set const& row)
{
    auto const number = [&](tag t, double otherwise) {
        auto const text = row.text(t);
        double value = otherwise;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    constexpr double unknown = 1024;
    return number(rows_of_pixels, unknown) * number(columns_of_pixels, unknown) * number(tags::NumberOfFrames, 1);
}

awaitable<result<std::vector<data_set>>> ask(upstream::archive& archive, upstream::find_request request,
                                             std::chrono::milliseconds time)
{
    kept_rows rows;
    auto const deadline = clock::now() + time;
    result<upstream::found> const how = co_await archive.find(request, rows, deadline);
    if (!how)
        co_return tl::unexpected(how.error());
    co_return std::move(rows.rows);
}

}  // namespace

awaitable<result<std::optional<upstream::retrieve_request>>> find_small_instance(upstream::archive& archive,
                                                                                 std::chrono::milliseconds time)
{
    using chosen = std::optional<upstream::retrieve_request>;
    upstream::retrieve_request one;
    for (auto const days : days_back) {
        upstream::find_request request;
        request.at = level::study;
        request.keys.push_back({tags::StudyDate, {range_of(days)}});
        request.return_keys = {tags::StudyInstanceUID};
        request.max_rows = 1;
        result<std::vector<data_set>> const rows = co_await ask(archive, std::move(request), time);
        if (!rows)
            co_return tl::unexpected(rows.error());
        if (!rows->empty())
            one.study_instance_uid = rows->front().text(tags::StudyInstanceUID);
        if (!one.study_instance_uid.empty())
            break;
    }
    if (one.study_instance_uid.empty())
        co_return chosen();

    upstream::find_request of_series;
    of_series.at = level::series;
    of_series.keys.push_back({tags::StudyInstanceUID, {one.study_instance_uid}});
    of_series.return_keys = {tags::SeriesInstanceUID, tags::Modality};
    result<std::vector<data_set>> const series = co_await ask(archive, std::move(of_series), time);
    if (!series)
        co_return tl::unexpected(series.error());
    int best = std::numeric_limits<int>::max();
    for (auto const& row : *series)
        if (auto const weight = weight_of(row.text(tags::Modality));
            weight < best && !row.text(tags::SeriesInstanceUID).empty()) {
            best = weight;
            one.series_instance_uid = row.text(tags::SeriesInstanceUID);
        }
    if (one.series_instance_uid.empty())
        co_return fail(errc::malformed, "its study has no series");

    upstream::find_request of_instances;
    of_instances.at = level::instance;
    of_instances.keys = {{tags::StudyInstanceUID, {one.study_instance_uid}},
                         {tags::SeriesInstanceUID, {one.series_instance_uid}}};
    of_instances.return_keys = {tags::SOPInstanceUID, tags::NumberOfFrames, rows_of_pixels, columns_of_pixels};
    of_instances.max_rows = instances_looked_at;
    result<std::vector<data_set>> const instances = co_await ask(archive, std::move(of_instances), time);
    if (!instances)
        co_return tl::unexpected(instances.error());
    double fewest = std::numeric_limits<double>::max();
    for (auto const& row : *instances)
        if (auto const pixels = pixels_of(row); pixels < fewest && !row.text(tags::SOPInstanceUID).empty()) {
            fewest = pixels;
            one.sop_instance_uid = row.text(tags::SOPInstanceUID);
        }
    if (one.sop_instance_uid.empty())
        co_return fail(errc::malformed, "its series has no instances");
    co_return chosen(std::move(one));
}

}  // namespace pons::proxy::cli::doctor
