#include "proxy/dimse/stored_places.hpp"

namespace pons::proxy::dimse {

namespace {

std::string key_of(std::string_view source, std::string_view sop_instance_uid)
{
    return std::string(sop_instance_uid).append(1, '\\').append(source);
}

}  // namespace

void stored_places::remember(std::string_view source, std::string_view sop_instance_uid, place where)
{
    if (where.study_uid.empty() || where.series_uid.empty())
        return;
    auto key = key_of(source, sop_instance_uid);
    std::scoped_lock const lock(mutex_);
    if (!places_.insert_or_assign(key, std::move(where)).second)
        return;
    in_order_.push_back(std::move(key));
    if (in_order_.size() > most_) {
        places_.erase(in_order_.front());
        in_order_.pop_front();
    }
}

std::optional<stored_places::place> stored_places::find(std::string_view source,
                                                        std::string_view sop_instance_uid) const
{
    std::scoped_lock const lock(mutex_);
    auto const at = places_.find(key_of(source, sop_instance_uid));
    return at != places_.end() ? std::optional(at->second) : std::nullopt;
}

}  // namespace pons::proxy::dimse
