#include "proxy/dimse/find_answer.hpp"

#include "upstream/dimse/wire/uids.hpp"

#include <array>

namespace pons::proxy::dimse {

namespace {

using mapping::data_set;
using mapping::tag;
using mapping::vr;
namespace tags = mapping::tags;
namespace uids = upstream::dimse::uids;

constexpr std::string_view utf8 = "ISO_IR 192";

void copy_values(data_set const& from, tag t, vr as, data_set& to)
{
    if (to.begin(t, as))
        for (std::size_t i = 0; i < from.count(t); ++i)
            to.value(from.text(t, i));
}

/// Of each item what `wanted` names; all of it where that is empty.
void copy_items(std::span<data_set const> from, data_set const* wanted, std::vector<data_set>& to)
{
    for (auto const& item : from) {
        auto& copy = to.emplace_back();
        item.for_each([&](tag t, vr as, bool is_sequence) {
            if (wanted && !wanted->contains(t))
                return;
            if (!is_sequence)
                return copy_values(item, t, as, copy);
            auto const below = wanted ? wanted->items(t) : std::span<data_set const>();
            copy_items(item.items(t), below.empty() || below.front().empty() ? nullptr : &below.front(),
                       *copy.add_sequence(t));
        });
    }
}

}  // namespace

mapping::encoding encoding_of(std::string_view transfer_syntax)
{
    if (transfer_syntax == uids::implicit_vr_little_endian)
        return mapping::encoding::implicit_le;
    return transfer_syntax == uids::explicit_vr_big_endian ? mapping::encoding::explicit_be
                                                           : mapping::encoding::explicit_le;
}

find_answers::find_answers(find_query const& query, std::string_view called_ae, std::string_view transfer_syntax)
    : query_(query), called_ae_(called_ae), as_(encoding_of(transfer_syntax))
{
}

bool find_answers::is_new(dicomweb::hit const& one)
{
    if (query_.at != find_level::patient)
        return true;
    auto const& a = one.study->attributes;
    std::string key(one.study->source->patient_system);
    for (auto const t : {tags::PatientID, tags::IssuerOfPatientID})
        key.append(1, '\\').append(a.text(t));
    if (a.text(tags::PatientID).empty())
        for (auto const t : {tags::PatientName, tags::PatientBirthDate})
            key.append(1, '\\').append(a.text(t));
    return patients_.insert(std::move(key)).second;
}

std::optional<find_row> find_answers::next(dicomweb::hit const& one)
{
    if (!is_new(one))
        return {};
    auto const* const series = one.of_series();
    std::array<data_set const*, 3> const levels{one.of_instance(), series ? &series->attributes : nullptr,
                                                &one.study->attributes};
    data_set row;
    row.add(tags::QueryRetrieveLevel, query_.identifier.text(tags::QueryRetrieveLevel));
    row.add(tags::RetrieveAETitle, called_ae_);
    for (auto const t : query_.search.fields) {
        data_set const* home = nullptr;
        for (auto const* const at : levels)
            if (!home && at && at->contains(t))
                home = at;
        auto const known = mapping::find_attribute(t)->vr;
        if (known == mapping::vr_of('S', 'Q')) {
            auto* const items = row.add_sequence(t);
            auto const wanted = query_.identifier.items(t);
            if (home && items)
                copy_items(home->items(t), wanted.empty() || wanted.front().empty() ? nullptr : &wanted.front(),
                           *items);
        } else if (home) {
            copy_values(*home, t, known, row);
        } else {
            row.begin(t, known);
        }
    }
    auto written = mapping::write_data_set(row, as_, query_.charset);
    if (!written.lossless)
        written = mapping::write_data_set(row, as_, utf8);
    return find_row{.identifier = std::move(written.bytes), .in_full = !query_.unsupported_keys && one.untold.empty()};
}

}  // namespace pons::proxy::dimse
