#include "proxy/dicomweb/holders.hpp"

#include "mapping/codecs/integer.hpp"
#include "mapping/errc.hpp"
#include "proxy/fhir/holders.hpp"
#include "upstream/errc.hpp"
#include "upstream/fan_out.hpp"

#include <algorithm>

namespace pons::proxy::dicomweb {

awaitable<result<std::vector<holder>>> find_holders(target const& whom, std::string study_uid, time_point deadline)
{
    std::vector<holder> holders;
    if (whom.sources.size() == 1) {
        holders.push_back({whom.sources.front(), 0});
        co_return holders;
    }
    std::vector<mapping::study_record> records;
    auto ask = [&](std::size_t index) -> awaitable<result<void>> {
        auto* const source = whom.sources[index];
        std::vector<std::string> uids(1, study_uid);
        auto const held = co_await fhir::find_held(*source, std::move(uids), deadline);
        if (!held)
            co_return fail(mapping::errc::incomplete, "source " + source->facts->name, held.error().retry_after);
        if (!held->complete)
            co_return fail(mapping::errc::incomplete, "source " + source->facts->name);
        for (auto& study : held->studies) {
            auto const counted =
                mapping::codecs::to_unsigned(study.attributes.text(mapping::tags::NumberOfStudyRelatedInstances));
            holders.push_back({source, counted.value_or(0)});
            records.push_back(std::move(study));
        }
        co_return result<void>();
    };
    result<void> const asked = co_await upstream::fan_out(whom.sources.size(), whom.sources.size(), ask);
    if (!asked)
        co_return tl::unexpected(asked.error());
    for (auto const& record : records)
        if (!fhir::agree_on_patient(records.front(), record))
            co_return fail(mapping::errc::differing_patients,
                           "sources " + records.front().source->name + " and " + record.source->name);
    auto const place = [&](holder const& h) { return std::ranges::find(whom.sources, h.source); };
    std::ranges::sort(holders, [&](holder const& a, holder const& b) {
        return a.instances != b.instances ? a.instances > b.instances : place(a) < place(b);
    });
    std::vector<holder> each;
    for (auto const& h : holders)
        if (std::ranges::find(each, h.source, &holder::source) == each.end())
            each.push_back(h);
    co_return each;
}

awaitable<result<void>> from_first_holder(target const& whom, std::string study_uid, http::body_stream const* stream,
                                          time_point deadline, holder_taker const& take)
{
    auto const holders = co_await find_holders(whom, std::move(study_uid), deadline);
    if (!holders)
        co_return tl::unexpected(holders.error());
    for (auto const& holder : *holders) {
        auto const taken = co_await take(*holder.source->where);
        bool const elsewhere =
            !taken && taken.error().code == upstream::errc::not_found && !(stream && stream->begun());
        if (!elsewhere)
            co_return taken;
    }
    co_return fail(upstream::errc::not_found);
}

}  // namespace pons::proxy::dicomweb
