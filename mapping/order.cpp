#include "mapping/order.hpp"

#include "mapping/codecs/identifier.hpp"

#include <algorithm>

namespace pons::mapping::orders {

std::string_view parties::local(std::string_view reference) const
{
    reference = reference.substr(0, reference.find("/_history/"));
    if (reference.starts_with(base_) && reference.size() > base_.size() && reference[base_.size()] == '/')
        reference.remove_prefix(base_.size() + 1);
    return reference;
}

void parties::add(std::vector<party> more)
{
    for (auto& each : more) {
        auto const& one = all_.emplace_back(std::move(each));
        if (!one.id.empty())
            by_name_.emplace(one.type + '/' + one.id, &one);
        if (!one.full_url.empty())
            by_name_.emplace(one.full_url, &one);
    }
}

party const* parties::find(reference const& to, order const& of) const
{
    if (to.to.empty())
        return nullptr;
    if (to.to.front() == '#') {
        auto const at = std::ranges::find(of.contained, std::string_view(to.to).substr(1), &party::id);
        return at != of.contained.end() && !at->id.empty() ? &*at : nullptr;
    }
    auto at = by_name_.find(to.to);
    if (at == by_name_.end())
        at = by_name_.find(std::string(local(to.to)));
    return at != by_name_.end() ? at->second : nullptr;
}

std::string_view parties::id_of(reference const& to, std::string_view type) const
{
    auto const name = local(to.to);
    if (!name.starts_with(type) || name.size() <= type.size() || name[type.size()] != '/')
        return {};
    auto const id = name.substr(type.size() + 1);
    return codecs::is_fhir_id(id) ? id : std::string_view();
}

}  // namespace pons::mapping::orders
