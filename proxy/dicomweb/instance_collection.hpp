#pragma once

#include "proxy/dicomweb/service.hpp"
#include "upstream/archive.hpp"
#include "upstream/complete/census.hpp"
#include "upstream/federation/holders.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace pons::proxy::dicomweb {

/// Instances that are gathered from several holders of a study, each once.
struct instance_collection {
    /// Retrieves what it has not yet. Errors: those of the archive and of whoever takes the instances.
    virtual awaitable<result<void>> take_from(upstream::archive& from, upstream::retrieve_request const& what,
                                              time_point deadline) = 0;
    virtual bool has(std::string const& sop_instance_uid) const = 0;
    virtual std::size_t count() const = 0;

protected:
    ~instance_collection() = default;
};

/// What holders were found to have a moment ago, in their order; null, and of those behind the last: nothing is known.
using holder_lists = std::vector<std::shared_ptr<upstream::census const>>;

/// The union of what the holders have of a study, a series or an instance: the largest holder whole, of the others
/// what was not seen, instance by instance (DESIGN section 6). What they have is asked for anew; `lists` are taken for
/// it only where a fresh count confirms them.
///
/// Errors: those of the archives and of `to`; upstream::errc::not_found when nothing came, incomplete when a holder
/// does not tell what it has, or contradicts itself.
awaitable<result<void>> collect_from_holders(service& s, std::vector<upstream::holder> const& holders,
                                             holder_lists const& lists, upstream::retrieve_request const& what,
                                             instance_collection& to, time_point deadline);

/// The same from those who hold it. Errors also: those of upstream::find_holders.
awaitable<result<void>> collect_from_holders(service& s, target const& whom, upstream::retrieve_request const& what,
                                             instance_collection& to, time_point deadline);

/// The rows after which a source stops as far as that is configured; 0: it is not. For a census.
std::uint32_t configured_limit(upstream::searched_source const& source);

}  // namespace pons::proxy::dicomweb
