#include "upstream/dicomweb/form_lore.hpp"

#include "mapping/matching_values.hpp"

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

/// Null: it is not one text alone.
key const* only_text_of(mapping::find_request const& request)
{
    auto const one = std::ranges::find_if(request.keys, narrows);
    if (one == request.keys.end() || std::find_if(one + 1, request.keys.end(), narrows) != request.keys.end())
        return nullptr;
    return one->values.size() == 1 && takes_wild_cards(one->attribute) ? &*one : nullptr;
}

}  // namespace

telling_rows::telling_rows(mapping::find_request const& request, query_form form, row_sink& to)
    : to_(to), key_(only_text_of(request))
{
    if (!key_)
        return;
    bool const is_minimal = form.encoding == config::query_encoding::minimal;
    bool const has_wild_card = key_->values.front().find_first_of("*?") != std::string::npos;
    by_wild_card_ = form.wildcards && (has_wild_card || (is_minimal && has_stand_ins(request)));
    by_encoded_ = !is_minimal && has_marks(key_->values.front());
    if (!by_wild_card_ && !by_encoded_)
        key_ = nullptr;
}

void telling_rows::row(mapping::data_set&& one)
{
    if (key_) {
        auto const* const known = mapping::find_attribute(key_->attribute);
        any_ = true;
        all_meet_ = all_meet_ && known &&
                    mapping::matching::value_meets(one.text(key_->attribute), key_->values.front(), known->vr);
    }
    to_.row(std::move(one));
}

void telling_rows::teach(form_lore& lore) const
{
    if (!any_ || !all_meet_)
        return;
    lore.wild_cards_ = lore.wild_cards_ || by_wild_card_;
    lore.decodes_ = lore.decodes_ || by_encoded_;
}

}  // namespace pons::upstream::dicomweb
