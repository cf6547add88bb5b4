#include "upstream/federation/certain.hpp"

namespace pons::upstream {

namespace {

namespace search = mapping::search;
namespace tags = mapping::tags;
using texts = std::vector<std::string>;

/// Adds the issuers of one value; false: it may be a patient of anybody.
bool take_issuers(search::criterion_value const& value, texts& issuers)
{
    if (auto const* const token = std::get_if<search::token>(&value)) {
        if (!token->system || token->system->empty())
            return false;
        issuers.push_back(*token->system);
        return true;
    }
    auto const* const reference = std::get_if<search::reference_value>(&value);
    if (!reference || !reference->known_as)
        return false;
    for (auto const& id : *reference->known_as) {
        if (id.system.empty())
            return false;
        issuers.push_back(id.system);
    }
    return true;
}

bool take_modality(search::criterion_value const& value, texts& modalities)
{
    auto const* const token = std::get_if<search::token>(&value);
    if (!token || token->code.empty())
        return false;
    modalities.push_back(token->code);
    return true;
}

}  // namespace

certain certain_of(std::span<search::criterion const> criteria)
{
    certain all;
    for (auto const& c : criteria) {
        if (c.modifier == search::modifier::missing || c.modifier == search::modifier::not_)
            continue;
        bool const issuer = c.push() == search::push::patient_id;
        if (!issuer && c.push() != search::push::modality)
            continue;
        texts one;
        bool whole = true;
        for (auto const& value : c.any_of)
            whole = whole && (issuer ? take_issuers(value, one) : take_modality(value, one));
        if (whole && !one.empty())
            (issuer ? all.issuers : all.modalities).push_back(std::move(one));
    }
    return all;
}

certain certain_of(std::span<mapping::match_key const> keys)
{
    certain all;
    for (auto const& k : keys) {
        if (k.path.size() != 1 || k.values.size() != 1 || !mapping::is_single_value(k))
            continue;
        if (k.path.front() == tags::IssuerOfPatientID)
            all.issuers.push_back(k.values);
        else if (k.path.front() == tags::ModalitiesInStudy || k.path.front() == tags::Modality)
            all.modalities.push_back(k.values);
    }
    return all;
}

}  // namespace pons::upstream
