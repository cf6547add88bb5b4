#include "upstream/dicomweb/ups_worklist.hpp"

#include "mapping/dicom_json.hpp"
#include "mapping/dicom_json_writer.hpp"
#include "mapping/worklist_item.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/dicomweb/http_client.hpp"
#include "upstream/dicomweb/page_walk.hpp"
#include "upstream/dicomweb/qido_target.hpp"
#include "upstream/dicomweb/status.hpp"
#include "upstream/worklist_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace pons::upstream::dicomweb {

namespace {

namespace tags = mapping::tags;

/// A worklist is short, and asked for every some minutes: none is too short to ask what lies beyond.
constexpr page_terms terms{.limit = 200, .doubted_from = 1};
constexpr std::string_view not_all = "the worklist server may have more than it has told";

std::string print(std::optional<std::chrono::year_month_day> const& day)
{
    return day ? fmt::format("{:04}{:02}{:02}", static_cast<int>(day->year()), static_cast<unsigned>(day->month()),
                             static_cast<unsigned>(day->day()))
               : std::string();
}

std::optional<mapping::codecs::zone> find_zone_of(config::source const& source)
{
    return source.timezone.empty() ? std::nullopt : mapping::codecs::find_zone(source.timezone);
}

class ups_worklist final : public worklist {
public:
    ups_worklist(config::source const& source, std::shared_ptr<budget> shared, std::shared_ptr<under_way> ends)
        : source_(source), budget_(std::move(shared)), client_(source_, std::move(ends)), zone_(find_zone_of(source_))
    {
    }

    awaitable<result<found>> find(worklist_query const& query, row_sink& rows, time_point deadline) override
    {
        co_return co_await cancelled_as_value(search(query, rows, deadline));
    }

private:
    awaitable<result<found>> search(worklist_query const& query, row_sink& rows, time_point deadline)
    {
        result<permit> const mine = co_await budget_->acquire(deadline);
        if (!mine)
            co_return tl::unexpected(mine.error());
        deadline = std::min(deadline, clock::now() + source_.timeouts.total);
        std::string_view const base_path = client_.to() ? std::string_view(client_.to()->base_path) : "";
        auto const most =
            query.max_rows == 0 ? source_.limits.max_rows : std::min(query.max_rows, source_.limits.max_rows);
        auto const question = std::hash<std::string>()(workitems_target(base_path, query.keys, {}));
        page_walk walk(source_.quirks, most, lore_, clock::now(), question, terms);
        for (bool again = true; again;) {
            auto const target = workitems_target(base_path, query.keys, walk.next());
            result<http_answer> answer = co_await client_.get(target, deadline);
            if (!answer)
                co_return tl::unexpected(answer.error());
            if (walk.checking() && is_refusal(answer->status)) {
                walk.check_was_refused();
                break;
            }
            bool const empty = answer->status == 204 || (answer->status == 404 && source_.quirks.not_found_is_empty);
            if (!empty)
                if (auto const failed = failure_of_status(source_.name, *answer))
                    co_return tl::unexpected(*failed);
            result<void> const read = empty ? result<void>() : read_page(*answer, walk, rows);
            if (!read)
                co_return tl::unexpected(read.error());
            again = walk.end_page(answer->more || answer->status == 206);
        }
        co_return ending(walk, most);
    }

    result<void> read_page(http_answer& answer, page_walk& walk, row_sink& rows)
    {
        std::string name;
        auto const each = [&](mapping::data_set&& item) {
            name = item.text(tags::SOPInstanceUID);
            if (name.empty())
                mapping::append_dicom_json(name, item);
            auto const what = walk.row(name);
            if (what == page_walk::verdict::deliver)
                rows.row(mapping::to_worklist_item(item, zone_ ? &*zone_ : nullptr));
            return what != page_walk::verdict::stop;
        };
        auto const read = reader_.read(answer.body, each);
        if (!read)
            return fail(errc::malformed, "source " + source_.name + ": the answer is " + read.error().code.message());
        return {};
    }

    found ending(page_walk const& walk, std::uint32_t most) const
    {
        found all{.rows = walk.rows(), .truncated = false, .issues = walk.issues()};
        doubt_at_limit(all, source_.quirks.max_results);
        all.truncated = walk.truncated();
        bool const told = std::ranges::find(all.issues, issue::kind::incomplete, &issue::what) != all.issues.end();
        if (all.truncated && !told && all.rows < most)
            all.issues.push_back({issue::kind::incomplete, std::string(not_all)});
        return all;
    }

    config::source const source_;
    std::shared_ptr<budget> const budget_;
    http_client client_;
    std::optional<mapping::codecs::zone> const zone_;
    mapping::dicom_json_reader reader_{mapping::dicom_json_reader::keep::everything};
    page_lore lore_;
};

}  // namespace

std::string workitems_target(std::string_view base_path, std::span<mapping::match_key const> keys, page part)
{
    auto target = std::string(base_path) + "/workitems?ProcedureStepState=SCHEDULED";
    auto const days = days_around(keys);
    if (auto const* const patient = find_single_value(keys, {tags::PatientID}))
        target += "&PatientID=" + encode_query_value(patient->values.front(), config::query_encoding::strict);
    else if (days.first || days.last)
        target += "&ScheduledProcedureStepStartDateTime=" + print(days.first) + '-' + print(days.last);
    target += "&includefield=all";
    if (part.limit != 0)
        target += fmt::format("&limit={}", part.limit);
    if (part.offset != 0)
        target += fmt::format("&offset={}", part.offset);
    return target;
}

std::shared_ptr<worklist> make_worklist(config::source const& source, std::shared_ptr<budget> shared,
                                        std::shared_ptr<under_way> ends)
{
    return std::make_shared<ups_worklist>(source, std::move(shared), std::move(ends));
}

}  // namespace pons::upstream::dicomweb
