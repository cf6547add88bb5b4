#include "proxy/dimse/find_answer.hpp"

#include "proxy/dimse/asked_values.hpp"
#include "upstream/dimse/wire/encoding.hpp"

#include <array>

namespace pons::proxy::dimse {

namespace {

using mapping::data_set;
using mapping::tag;
namespace tags = mapping::tags;

}  // namespace

find_answers::find_answers(find_query const& query, std::string_view called_ae, std::string_view transfer_syntax)
    : query_(query), called_ae_(called_ae), as_(upstream::dimse::encoding_of(transfer_syntax))
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
        add_asked(t, mapping::find_attribute(t)->vr, home, query_.identifier, row);
    }
    return find_row{.identifier = write_answer(row, as_, query_.charset),
                    .in_full = !query_.unsupported_keys && one.untold.empty()};
}

}  // namespace pons::proxy::dimse
