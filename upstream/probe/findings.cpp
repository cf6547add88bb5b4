#include "upstream/probe/findings.hpp"

namespace pons::upstream::probe {

namespace tags = mapping::tags;

finding const& findings::operator[](std::string_view name) const
{
    static finding const none;
    auto const at = by_name.find(name);
    return at == by_name.end() ? none : at->second;
}

bool findings::pin_wins() const
{
    return pin == tags::StudyInstanceUID && found(other(tags::PatientID)) && found(other(tags::StudyDate)) &&
           found(other(tags::AccessionNumber));
}

std::string in_words(finding const& f)
{
    switch (f.how) {
        case outcome::found:
            return "the study came";
        case outcome::nothing:
            return "nothing came";
        case outcome::another:
            return "other studies came";
        case outcome::refused:
            return "refused with " + f.status;
        case outcome::failed:
            return "no answer: " + f.status;
        case outcome::not_asked:
            break;
    }
    return f.status.empty() ? "not asked" : "not asked, " + f.status;
}

std::string keyword(mapping::tag t)
{
    auto const* const known = mapping::find_attribute(t);
    return known ? std::string(known->keyword) : mapping::to_hex(t);
}

std::string other(mapping::tag t)
{
    return "another " + keyword(t);
}

std::string star(mapping::tag t)
{
    return keyword(t) + "=*";
}

}  // namespace pons::upstream::probe
