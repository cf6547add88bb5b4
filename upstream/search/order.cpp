#include "upstream/search/order.hpp"

#include "mapping/tables/imaging_study.hpp"

namespace pons::upstream {

namespace {

using mapping::search::sort_key;

struct started_sink final : mapping::fhir::value_sink {
    void take(mapping::fhir::value const& v) override
    {
        if (auto const* const at = std::get_if<mapping::codecs::date_time>(&v))
            started = at->utc.begin;
    }

    std::optional<std::int64_t> started;
};

}  // namespace

position position_of(mapping::study_record const& study)
{
    thread_local std::string buffer;
    started_sink sink;
    mapping::tables::visit(study, "started", buffer, sink);
    return {sink.started, std::string(study.uid())};
}

order::order(std::span<sort_key const> keys) : keys_(keys.begin(), keys.end())
{
    if (keys_.empty())
        keys_.push_back({.what = sort_key::by::started, .descending = true});
}

bool order::walks_back() const
{
    return keys_.front() == sort_key{.what = sort_key::by::started, .descending = true} &&
           (keys_.size() == 1 || (keys_[1] == sort_key{.what = sort_key::by::id, .descending = false}));
}

bool order::before(position const& a, position const& b) const
{
    for (auto const& key : keys_) {
        if (key.what == sort_key::by::id) {
            if (a.uid != b.uid)
                return key.descending ? b.uid < a.uid : a.uid < b.uid;
        } else if (a.started != b.started) {
            if (!a.started || !b.started)
                return a.started.has_value();
            return key.descending ? *b.started < *a.started : *a.started < *b.started;
        }
    }
    return a.uid < b.uid;
}

}  // namespace pons::upstream
