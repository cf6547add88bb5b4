#include "proxy/dimse/early_hits.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/levels.hpp"
#include "proxy/dicomweb/judging.hpp"
#include "upstream/search/rows.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

namespace pons::proxy::dimse {

namespace {

using mapping::data_set;
using mapping::find_request;
using mapping::level;
using mapping::tag;
using upstream::archive;
using upstream::found;
using upstream::row_sink;
namespace tags = mapping::tags;

constexpr std::array unique_keys{tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::SOPInstanceUID};

struct listened_rows final : row_sink {
    listened_rows(early_hits& listener, find_request const& asked, row_sink& where)
        : listens(listener), request(asked), to(where)
    {
    }
    void row(data_set&& one) override
    {
        listens.hear(request, one);
        to.row(std::move(one));
    }
    std::string_view purpose() const override { return to.purpose(); }
    void exchanged(upstream::wire_exchange const& one) override { to.exchanged(one); }

    early_hits& listens;
    find_request const& request;
    row_sink& to;
};

class listened_archive final : public archive {
public:
    listened_archive(archive& inner, early_hits& listens) : inner_(inner), listens_(listens) {}

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        listened_rows come(listens_, request, rows);
        result<found> how = co_await inner_.find(request, come, deadline);
        co_return how;
    }

    awaitable<result<void>> verify(time_point deadline) override { return inner_.verify(deadline); }

private:
    archive& inner_;
    early_hits& listens_;
};

/// The one UID that `request` is for at that level; empty: there is not one.
std::string asked_for(find_request const& request, tag t)
{
    auto const key = std::ranges::find(request.keys, t, &mapping::key::attribute);
    return key != request.keys.end() && key->values.size() == 1 ? key->values.front() : std::string();
}

/// What the row is of: what it says, if that is what was asked for. Empty: not known, or something else.
std::string owner_of(find_request const& request, data_set const& row, tag t)
{
    auto asked = asked_for(request, t);
    auto const told = row.text(t);
    return told.empty() || told == asked ? std::move(asked) : std::string();
}

}  // namespace

early_hits::early_hits(dicomweb::search_query const& query, upstream::searched_source& of, taker take)
    : query_(query), take_(std::move(take)), listened_(of.through(std::make_shared<listened_archive>(*of.where, *this)))
{
}

/// Something that is asked for, or matched by, is told only by the rows of that level.
bool early_hits::needs(level above) const
{
    auto const is_there = [&](tag t) {
        return mapping::level_of(t) == above && t != unique_keys[static_cast<std::size_t>(above)];
    };
    return std::ranges::any_of(query_.fields, is_there) ||
           std::ranges::any_of(query_.keys, [&](mapping::match_key const& k) { return is_there(k.path.front()); });
}

/// Null: it is needed, and has not come.
data_set const* early_hits::row_above(level above, std::string const& key, data_set& made) const
{
    auto const& known = above == level::study ? studies_ : series_;
    if (auto const at = known.find(key); at != known.end())
        return &at->second;
    if (needs(above))
        return nullptr;
    auto const uid = key.substr(above == level::study ? 0 : key.find('\\') + 1);
    made.add(unique_keys[static_cast<std::size_t>(above)], uid);
    return &made;
}

/// A row that was asked for less lacks what another one of the same may have.
bool early_hits::asks_for_all(find_request const& request) const
{
    return std::ranges::all_of(query_.fields, [&](tag t) {
        return !mapping::belongs_at(t, request.at) ||
               std::ranges::find(request.return_keys, t) != request.return_keys.end() ||
               std::ranges::find(request.keys, t, &mapping::key::attribute) != request.keys.end();
    });
}

/// Of a study that is told twice the first row counts, with the modalities of both, as in the search.
void early_hits::hear_study(std::string uid, data_set const& row)
{
    bool const is_target = query_.where.at == level::study;
    if (is_target && query_.counted.empty()) {
        if (seen_.insert(uid).second)
            tell(uid, {}, row);
        return;
    }
    auto const known = studies_.find(uid);
    if (known != studies_.end()) {
        join(known->second, row, uid);
        return;
    }
    data_set modalities;
    if (is_target)
        upstream::join_modalities(modalities, row);
    studies_.emplace(uid, is_target ? std::move(modalities) : row);
    if (is_target)
        tell(uid, {}, row);
}

void early_hits::join(data_set& known, data_set const& row, std::string const& study)
{
    if (!upstream::join_modalities(known, row) || !shown_.contains(study) || query_.counted.empty())
        return;
    told_too_early_ = true;
    if (listened_.repeats)
        listened_.repeats->seen(clock::now());
}

void early_hits::hear(find_request const& request, data_set const& row)
{
    auto const target = query_.where.at;
    auto const at = request.at;
    if (at > target || !asks_for_all(request))
        return;
    if (at == level::study) {
        if (std::string uid(row.text(tags::StudyInstanceUID)); mapping::codecs::is_uid(uid))
            hear_study(std::move(uid), row);
        return;
    }
    // Archives leave keys aside: what is not known to be of the study and the series that were asked for has to wait.
    auto const study = owner_of(request, row, tags::StudyInstanceUID);
    if (study.empty() || (!query_.where.study_uid.empty() && study != query_.where.study_uid))
        return;
    bool const is_series = at == level::series;
    if (is_series && upstream::counts_none(row))
        return;  // the search knows it for what it is (pacs-quirks F3)
    std::string const series =
        is_series ? std::string(row.text(tags::SeriesInstanceUID)) : owner_of(request, row, tags::SeriesInstanceUID);
    if (series.empty() || (!query_.where.series_uid.empty() && series != query_.where.series_uid))
        return;
    auto place = study + '\\' + series;
    if (is_series && target != level::series) {
        series_.try_emplace(std::move(place), row);
        return;
    }
    auto const sop = row.text(tags::SOPInstanceUID);
    if (!is_series && sop.empty())
        return;
    if (!is_series)
        place.append(1, '\\').append(sop);
    if (seen_.insert(std::move(place)).second)
        tell(study, series, row);
}

void early_hits::tell(std::string const& study, std::string const& series, data_set const& row)
{
    auto const target = query_.where.at;
    data_set made_study;
    data_set made_series;
    std::vector<data_set const*> levels(1, &row);
    if (target == level::instance)
        levels.push_back(row_above(level::series, study + '\\' + series, made_series));
    if (target != level::study)
        levels.push_back(row_above(level::study, study, made_study));
    if (std::ranges::find(levels, nullptr) != levels.end() ||
        dicomweb::judge(query_.keys, levels, query_.times_apart) != mapping::matched::yes)
        return;
    // The search counts what is left out, and knows a count of none for what it is.
    if (std::ranges::any_of(query_.counted, [&](tag t) { return upstream::leaves_to_series(*levels.back(), t); }))
        return;
    shown_.insert(study);
    auto record = std::make_shared<mapping::study_record>();
    record->source = listened_.facts.get();
    record->attributes = *levels.back();
    if (target != level::study) {
        auto& one = record->series.emplace_back();
        one.attributes = *levels[levels.size() - 2];
        if (target == level::instance)
            one.instances.push_back(row);
    }
    dicomweb::hit hit;
    hit.study = std::move(record);
    hit.level = target;
    hit.series_uid = series;
    if (target == level::instance)
        hit.sop_uid = row.text(tags::SOPInstanceUID);
    take_(hit);
}

}  // namespace pons::proxy::dimse
