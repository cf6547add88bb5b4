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
constexpr std::string_view refuses_offset =
    "the worklist server refuses offset, so that it cannot be known if it has more: set quirks.offset";

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
        auto const& quirks = source_.quirks;
        auto const limit = quirks.page_limit != 0 ? std::min(quirks.page_limit, page_size) : page_size;
        found all;
        auto const may_lack = [&](std::string_view why) {
            all.issues.push_back({issue::kind::incomplete, std::string(why)});
        };
        std::unordered_set<std::string> seen;
        std::uint32_t told = 0;  // those of all pages so far
        bool checking = false;   // the page before said nothing of another one
        for (bool go_on = true; go_on && !all.truncated;) {
            auto const target = workitems_target(base_path, query.keys, limit, told);
            result<http_answer> answer = co_await client_.get(target, deadline);
            if (!answer)
                co_return tl::unexpected(answer.error());
            if (answer->status == 204 || (answer->status == 404 && quirks.not_found_is_empty))
                break;
            if (checking && is_refusal(answer->status)) {
                may_lack(refuses_offset);
                break;
            }
            if (auto const failed = failure_of_status(source_.name, *answer))
                co_return tl::unexpected(*failed);
            std::uint32_t in_page = 0;
            bool may_be_new = false;
            auto const before = seen.size();
            auto const each = [&](mapping::data_set&& item) {
                ++in_page;
                auto const uid = item.text(tags::SOPInstanceUID);
                if (!uid.empty() && !seen.emplace(uid).second)
                    return true;  // it moved to this page meanwhile
                if (uid.empty() && told != 0 && seen.size() == before) {
                    may_be_new = true;  // or it came before, on a page that comes once more
                    return true;
                }
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
            bool const more = answer->more || answer->status == 206 || in_page >= limit;
            bool const is_new = seen.size() != before;
            told += in_page;
            longest_page_ = std::max(longest_page_, in_page);
            if (is_new ? may_be_new || (more && !quirks.offset) : more)
                may_lack(not_all);
            checking = !more;
            go_on = is_new && quirks.offset && (more || may_be_cut(in_page, told));
        }
        doubt_at_limit(all, quirks.max_results);
        co_return all;
    }

    /// Whether a server that says nothing may have held something back after such a page, and `told` items in all.
    bool may_be_cut(std::uint32_t in_page, std::uint32_t told) const
    {
        auto const& quirks = source_.quirks;
        return quirks.page_limit == 0 && in_page >= longest_page_ &&
               (quirks.max_results == 0 || told >= quirks.max_results);
    }

    config::source const source_;
    std::shared_ptr<budget> const budget_;
    http_client client_;
    std::optional<mapping::codecs::zone> const zone_;
    mapping::dicom_json_reader reader_{mapping::dicom_json_reader::keep::everything};
    std::uint32_t longest_page_ = 0;  // that came: a shorter one was not cut
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
