#include "upstream/probe/questions.hpp"

#include "upstream/probe/spelling.hpp"

#include <algorithm>
#include <vector>

namespace pons::upstream::probe {

using mapping::level;
using fields = web_form::fields;

made uids(findings const& f, level at, bool own_first)
{
    auto q = about(f);
    q.what.at = at;
    q.what.return_keys = at == level::study ? usual_return_keys() : std::vector{tags::SeriesInstanceUID};
    std::vector<std::string> both{f.of.study, nobodys_uid};
    if (!own_first)
        std::ranges::reverse(both);
    q.what.keys.push_back({tags::StudyInstanceUID, std::move(both)});
    if (at == level::series && f.of.series.empty())
        return none("its series could not be had");
    return q;
}

made without_upper_uids(findings const& f, level at)
{
    auto q = about(f);
    q.what.at = at;
    auto const own = at == level::series ? tags::SeriesInstanceUID : tags::SOPInstanceUID;
    auto const& uid = at == level::series ? f.of.series : f.of.instance;
    if (uid.empty())
        return none(at == level::series ? "its series could not be had" : "its instances could not be had");
    q.what.keys.push_back({own, {uid}});
    q.what.return_keys = {tags::StudyInstanceUID};
    return q;
}

made date_and_time(findings const& f, bool together)
{
    auto const date = f.own(tags::StudyDate);
    auto const time = f.own(tags::StudyTime);
    if (date.size() != 8 || time.size() < 2)
        return none("the study has no StudyDate or no StudyTime");
    if (auto const why = pointless(f, tags::StudyDate))
        return none(*why);
    if (auto const why = pointless(f, tags::StudyTime); why && together)
        return none(*why);
    auto const hour = time.substr(0, 2);
    // Beside a range of days around the study's: only as one interval is its hour in there.
    auto const far = hour < "12" ? std::string("130000-235900") : std::string("000100-110000");
    auto q = pinned(f, tags::StudyDate, {together ? "19000101-20991231" : date + "-" + date});
    q.what.keys.push_back({tags::StudyTime, {together ? far : hour + "0000-" + hour + "5959"}});
    return q;
}

made range(findings const& f, std::string (*of)(std::string const& date))
{
    auto const date = f.own(tags::StudyDate);
    if (date.size() != 8)
        return none("the study has no StudyDate");
    return pinned_value(f, tags::StudyDate, of(date));
}

made with_empty_value(findings const& f, tag t, bool has_value)
{
    if (f.own(t).empty() == has_value)
        return none(has_value ? "the study has no " + keyword(t) : "the study has a " + keyword(t));
    if (!has_value && !f.of.row.contains(t))
        return none(keyword(t) + " was not told");
    if (auto const why = pointless(f, t))
        return none(*why);
    return pinned(f, t, {"\"\""});
}

made as_web(findings const& f, void (*change)(web_form&))
{
    auto q = pinned(f, tags::StudyInstanceUID, {f.of.study});
    q.form.include = fields::none;
    change(q.form);
    return q;
}

made limited(findings const& f, std::uint32_t limit, char const* before)
{
    if (before && !f.is(before, outcome::refused))
        return none("a larger one is taken");
    auto q = pinned(f, tags::StudyInstanceUID, {f.of.study});
    q.form.limit = limit;
    return q;
}

bool is_sent(tag t)
{
    return t != tags::ModalitiesInStudy && t != tags::NumberOfStudyRelatedInstances;
}

made right_values(findings const& f)
{
    if (f.pin_wins())
        return none("beside the study UID all other keys are ignored");
    auto q = pinned(f, tags::StudyInstanceUID, {f.of.study});
    for (auto const t : keys_tried) {
        auto const value = t == tags::PatientName ? name_of(f) : f.own(t);
        if (is_sent(t) && t != f.pin && f.nothing(other(t)) && !value.empty() && is_plain(value))
            q.what.keys.push_back({t, {value}});
    }
    return q;
}

made accession_with_another_patient(findings const& f)
{
    auto const number = f.own(tags::AccessionNumber);
    if (number.empty() || !is_plain(number))
        return none("the study has no plain AccessionNumber");
    auto q = about(f);
    q.what.return_keys = usual_return_keys();
    q.what.keys = {{tags::AccessionNumber, {number}}, {tags::PatientID, {contradiction(tags::PatientID, {})}}};
    return q;
}

}  // namespace pons::upstream::probe
