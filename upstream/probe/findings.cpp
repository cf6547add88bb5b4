#include "upstream/probe/findings.hpp"

#include <algorithm>

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

finding judge(findings const& so_far, question const& q, answer const& a)
{
    finding f{.status = a.status, .remarked = a.remarked, .http_status = a.http_status, .content_type = a.content_type};
    switch (a.how) {
        case answer::kind::failed:
            f.how = outcome::failed;
            return f;
        case answer::kind::refused:
            f.how = a.http_status == 404 && so_far.status_of_nothing == 404 ? outcome::nothing : outcome::refused;
            return f;
        case answer::kind::rows:
            break;
    }
    constexpr mapping::tag uid_at[] = {tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::SOPInstanceUID};
    std::string const* const own[] = {&so_far.of.study, &so_far.of.series, &so_far.of.instance};
    auto const at = static_cast<std::size_t>(q.what.at);
    bool const of_study =
        std::ranges::any_of(q.what.keys, [](mapping::key const& k) { return k.attribute == tags::StudyInstanceUID; });
    auto const is_own = [&](mapping::data_set const& row) {
        if (auto const study = row.text(tags::StudyInstanceUID); at != 0 && of_study && !study.empty())
            return study == so_far.of.study;
        auto const uid = row.text(uid_at[at]);
        return uid.empty() || uid == *own[at];
    };
    auto const match = std::ranges::find_if(a.rows, is_own);
    f.how = match != a.rows.end() ? outcome::found : a.rows.empty() ? outcome::nothing : outcome::another;
    if (match != a.rows.end()) {
        f.labelled = !match->text(tags::SpecificCharacterSet).empty();
        match->for_each([&](mapping::tag, mapping::vr, bool) { ++f.attributes; });
    }
    return f;
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
