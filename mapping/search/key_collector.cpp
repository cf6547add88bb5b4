#include "mapping/search/key_collector.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/search/name_criterion.hpp"

#include <algorithm>
#include <optional>
#include <variant>

namespace pons::mapping::search {

namespace {

constexpr std::size_t uids_per_query = 100;

std::optional<std::string> uid_in(std::string_view code)
{
    if (auto const uid = codecs::uid_of_urn(code))
        return std::string(*uid);
    if (codecs::is_uid(code))
        return std::string(code);
    return {};
}

}  // namespace

void key_collector::uid(token const& t)
{
    if (t.code.empty())
        whole_ = false;
    else if (auto uid = uid_in(t.code))
        uids_.insert(std::move(*uid));
}

void key_collector::identifier(token const& t)
{
    if (t.code.empty()) {
        whole_ = false;
        return;
    }
    bool const typed = !t.type_code.empty();
    if (!typed && (!t.system || *t.system == codecs::urn_dicom_uid))
        if (auto uid = uid_in(t.code))
            uids_.insert(std::move(*uid));
    if (t.system == std::string(codecs::urn_dicom_uid))
        return;
    accession_number(t.code);
    if (typed || (t.system && !t.system->empty()))
        return;
    if (can_.study_id)
        text_key(tags::StudyID, t.code, codecs::max_sh);
    else if (!uid_in(t.code))
        loses_study_ids_ = true;
}

void key_collector::accession(token const& t)
{
    if (t.code.empty())
        whole_ = false;
    else
        accession_number(t.code);
}

void key_collector::accession_number(std::string_view value)
{
    auto const& rules = source_.accession;
    std::vector<std::string> forms{std::string(value)};
    if (!rules.prefix.empty() || rules.pad != 0) {
        auto const normal = rules.normal(value);
        std::string_view core(normal);
        core.remove_prefix(std::min(rules.prefix.size(), core.size()));
        auto const zeros = rules.pad == 0 ? 0 : std::min(core.find_first_not_of('0'), core.size());
        for (std::size_t skipped = 0; skipped <= zeros; ++skipped) {
            auto const digits = core.substr(skipped);
            forms.emplace_back(digits);
            if (!rules.prefix.empty())
                forms.push_back(rules.prefix + std::string(digits));
        }
    }
    text_keys(tags::AccessionNumber, forms, codecs::max_sh);
}

void key_collector::patient(criterion_value const& value)
{
    if (auto const* const t = std::get_if<token>(&value)) {
        if (t->code.empty())
            whole_ = false;
        else
            text_key(tags::PatientID, t->code, codecs::max_lo);
        return;
    }
    auto const& reference = std::get<reference_value>(value);
    if (reference.known_as) {
        for (auto const& id : *reference.known_as)
            if (id.system == source_.patient_system)
                text_key(tags::PatientID, id.value, codecs::max_lo);
        return;
    }
    if (!reference.foreign && (reference.type.empty() || reference.type == "Patient"))
        text_key(tags::PatientID, reference.id, codecs::max_lo);
}

void key_collector::name(criterion const& c, std::string_view value, codecs::name_letters letters)
{
    auto const query = to_name_query(c, value);
    if (query.impossible())
        return;
    // By a name beyond ASCII archives find what they keep in the same character set, or of one group of a name only.
    auto const made = query.to_key(letters);
    if (made && (made->ascii || letters == codecs::name_letters::likely))
        texts_.emplace_back(tags::PatientName, made->text);
    else
        whole_ = false;
}

std::vector<std::vector<key>> key_collector::queries(tag uid_tag) const
{
    std::vector<std::vector<key>> all;
    std::vector<std::string> chunk;
    for (auto const& uid : uids_) {
        chunk.push_back(uid);
        if (chunk.size() == uids_per_query) {
            all.push_back({key{uid_tag, std::move(chunk)}});
            chunk.clear();
        }
    }
    if (!chunk.empty())
        all.push_back({key{uid_tag, std::move(chunk)}});
    for (auto const& [t, value] : texts_)
        all.push_back({key{t, {value}}});
    return all;
}

std::vector<second_try> key_collector::second_tries(bool spaces) const
{
    auto const before = (uids_.size() + uids_per_query - 1) / uids_per_query;  // queries() gives UIDs first
    auto all = uncut_;
    if (spaces)
        all.insert(all.end(), with_spaces_.begin(), with_spaces_.end());
    for (auto& one : all)
        for (auto& index : one.instead_of)
            index += before;
    return all;
}

void key_collector::text_keys(tag t, std::span<std::string const> forms, std::size_t max_characters)
{
    std::vector<std::string> patterns;
    std::vector<std::size_t> indices;
    for (auto const& form : forms) {
        auto made = codecs::to_text_key(form, max_characters, can_.wildcards);
        if (made.what == codecs::text_key::kind::everything)
            whole_ = false;
        if (made.text.empty())
            continue;
        patterns.push_back(made.text);
        auto whole_value = codecs::to_text_key(form, max_characters, false).text;
        bool const is_cut = whole_value != made.text;
        std::pair entry(t, std::move(made.text));
        auto const at = std::ranges::find(texts_, entry);
        auto const index = static_cast<std::size_t>(at - texts_.begin());
        if (std::ranges::find(indices, index) == indices.end())
            indices.push_back(index);
        if (at == texts_.end())
            texts_.push_back(std::move(entry));
        if (is_cut)  // for archives without wild cards
            uncut_.push_back({{{t, {std::move(whole_value)}}}, {index}});
    }
    if (!can_.wildcards) {
        for (std::size_t i = 0; i < patterns.size(); ++i)
            with_spaces_.push_back({{{t, {' ' + patterns[i]}}}, indices});
        return;
    }
    // "*123" finds " 00123" as well.
    std::ranges::sort(patterns, {}, &std::string::size);
    std::vector<std::string_view> endings;
    for (auto const& pattern : patterns)
        if (std::ranges::none_of(endings, [&](auto ending) { return pattern.ends_with(ending); })) {
            endings.push_back(pattern);
            with_spaces_.push_back({{{t, {'*' + pattern}}}, indices});
        }
}

void key_collector::text_key(tag t, std::string_view value, std::size_t max_characters)
{
    std::string const form(value);
    text_keys(t, std::span(&form, 1), max_characters);
}

}  // namespace pons::mapping::search
