#include "proxy/dimse/shared_items.hpp"

#include "mapping/matching_times.hpp"

namespace pons::proxy::dimse {

namespace {

using mapping::data_set;
using mapping::tag;
using mapping::vr;
namespace tags = mapping::tags;

constexpr tag scheduled_procedure_step_sequence{0x00400100};

/// Whether `exact` is the moment that `other` tells, perhaps with more digits.
bool is_moment(vr as, std::string_view exact, std::string_view other)
{
    if (!mapping::matching::is_about_time(as))
        return false;
    auto const one = mapping::matching::read_moment(as, exact);
    auto const two = mapping::matching::read_moment(as, other);
    return one && two && two->begin <= one->begin && one->end <= two->end;
}

bool covers_values(data_set const& a, data_set const& b, tag t, vr as)
{
    auto const count = b.count(t);
    bool some = false;
    for (std::size_t i = 0; i < count; ++i)
        some = some || !b.text(t, i).empty();
    if (!some)
        return true;
    if (a.count(t) != count)
        return false;
    for (std::size_t i = 0; i < count; ++i)
        if (a.text(t, i) != b.text(t, i) && !is_moment(as, a.text(t, i), b.text(t, i)))
            return false;
    return true;
}

bool covers_items(data_set const& a, data_set const& b, tag t)
{
    auto const ours = a.items(t);
    auto const theirs = b.items(t);
    if (theirs.empty())
        return true;
    if (ours.size() != theirs.size())
        return false;
    for (std::size_t i = 0; i < ours.size(); ++i)
        if (!covers(ours[i], theirs[i]))
            return false;
    return true;
}

}  // namespace

step_identity identity_of(data_set const& item)
{
    step_identity step{.step_id = {},
                       .study_uid = std::string(item.text(tags::StudyInstanceUID)),
                       .accession = std::string(item.text(tags::AccessionNumber)),
                       .accession_issuer = {}};
    if (auto const steps = item.items(scheduled_procedure_step_sequence); !steps.empty())
        step.step_id = steps.front().text(tags::ScheduledProcedureStepID);
    if (auto const issuers = item.items(tags::IssuerOfAccessionNumberSequence); !issuers.empty())
        step.accession_issuer = issuers.front();
    return step;
}

bool are_same(step_identity const& a, step_identity const& b)
{
    if (a.step_id.empty() || a.step_id != b.step_id)
        return false;
    if (!a.study_uid.empty() && a.study_uid == b.study_uid)
        return true;
    bool const issuers_differ = !a.accession_issuer.empty() && !b.accession_issuer.empty() &&
                                !covers(a.accession_issuer, b.accession_issuer) &&
                                !covers(b.accession_issuer, a.accession_issuer);
    return !a.accession.empty() && a.accession == b.accession && !issuers_differ;
}

bool covers(data_set const& a, data_set const& b)
{
    bool all = true;
    b.for_each([&](tag t, vr as, bool is_sequence) {
        all = all && (is_sequence ? covers_items(a, b, t) : covers_values(a, b, t, as));
    });
    return all;
}

bool shared_items::is_told(worklist_answer const& item)
{
    auto const [from, to] = by_step_id_.equal_range(item.step.step_id);
    for (auto at = from; at != to; ++at) {
        auto& before = items_[at->second];
        if (!are_same(before.step, item.step))
            continue;
        if (covers(before.answer, item.answer))
            return true;
        if (covers(item.answer, before.answer)) {
            before = item;
            return true;
        }
    }
    return false;
}

void shared_items::add(std::vector<worklist_answer> items)
{
    std::vector<std::pair<std::string, std::size_t>> fresh;
    for (auto& item : items) {
        if (is_told(item))
            continue;
        if (!item.step.step_id.empty())
            fresh.emplace_back(item.step.step_id, items_.size());
        items_.push_back(std::move(item));
    }
    for (auto& [id, place] : fresh)
        by_step_id_.emplace(std::move(id), place);
}

}  // namespace pons::proxy::dimse
