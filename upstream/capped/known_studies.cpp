#include "upstream/capped/known_studies.hpp"

#include "mapping/codecs/identifier.hpp"

#include <algorithm>
#include <string_view>

namespace pons::upstream {

namespace {

namespace tags = mapping::tags;

/// What stands for itself in a key, by C-FIND and by QIDO-RS.
bool is_plain(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return c >= ' ' && c <= '~' && std::string_view("*?\\\",=").find(c) == std::string_view::npos;
    });
}

known_study read(mapping::data_set const& row)
{
    known_study one{.uid = std::string(row.text(tags::StudyInstanceUID)), .texts = {}};
    for (auto const t : known_studies::attributes())
        if (auto const text = row.text(t); is_plain(text))
            one.texts.emplace_back(t, text);
    return one;
}

}  // namespace

std::vector<mapping::tag> const& known_studies::attributes()
{
    static std::vector<mapping::tag> const all{tags::PatientID, tags::AccessionNumber,  tags::PatientName,
                                               tags::StudyID,   tags::StudyDescription, tags::ReferringPhysicianName};
    return all;
}

void known_studies::holds(std::string uid)
{
    std::scoped_lock const lock(mutex_);
    uid_ = std::move(uid);
}

void known_studies::told(mapping::data_set const& row)
{
    auto one = read(row);
    if (!mapping::codecs::is_uid(one.uid))
        return;
    std::scoped_lock const lock(mutex_);
    uid_ = one.uid;
    bool const is_first = first_.uid.empty() || first_.uid == one.uid;
    auto& of = is_first ? first_ : recent_;
    if (of.uid.empty() || one.texts.size() >= of.texts.size())
        of = std::move(one);
}

void known_studies::is_gone(std::string const& uid)
{
    std::scoped_lock const lock(mutex_);
    if (uid_ == uid)
        uid_.clear();
    if (recent_.uid == uid)
        recent_ = {};
    if (first_.uid == uid)
        first_ = std::exchange(recent_, {});
}

std::string known_studies::uid() const
{
    std::scoped_lock const lock(mutex_);
    return uid_;
}

std::vector<known_study> known_studies::studies() const
{
    std::scoped_lock const lock(mutex_);
    std::vector<known_study> all;
    for (auto const* const one : {&recent_, &first_})
        if (!one->texts.empty())
            all.push_back(*one);
    return all;
}

bool known_studies::may_be_asked_for(time_point now) const
{
    std::scoped_lock const lock(mutex_);
    return now >= ask_from_;
}

void known_studies::was_not_answered(time_point now)
{
    std::scoped_lock const lock(mutex_);
    ask_from_ = now + not_asked_again;
}

}  // namespace pons::upstream
