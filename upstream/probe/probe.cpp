#include "upstream/probe/probe.hpp"

#include "upstream/errc.hpp"
#include "upstream/probe/experiments.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace pons::upstream::probe {

namespace {

using mapping::level;

constexpr unsigned failures_in_a_row = 2;
constexpr tag asked_of_a_study[] = {tags::PatientID,
                                    tags::PatientName,
                                    tags::PatientBirthDate,
                                    tags::AccessionNumber,
                                    tags::StudyDate,
                                    tags::StudyTime,
                                    tags::StudyID,
                                    tags::StudyDescription,
                                    tags::ReferringPhysicianName,
                                    tags::ModalitiesInStudy,
                                    tags::SOPClassesInStudy,
                                    tags::NumberOfStudyRelatedSeries,
                                    tags::NumberOfStudyRelatedInstances,
                                    tags::TimezoneOffsetFromUTC,
                                    tags::RetrieveAETitle,
                                    tags::InstanceAvailability};

std::string today()
{
    std::chrono::year_month_day const day(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
    char text[16];
    std::snprintf(text, sizeof text, "%04d%02u%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                  static_cast<unsigned>(day.day()));
    return text;
}

class run {
public:
    run(asker& of, config::source_kind kind, unsigned most) : of_(of), most_(most) { known_.kind = kind; }

    result<learned> with(wish const& which)
    {
        for (auto const step : {&run::find_study, &run::ask_study, &run::ask_series, &run::ask_instance}) {
            auto const done = (this->*step)(which);
            if (!done)
                return tl::unexpected(done.error());
        }
        for (auto const& e : experiments()) {
            auto const done = make(e);
            if (!done)
                return tl::unexpected(done.error());
        }
        return learned{std::move(known_), queries_};
    }

private:
    bool spent() const { return queries_ >= most_; }

    /// Asks and keeps what it came to under `name`. Errors: the archive cannot be asked any more.
    result<answer> ask(std::string const& name, question const& q)
    {
        ++queries_;
        auto came = of_.ask(q);
        if (came.dropped && !spent()) {
            ++queries_;
            came = of_.ask(q);
        }
        known_.by_name[name] = judge(known_, q, came);
        in_a_row_ = came.how == answer::kind::failed ? in_a_row_ + 1 : 0;
        if (came.hopeless || in_a_row_ >= failures_in_a_row)
            return fail(errc::incomplete, came.status);
        return came;
    }

    result<void> find_study(wish const& which)
    {
        if (which.attribute == tags::StudyInstanceUID) {
            known_.of.study = which.value;
            return {};
        }
        question q;
        q.form.include = web_form::fields::none;
        q.what.max_rows = 1;
        q.what.keys.push_back({which.attribute.value_or(tags::StudyDate), {which.attribute ? which.value : today()}});
        q.what.return_keys = usual_return_keys();
        auto came = ask_first("the study", q);
        if (came && came->how == answer::kind::rows && came->rows.empty() && is_dimse()) {
            q.stars = true;
            came = ask("the study", q);
        }
        if (!came)
            return tl::unexpected(came.error());
        if (came->rows.empty() || came->rows.front().text(tags::StudyInstanceUID).empty())
            return fail(errc::not_found, came->how == answer::kind::rows ? "" : came->status);
        known_.of.study = came->rows.front().text(tags::StudyInstanceUID);
        known_.of.only_one_of_accession = which.attribute == tags::AccessionNumber && !came->more;
        if (which.attribute && which.value.starts_with(' '))
            known_.of.spaced = *which.attribute;
        return {};
    }

    bool is_dimse() const { return known_.kind == config::source_kind::dimse; }

    /// A first question: it finds out which Accept is taken.
    result<answer> ask_first(std::string const& name, question const& q)
    {
        auto came = ask(name, q);
        if (!came || is_dimse() || came->how == answer::kind::rows)
            return came;
        auto plainly = q;
        plainly.form.accept = "application/json";
        auto const before = known_[name];
        auto const again = ask(name, plainly);
        if (!again || again->how != answer::kind::rows) {
            known_.by_name[name] = before;
            return again ? came : again;
        }
        known_.form.accept = plainly.form.accept;
        known_.by_name["Accept: application/dicom+json"] = before;
        return again;
    }

    /// Everything of the study: empty keys; where they find nothing, stars.
    result<void> ask_study(wish const&)
    {
        question q;
        q.form = known_.form;
        q.what.max_rows = 1;
        q.what.keys.push_back({tags::StudyInstanceUID, {known_.of.study}});
        q.what.return_keys.assign(std::begin(asked_of_a_study), std::end(asked_of_a_study));
        auto came = ask_first("empty keys", q);
        if (came && !known_.found("empty keys"))
            came = is_dimse() ? ask_with_stars(q) : ask_for_fields_otherwise(q);
        if (!came)
            return tl::unexpected(came.error());
        auto const is_it = [&](mapping::data_set const& row) {
            auto const uid = row.text(tags::StudyInstanceUID);
            return uid.empty() || uid == known_.of.study;
        };
        auto const row = std::ranges::find_if(came->rows, is_it);
        if (row == came->rows.end())
            return fail(errc::not_found, came->status);
        known_.of.row = *row;
        known_.of.modality = known_.own(tags::ModalitiesInStudy);
        return {};
    }

    result<answer> ask_with_stars(question q)
    {
        auto bare = q;
        bare.what.return_keys.clear();
        auto came = ask("no keys", bare);
        if (!came || !known_.found("no keys"))
            return came;
        auto const without = *came;
        std::erase_if(q.what.return_keys, [](tag t) {  // which take no wild cards
            auto const vr = mapping::find_attribute(t)->vr;
            return vr == mapping::vr_of('U', 'I') || vr == mapping::vr_of('I', 'S');
        });
        q.stars = true;
        came = ask("keys of *", q);
        if (!came)
            return came;
        known_.stars = known_.found("keys of *");
        if (known_.stars)
            return came;
        return without;
    }

    result<answer> ask_for_fields_otherwise(question q)
    {
        using fields = web_form::fields;
        known_.by_name["includefield in a list"] = known_["empty keys"];
        q.form = known_.form;
        result<answer> came = fail(errc::incomplete);
        for (auto const way : {fields::repeated, fields::none}) {
            q.form.include = way;
            came = ask("empty keys", q);
            if (!came || known_.found("empty keys"))
                break;
        }
        return came;
    }

    result<void> ask_series(wish const&)
    {
        question q;
        q.form = known_.form;
        q.form.include = web_form::fields::none;
        q.stars = known_.stars;
        q.what.at = level::series;
        q.what.max_rows = 50;
        q.what.keys.push_back({tags::StudyInstanceUID, {known_.of.study}});
        q.what.return_keys = {tags::SeriesInstanceUID, tags::Modality};
        auto const came = ask("series of the study", q);
        if (!came)
            return tl::unexpected(came.error());
        for (auto const& row : came->rows) {
            auto const study = row.text(tags::StudyInstanceUID);
            if (row.text(tags::SeriesInstanceUID).empty() || (!study.empty() && study != known_.of.study))
                continue;
            known_.of.series = row.text(tags::SeriesInstanceUID);
            if (auto const modality = row.text(tags::Modality); !modality.empty())
                known_.of.modality = modality;
            break;
        }
        return {};
    }

    result<void> ask_instance(wish const&)
    {
        if (known_.of.series.empty())
            return {};
        question q;
        q.form = known_.form;
        q.form.include = web_form::fields::none;
        q.stars = known_.stars;
        q.what.at = level::instance;
        q.what.max_rows = 1;
        q.what.keys = {{tags::StudyInstanceUID, {known_.of.study}}, {tags::SeriesInstanceUID, {known_.of.series}}};
        q.what.return_keys = {tags::SOPInstanceUID};
        auto const came = ask("instances of the series", q);
        if (!came)
            return tl::unexpected(came.error());
        if (!came->rows.empty())
            known_.of.instance = came->rows.front().text(tags::SOPInstanceUID);
        return {};
    }

    result<void> make(experiment const& e)
    {
        if (e.only && *e.only != known_.kind)
            return {};
        if (known_[e.name].how != outcome::not_asked)
            return {};
        auto const q = e.make(known_);
        if (!q || spent()) {
            known_.by_name.try_emplace(e.name, finding{.status = q ? "no queries were left" : q.error()});
            return {};
        }
        auto const came = ask(e.name, *q);
        if (!came)
            return tl::unexpected(came.error());
        if (e.learn)
            e.learn(known_, *came);
        return {};
    }

    asker& of_;
    unsigned const most_;
    findings known_;
    unsigned queries_ = 0;
    unsigned in_a_row_ = 0;
};

}  // namespace

result<learned> learn(asker& of, config::source_kind kind, wish const& which, unsigned most)
{
    run one(of, kind, most);
    return one.with(which);
}

}  // namespace pons::upstream::probe
