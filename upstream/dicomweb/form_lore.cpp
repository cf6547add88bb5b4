#include "upstream/dicomweb/form_lore.hpp"

#include <algorithm>

namespace pons::upstream::dicomweb {

namespace {

using mapping::key;

/// Dates are in most questions, and hardly decide.
bool narrows(key const& k)
{
    bool const is_date = k.attribute == mapping::tags::StudyDate || k.attribute == mapping::tags::StudyTime;
    return !is_date && !std::ranges::all_of(k.values, &std::string::empty);
}

bool has_wild_card(key const& k)
{
    auto const has = [](std::string const& v) { return v.find_first_of("*?") != v.npos; };
    return takes_wild_cards(k.attribute) && k.values.size() == 1 && has(k.values.front());
}

}  // namespace

void form_lore::has_found(mapping::find_request const& request, query_form form)
{
    auto const one = std::ranges::find_if(request.keys, narrows);
    if (one == request.keys.end() || std::find_if(one + 1, request.keys.end(), narrows) != request.keys.end())
        return;
    bool const is_minimal = form.encoding == config::query_encoding::minimal;
    if (form.wildcards && (has_wild_card(*one) || (is_minimal && has_stand_ins(request))))
        wild_cards_ = true;
    if (!is_minimal && find_other_form(request, form.wildcards) != other_form::same)
        decodes_ = true;
}

}  // namespace pons::upstream::dicomweb
