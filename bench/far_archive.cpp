#include "bench/far_archive.hpp"

#include "bench/made_studies.hpp"
#include "mapping/dicom_json.hpp"
#include "upstream/capped/whole_find.hpp"
#include "upstream/coalesce/coalesce.hpp"
#include "upstream/complete/complete.hpp"
#include "upstream/guard/guard.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace pons::bench {

namespace {

namespace tags = mapping::tags;

bool meets(mapping::data_set const& study, mapping::key const& k)
{
    bool const narrows = k.attribute == tags::StudyInstanceUID || k.attribute == tags::StudyDate;
    if (k.values.empty() || !narrows)
        return true;
    auto const value = study.text(k.attribute);
    if (k.attribute == tags::StudyInstanceUID)
        return std::ranges::find(k.values, value) != k.values.end();
    std::string_view const range = k.values.front();
    auto const dash = range.find('-');
    if (dash == range.npos)
        return value == range;
    auto const from = range.substr(0, dash);
    auto const to = range.substr(dash + 1);
    return value >= from && (to.empty() || value <= to);
}

/// Those beyond `limits.associations` wait, as they do before associations and connections.
class slotted_archive final : public upstream::archive {
public:
    slotted_archive(std::unique_ptr<upstream::archive> inner, config::source const& settings)
        : inner_(std::move(inner)), slots_(std::make_shared<upstream::budget>(settings.name, settings.limits))
    {
    }

    awaitable<result<upstream::found>> find(mapping::find_request const& request, upstream::row_sink& rows,
                                            time_point deadline) override
    {
        result<upstream::permit> slot = co_await slots_->acquire(deadline);
        if (!slot)
            co_return tl::unexpected(slot.error());
        result<upstream::found> how = co_await inner_->find(request, rows, deadline);
        co_return how;
    }
    awaitable<result<void>> verify(time_point deadline) override { return inner_->verify(deadline); }

private:
    std::unique_ptr<upstream::archive> const inner_;
    std::shared_ptr<upstream::budget> const slots_;
};

}  // namespace

awaitable<result<upstream::found>> far_archive::find(mapping::find_request const& request, upstream::row_sink& rows,
                                                     time_point)
{
    ++state_.queries;
    state_.most_running = std::max(state_.most_running, ++state_.running);
    auto const here = co_await asio::this_coro::executor;
    steady_timer timer(here, state_.latency);
    co_await timer.async_wait(as_tuple);
    --state_.running;
    if (state_.down)
        co_return fail(upstream::errc::unreachable, "far away");
    upstream::found how;
    for (auto const& study : studies_) {
        if (state_.cap != 0 && how.rows == state_.cap)
            break;
        if (!std::ranges::all_of(request.keys, [&](auto const& k) { return meets(study, k); }))
            continue;
        rows.row(mapping::data_set(study));
        ++how.rows;
    }
    how.longest = how.rows;
    co_return how;
}

awaitable<result<void>> far_archive::verify(time_point)
{
    co_return result<void>();
}

std::unique_ptr<upstream::archive> with_layers(std::unique_ptr<upstream::archive> itself, layers const& which,
                                               config::source const& settings)
{
    auto outermost = std::move(itself);
    if (which.slots)
        outermost = std::make_unique<slotted_archive>(std::move(outermost), settings);
    if (which.guard)
        outermost = upstream::make_guarded(std::move(outermost), std::make_shared<upstream::gate>(settings));
    if (which.capped)
        outermost = upstream::make_whole_finding(
            std::move(outermost), std::make_shared<upstream::row_limit>(settings.name, settings.quirks.max_results),
            settings);
    if (which.complete)
        outermost = upstream::make_complete(std::move(outermost), settings);
    if (which.shared) {
        auto const bounds = which.kept ? upstream::bounds_of(settings.answer_cache, config::http().request_timeout)
                                       : upstream::answer_bounds{};
        outermost =
            upstream::make_coalescing(std::move(outermost), std::make_shared<upstream::flights>(bounds), settings);
    }
    return outermost;
}

std::vector<mapping::data_set> made_studies(std::size_t count)
{
    std::vector<mapping::data_set> studies;
    auto json = made_qido_answer(count);
    mapping::dicom_json_reader reader;
    auto const read = reader.read(json, [&](mapping::data_set&& row) {
        studies.push_back(std::move(row));
        return true;
    });
    if (!read || studies.size() != count)
        std::abort();
    return studies;
}

mapping::find_request study_numbered(std::vector<mapping::data_set> const& studies, std::size_t number)
{
    auto request = every_study();
    request.keys.push_back({tags::StudyInstanceUID, {std::string(studies.at(number).text(tags::StudyInstanceUID))}});
    return request;
}

mapping::find_request every_study()
{
    return {.at = mapping::level::study,
            .keys = {},
            .return_keys = {tags::StudyInstanceUID, tags::StudyDate, tags::StudyTime, tags::PatientID,
                            tags::PatientName, tags::AccessionNumber, tags::ModalitiesInStudy, tags::StudyDescription}};
}

}  // namespace pons::bench
