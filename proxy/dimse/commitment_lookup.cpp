#include "proxy/dimse/commitment_lookup.hpp"

#include "upstream/source_text.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

namespace pons::proxy::dimse {

namespace {

namespace tags = mapping::tags;
namespace reasons = mapping::failure_reason;
using mapping::sop_reference;

/// The SOP Classes of the rows, by instance.
struct seen_instances final : upstream::row_sink {
    void row(mapping::data_set&& one) override
    {
        classes.insert_or_assign(std::string(one.text(tags::SOPInstanceUID)), std::string(one.text(tags::SOPClassUID)));
    }

    std::unordered_map<std::string, std::string> classes;
};

struct wanted_instance {
    sop_reference* what;
    std::string stored_class;  ///< empty: it was not stored through Pons, or too long ago
};

/// True when a row has shown what became of it.
bool settle(wanted_instance const& one, seen_instances const& seen)
{
    auto const found = seen.classes.find(one.what->sop_instance_uid);
    if (found == seen.classes.end())
        return false;
    auto const& is = found->second.empty() ? one.stored_class : found->second;
    if (is.empty())
        one.what->reason = reasons::processing_failure;
    else
        one.what->reason = is == one.what->sop_class_uid ? reasons::none : reasons::class_instance_conflict;
    return true;
}

class search {
public:
    search(upstream::searched_source& source, lookup_bounds bounds, time_point deadline)
        : source_(source), bounds_(bounds), deadline_(deadline)
    {
    }

    /// What a query without the rows that were wanted says of them.
    std::uint16_t reason() const { return reason_; }

    awaitable<bool> ask(std::vector<mapping::key> keys, seen_instances& into)
    {
        reason_ = reasons::resource_limitation;
        if (queries_ == bounds_.most_queries)
            co_return false;
        reason_ = reasons::processing_failure;
        if (failed_ || clock::now() >= deadline_)
            co_return false;
        ++queries_;
        mapping::find_request request{.at = mapping::level::instance, .keys = std::move(keys), .return_keys = {}};
        request.return_keys = {tags::SOPInstanceUID, tags::SOPClassUID};
        result<upstream::found> how = co_await source_.asked_anew().find(request, into, deadline_);
        if (!how) {
            into.classes.clear();
            // What is wrong with one query may not be with the next, unless the archive cannot be had at all.
            failed_ = how.error().code != upstream::errc::refused;
            cancelled_ = how.error().code == upstream::errc::cancelled;
            co_return false;
        }
        upstream::take_guessed_text(how->issues);
        bool const whole = !how->truncated && how->issues.empty();
        reason_ = whole ? reasons::no_such_object_instance : reasons::processing_failure;
        co_return true;
    }

    bool cancelled() const { return cancelled_; }

private:
    upstream::searched_source& source_;
    lookup_bounds const bounds_;
    time_point const deadline_;
    std::uint32_t queries_ = 0;
    std::uint16_t reason_ = reasons::processing_failure;
    bool failed_ = false;
    bool cancelled_ = false;
};

}  // namespace

awaitable<result<std::vector<sop_reference>>> look_up(upstream::searched_source& source,
                                                      std::vector<sop_reference> instances, stored_places const& places,
                                                      lookup_bounds bounds, time_point deadline)
{
    search query(source, bounds, deadline);
    std::map<std::pair<std::string, std::string>, std::vector<wanted_instance>> by_series;
    std::vector<wanted_instance> alone;
    for (auto& one : instances) {
        one.reason = reasons::processing_failure;
        auto place = places.find(source.facts->name, one.sop_instance_uid);
        if (place)
            by_series[{std::move(place->study_uid), std::move(place->series_uid)}].push_back(
                {&one, std::move(place->sop_class_uid)});
        else
            alone.push_back({&one, {}});
    }
    for (auto const& [where, wanted] : by_series) {
        std::vector<mapping::key> keys{{.attribute = tags::StudyInstanceUID, .values = {where.first}},
                                       {.attribute = tags::SeriesInstanceUID, .values = {where.second}}};
        if (wanted.size() == 1)
            keys.push_back({.attribute = tags::SOPInstanceUID, .values = {wanted.front().what->sop_instance_uid}});
        seen_instances seen;
        bool const asked = co_await query.ask(std::move(keys), seen);
        for (auto const& one : wanted) {
            if (asked && settle(one, seen))
                continue;
            one.what->reason = query.reason();
            alone.push_back(one);  // the archive may have moved it
        }
    }
    if (!bounds.by_instance)
        alone.clear();
    for (auto const& one : alone) {
        std::vector<mapping::key> keys{{.attribute = tags::SOPInstanceUID, .values = {one.what->sop_instance_uid}}};
        seen_instances seen;
        bool const asked = co_await query.ask(std::move(keys), seen);
        if (!asked || !settle(one, seen))
            one.what->reason = query.reason();
    }
    if (query.cancelled())
        co_return fail(upstream::errc::cancelled, "storage commitment");
    co_return instances;
}

}  // namespace pons::proxy::dimse
