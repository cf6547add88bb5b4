#include "upstream/search/lettered_criteria.hpp"

#include "mapping/dictionary.hpp"

namespace pons::upstream {

namespace {

using mapping::search::criterion;
using mapping::search::modifier;
using mapping::search::push;
using mapping::search::verdict;
namespace tags = mapping::tags;

std::string letters_in(criterion const& c)
{
    std::string letters;
    for (auto const& value : c.any_of) {
        if (auto const* const number = std::get_if<mapping::search::token>(&value))
            letters += letters_beyond_ascii(number->code);
        else if (auto const* const name = std::get_if<mapping::search::text>(&value))
            letters += letters_beyond_ascii(*name);
        else if (auto const* const who = std::get_if<mapping::search::reference_value>(&value)) {
            letters += letters_beyond_ascii(who->known_as ? std::string_view() : who->id);
            for (auto const& id : who->known_as.value_or(std::vector<mapping::search::issued_id>()))
                letters += letters_beyond_ascii(id.value);
        }
    }
    return letters;
}

/// The attributes of a study that texts of a criterion are held against.
std::vector<mapping::tag> attributes_of(criterion const& c)
{
    switch (c.push()) {
        case push::patient_id:
            return {tags::PatientID};
        case push::patient_name:
            return {tags::PatientName};
        case push::identifier:
        case push::accession:
            return {tags::AccessionNumber, tags::StudyID};
        default:
            break;
    }
    if (c.row->name == "referrer")
        return {tags::ReferringPhysicianName};
    if (c.row->name == "interpreter")
        return {tags::NameOfPhysiciansReadingStudy};
    return {};
}

bool is_of_letters(criterion const& c)
{
    return c.modifier != modifier::missing && c.modifier != modifier::not_ && !attributes_of(c).empty() &&
           !letters_in(c).empty();
}

}  // namespace

lettered_criteria::lettered_criteria(std::span<criterion const> criteria, mapping::source_text const& text)
    : misread_(text)
{
    for (auto const& c : criteria)
        if (is_of_letters(c))
            lettered_.push_back({mapping::search::judge(std::span(&c, 1)), {attributes_of(c), letters_in(c)}});
        else
            plain_.push_back(c);
    if (!lettered_.empty())
        by_plain_.emplace(plain_);
}

void lettered_criteria::refused(mapping::study_record const& study, std::span<mapping::tag const> untold)
{
    if (lettered_.empty() || by_plain_->of(study, untold) == verdict::no)
        return;
    std::vector<lettered_key const*> by;
    for (auto const& each : lettered_)
        if (each.by.of(study, untold) == verdict::no)
            by.push_back(&each.key);
    if (!by.empty())
        misread_.refused(study.attributes, by);
}

}  // namespace pons::upstream
