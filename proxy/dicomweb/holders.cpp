#include "proxy/dicomweb/holders.hpp"

#include "mapping/codecs/integer.hpp"
#include "mapping/errc.hpp"
#include "proxy/fhir/holders.hpp"
#include "upstream/fan_out.hpp"

#include <algorithm>

namespace pons::proxy::dicomweb {

awaitable<result<std::vector<upstream::searched_source*>>> find_holders(target const& whom, std::string study_uid,
                                                                        time_point deadline)
{
    if (whom.sources.size() == 1)
        co_return whom.sources;
    struct holder {
        upstream::searched_source* source;
        std::uint32_t instances;
    };
    std::vector<holder> holders;
    auto ask = [&](std::size_t index) -> awaitable<result<void>> {
        auto* const source = whom.sources[index];
        std::vector<std::string> uids(1, study_uid);
        auto const held = co_await fhir::find_held(*source, std::move(uids), deadline);
        if (!held)
            co_return fail(mapping::errc::incomplete, "source " + source->facts->name, held.error().retry_after);
        for (auto const& study : held->studies) {
            auto const counted =
                mapping::codecs::to_unsigned(study.attributes.text(mapping::tags::NumberOfStudyRelatedInstances));
            holders.push_back({source, counted.value_or(0)});
        }
        co_return result<void>();
    };
    result<void> const asked = co_await upstream::fan_out(whom.sources.size(), whom.sources.size(), ask);
    if (!asked)
        co_return tl::unexpected(asked.error());
    auto const place = [&](holder const& h) { return std::ranges::find(whom.sources, h.source); };
    std::ranges::sort(holders, [&](holder const& a, holder const& b) {
        return a.instances != b.instances ? a.instances > b.instances : place(a) < place(b);
    });
    std::vector<upstream::searched_source*> sources;
    for (auto const& h : holders)
        if (std::ranges::find(sources, h.source) == sources.end())
            sources.push_back(h.source);
    co_return sources;
}

}  // namespace pons::proxy::dicomweb
