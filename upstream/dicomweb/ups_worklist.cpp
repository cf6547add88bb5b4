#include "upstream/dicomweb/ups_worklist.hpp"

#include "mapping/dicom_json.hpp"
#include "mapping/worklist_item.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/dicomweb/http_client.hpp"
#include "upstream/dicomweb/qido_target.hpp"
#include "upstream/dicomweb/status.hpp"
#include "upstream/worklist_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <unordered_set>

namespace pons::upstream::dicomweb {

namespace {

namespace tags = mapping::tags;

constexpr std::uint32_t page_size = 200;
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
    ups_worklist(config::source const& source, std::shared_ptr<budget> shared)
        : source_(source), budget_(std::move(shared)), client_(source_), zone_(find_zone_of(source_))
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
        found all;
        std::unordered_set<std::string> seen;
        for (std::uint32_t offset = 0; !all.truncated;) {
            auto const target = workitems_target(base_path, query.keys, page_size, offset);
            result<http_answer> answer = co_await client_.get(target, deadline);
            if (!answer)
                co_return tl::unexpected(answer.error());
            if (answer->status == 204 || (answer->status == 404 && source_.quirks.not_found_is_empty))
                co_return all;
            if (auto const failed = failure_of_status(source_.name, *answer))
                co_return tl::unexpected(*failed);
            std::uint32_t in_page = 0;
            auto const before = seen.size();
            auto const each = [&](mapping::data_set&& item) {
                ++in_page;
                auto const uid = item.text(tags::SOPInstanceUID);
                if (!uid.empty() && !seen.emplace(uid).second)
                    return true;  // it moved to this page meanwhile
                all.truncated = all.rows == most;
                if (all.truncated)
                    return false;
                ++all.rows;
                rows.row(mapping::to_worklist_item(item, zone_ ? &*zone_ : nullptr));
                return true;
            };
            auto const read = reader_.read(answer->body, each);
            if (!read)
                co_return fail(errc::malformed,
                               "source " + source_.name + ": the answer is " + read.error().code.message());
            bool const more = answer->more || answer->status == 206 || in_page >= page_size;
            if (!more)
                co_return all;
            if (seen.size() == before) {  // a page that brings nothing new, though there should be more
                all.issues.push_back({issue::kind::incomplete, std::string(not_all)});
                co_return all;
            }
            offset += in_page;
        }
        co_return all;
    }

    config::source const source_;
    std::shared_ptr<budget> const budget_;
    http_client client_;
    std::optional<mapping::codecs::zone> const zone_;
    mapping::dicom_json_reader reader_{mapping::dicom_json_reader::keep::everything};
};

}  // namespace

std::string workitems_target(std::string_view base_path, std::span<mapping::match_key const> keys, std::uint32_t limit,
                             std::uint32_t offset)
{
    auto target = std::string(base_path) + "/workitems?ProcedureStepState=SCHEDULED";
    auto const days = days_around(keys);
    if (auto const* const patient = find_single_value(keys, {tags::PatientID}))
        target += "&PatientID=" + encode_query_value(patient->values.front(), config::query_encoding::strict);
    else if (days.first || days.last)
        target += "&ScheduledProcedureStepStartDateTime=" + print(days.first) + '-' + print(days.last);
    target += fmt::format("&includefield=all&limit={}", limit);
    if (offset != 0)
        target += fmt::format("&offset={}", offset);
    return target;
}

std::shared_ptr<worklist> make_worklist(config::source const& source, std::shared_ptr<budget> shared)
{
    return std::make_shared<ups_worklist>(source, std::move(shared));
}

}  // namespace pons::upstream::dicomweb
