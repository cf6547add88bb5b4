#include "upstream/crosswalk/records.hpp"

#include "mapping/codecs/identifier.hpp"
#include "upstream/crosswalk/errc.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace pons::upstream {

namespace {

tl::unexpected<failure> ambiguous(std::string place)
{
    return fail(crosswalk_errc::ambiguous_patient, "crosswalk: " + std::move(place));
}

std::vector<mapping::search::issued_id> ids_of(std::vector<patient_record> const& records)
{
    std::vector<mapping::search::issued_id> all;
    for (auto const& record : records)
        all.insert(all.end(), record.ids.begin(), record.ids.end());
    std::ranges::sort(all);
    auto const rest = std::ranges::unique(all);
    all.erase(rest.begin(), rest.end());
    return all;
}

}  // namespace

/// The id of a Patient on this server; nothing when the reference is to something else.
std::optional<std::string> patient_records::id_in(std::string_view reference) const
{
    if (reference.starts_with(base_) && reference.substr(base_.size()).starts_with("/"))
        reference.remove_prefix(base_.size() + 1);
    if (!reference.starts_with("Patient/"))
        return {};
    reference.remove_prefix(8);
    auto const id = reference.substr(0, reference.find("/_history/"));
    if (!mapping::codecs::is_fhir_id(id) || id == "." || id == "..")
        return {};
    return std::string(id);
}

result<void> patient_records::add(patient_record record)
{
    if (records_.size() + missing_.size() >= most_records)
        return fail(crosswalk_errc::too_large, "crosswalk: Patient.link");
    for (auto const& one : record.links) {
        bool const replaced = one.type == "replaced-by";
        bool const replaces = one.type == "replaces";
        bool const beside = one.type == "seealso" || one.type == "refer";
        if (!replaced && !replaces && !beside)
            continue;
        auto other = id_in(one.other);
        if (!other && beside)  // a RelatedPerson, or another server's view of the person
            continue;
        if (!other)
            return ambiguous("Patient.link, which leads to what is no Patient of this server");
        if (replaced)
            links_.push_back({.from = std::move(*other), .to = record.id, .replaces = true});
        else
            links_.push_back({.from = record.id, .to = std::move(*other), .replaces = replaces});
    }
    records_.push_back(std::move(record));
    if (ids().size() > most_ids)
        return fail(crosswalk_errc::too_large, "crosswalk: Patient.identifier");
    return {};
}

result<void> patient_records::add_missing(std::string id)
{
    for (auto const& one : links_)
        if (one.replaces && one.from == id)
            return ambiguous("Patient.link, which leads to a record that is not there");
    if (records_.size() + missing_.size() >= most_records)
        return fail(crosswalk_errc::too_large, "crosswalk: Patient.link");
    missing_.push_back(std::move(id));
    return {};
}

bool patient_records::has(std::string_view id) const
{
    return std::ranges::find(records_, id, &patient_record::id) != records_.end() ||
           std::ranges::find(missing_, id) != missing_.end();
}

std::optional<std::string> patient_records::next() const
{
    for (auto const& one : links_)
        for (auto const& id : {one.from, one.to})
            if (!has(id))
                return id;
    return {};
}

std::vector<mapping::search::issued_id> patient_records::ids() const
{
    return ids_of(records_);
}

result<known_patient> patient_records::as_one() const
{
    std::vector<std::size_t> group(records_.size());
    std::iota(group.begin(), group.end(), std::size_t{0});
    auto const place_of = [&](std::string const& id) {
        auto const at = std::ranges::find(records_, id, &patient_record::id) - records_.begin();
        return static_cast<std::size_t>(at);  // records_.size(): a missing one
    };
    bool changed = false;
    auto const join = [&](std::size_t a, std::size_t b) {
        auto const from = group[a];
        auto const to = group[b];
        if (from == to)
            return;
        std::ranges::replace(group, from, to);
        changed = true;
    };
    for (auto const& one : links_)
        if (auto const a = place_of(one.from), b = place_of(one.to);
            !one.replaces && a != group.size() && b != group.size())
            join(a, b);
    // A record belongs to what replaced it, if that is one patient.
    do {
        changed = false;
        for (std::size_t old = 0; old < records_.size(); ++old) {
            std::vector<std::size_t> by;
            for (auto const& one : links_)
                if (auto const a = place_of(one.from); one.replaces && one.to == records_[old].id && a != group.size())
                    by.push_back(a);
            bool const one_patient =
                !by.empty() && std::ranges::all_of(by, [&](auto x) { return group[x] == group[by.front()]; });
            if (one_patient)
                join(old, by.front());
        }
    } while (changed);
    std::vector<patient_record> own;
    for (std::size_t i = 0; i < records_.size(); ++i) {
        if (group[i] == group.front())
            own.push_back(records_[i]);
        else if (records_[i].active)
            return ambiguous("Patient.identifier or Patient.link");
    }
    known_patient one{.ids = ids_of(own)};
    return one;
}

}  // namespace pons::upstream
