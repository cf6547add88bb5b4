#include "proxy/dicomweb/store_report.hpp"

#include "proxy/dicomweb/service.hpp"

#include <algorithm>

namespace pons::proxy::dicomweb {

namespace {

using mapping::data_set;
using mapping::tag;
using mapping::tags::RetrieveURL;
using mapping::operator""_vr;

// PS3.18 Annex I, Store Instances Response Module.
constexpr tag referenced_sop_class_uid{0x00081150};
constexpr tag referenced_sop_instance_uid{0x00081155};
constexpr tag warning_reason{0x00081196};
constexpr tag failure_reason{0x00081197};
constexpr tag failed_sop_sequence{0x00081198};
constexpr tag referenced_sop_sequence{0x00081199};
constexpr tag other_failures_sequence{0x0008119A};

bool is_stored(std::uint16_t status)
{
    return status == 0 || status >> 12 == 0xB;
}

void add_number(data_set& to, tag t, std::uint16_t number)
{
    to.add_one(t, "US"_vr, std::to_string(number));
}

data_set item_of(std::string_view sop_class_uid, std::string_view sop_instance_uid)
{
    data_set item;
    item.add_one(referenced_sop_class_uid, "UI"_vr, sop_class_uid);
    item.add_one(referenced_sop_instance_uid, "UI"_vr, sop_instance_uid);
    return item;
}

/// The items of the three sequences.
struct sequences {
    std::vector<data_set> referenced;
    std::vector<data_set> failed;
    std::vector<data_set> other;
    bool warned = false;
};

void add_told(sequences& to, upstream::stored::instance const& told, told_instance const& known, std::string_view base)
{
    auto item = item_of(told.sop_class_uid, told.sop_instance_uid);
    if (!is_stored(told.status)) {
        add_number(item, failure_reason, told.status);
        to.failed.push_back(std::move(item));
        return;
    }
    if (!known.study_instance_uid.empty() && !known.series_instance_uid.empty())
        item.add_one(RetrieveURL, "UR"_vr,
                     url_of(base, known.study_instance_uid, known.series_instance_uid, told.sop_instance_uid));
    if (told.status != 0) {
        add_number(item, warning_reason, told.status);
        to.warned = true;
    }
    to.referenced.push_back(std::move(item));
}

void add_refused(sequences& to, store_account::refusal const& refused)
{
    auto const& what = refused.what;
    auto const known = !what.sop_class_uid.empty() && !what.sop_instance_uid.empty();
    auto item = known ? item_of(what.sop_class_uid, what.sop_instance_uid) : data_set();
    add_number(item, failure_reason, refused.reason);
    (known ? to.failed : to.other).push_back(std::move(item));
}

void add_sequence(data_set& to, tag t, std::vector<data_set>&& items)
{
    if (!items.empty())
        if (auto* const there = to.add_sequence(t))
            *there = std::move(items);
}

/// The study of all that was stored, if it is one.
std::string common_study(store_account const& account, upstream::stored const& stored)
{
    std::string study;
    for (std::size_t i = 0; i < stored.instances.size() && i < account.given.size(); ++i) {
        auto const& its = account.given[i].study_instance_uid;
        if (!is_stored(stored.instances[i].status))
            continue;
        if (its.empty() || (!study.empty() && study != its))
            return {};
        study = its;
    }
    return study;
}

}  // namespace

store_report report_store(store_account const& account, upstream::stored const& stored, std::string_view base,
                          std::string_view study_uid)
{
    sequences all;
    told_instance const unknown;
    for (std::size_t i = 0; i < stored.instances.size(); ++i)
        add_told(all, stored.instances[i], i < account.given.size() ? account.given[i] : unknown, base);
    for (auto const& each : account.refused)
        add_refused(all, each);

    store_report report{.stored = all.referenced.size(), .failed = all.failed.size() + all.other.size()};
    report.status = report.stored == 0                ? http::status::conflict
                    : report.failed > 0 || all.warned ? http::status::accepted
                                                      : http::status::ok;
    auto const study = study_uid.empty() ? common_study(account, stored) : std::string(study_uid);
    if (study.empty() || report.stored == 0)
        report.data_set.begin(RetrieveURL, "UR"_vr);
    else
        report.data_set.add_one(RetrieveURL, "UR"_vr, url_of(base, study));
    add_sequence(report.data_set, failed_sop_sequence, std::move(all.failed));
    add_sequence(report.data_set, referenced_sop_sequence, std::move(all.referenced));
    add_sequence(report.data_set, other_failures_sequence, std::move(all.other));
    return report;
}

}  // namespace pons::proxy::dicomweb
