#pragma once

#include "proxy/dicomweb/service.hpp"
#include "upstream/archive.hpp"

#include <cstddef>
#include <string>

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

/// The union of what the holders have of a study, a series or an instance: the largest holder whole, of the others
/// what was not seen, instance by instance (DESIGN section 6).
///
/// Errors: those of upstream::find_holders and of `to`; upstream::errc::not_found when nothing came, incomplete when a
/// holder does not tell what it has.
awaitable<result<void>> collect_from_holders(service& s, target const& whom, upstream::retrieve_request const& what,
                                             instance_collection& to, time_point deadline);

}  // namespace pons::proxy::dicomweb
