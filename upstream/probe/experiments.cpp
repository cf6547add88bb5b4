#include "upstream/probe/experiments.hpp"

#include "upstream/probe/pinned.hpp"
#include "upstream/probe/questions.hpp"
#include "upstream/probe/spelling.hpp"

#include <vector>

namespace pons::upstream::probe {

namespace {

using config::source_kind;
using mapping::level;
using fields = web_form::fields;

experiment contradicted(tag t)
{
    return {other(t), [t](findings const& f) -> made {
                if (f.pin_wins())
                    return none("beside the study UID all other keys are ignored");
                if (t == f.pin)
                    return none("it holds the question to the study");
                return pinned(f, t, {t == tags::ModalitiesInStudy ? foreign_modality(f) : contradiction(t, f.own(t))});
            }};
}

experiment starred(tag t)
{
    return {star(t), [t](findings const& f) -> made {
                if (f.pin_wins())
                    return none("beside the study UID all other keys are ignored");
                return pinned(f, t, {"*"});
            }};
}

/// Which of the right values it was that kept the study away.
experiment own_value(tag t)
{
    return {"own " + keyword(t), [t](findings const& f) -> made {
                if (!f.nothing("right values"))
                    return none("it was found by the values of all keys");
                auto const value = t == tags::PatientName ? name_of(f) : f.own(t);
                if (!is_plain(value))
                    return none("the value is not plain");
                return pinned_value(f, t, value);
            }};
}

/// An archive that looks at study UIDs alone can still be held by an accession number that is the study's only.
void repin(findings& f, answer const&)
{
    if (f.pin_wins() && f.nothing("accession number and another PatientID") && f.of.only_one_of_accession) {
        f.pin = tags::AccessionNumber;
        for (auto const t : keys_tried)
            f.by_name.erase(other(t));
    }
}

void learn_charset(findings& f, answer const& a, char const* charset)
{
    if (a.how == answer::kind::rows && !a.rows.empty())
        f.charset_query = charset;
}

std::vector<experiment> all()
{
    constexpr auto dimse = source_kind::dimse;
    constexpr auto web = source_kind::dicomweb;
    std::vector<experiment> table;
    auto const add = [&](experiment e) { table.push_back(std::move(e)); };

    // What finding nothing looks like, before anything is judged by it.
    add({"a UID of no study",
         [](findings const& f) -> made {
             auto q = about(f);
             q.what.keys.push_back({tags::StudyInstanceUID, {nobodys_uid}});
             return q;
         },
         web,
         [](findings& f, answer const& a) {
             if (a.rows.empty() && (a.http_status == 204 || a.http_status == 404))
                 f.status_of_nothing = a.http_status;
         }});

    // Which keys are matched; first those that show whether a UID makes the archive ignore the others.
    for (auto const t : {tags::PatientID, tags::StudyDate, tags::AccessionNumber})
        add(contradicted(t));
    add({"accession number and another PatientID", accession_with_another_patient, {}, repin});
    for (auto const t : keys_tried)
        add(contradicted(t));  // those that were asked are not asked again
    add(contradicted(tags::StudyID));
    add({"name, percent-encoded", [](findings const& f) { return encoded(f, config::query_encoding::strict); }, web});
    add({"name, as it is", [](findings const& f) { return encoded(f, config::query_encoding::minimal); }, web,
         [](findings& f, answer const& a) {
             if (!a.rows.empty() && !f.found("name, percent-encoded"))
                 f.form.encoding = config::query_encoding::minimal;
         }});
    add({"PatientID, percent-encoded",
         [](findings const& f) -> made {
             if (f.found("name, percent-encoded") || f.found("name, as it is"))
                 return none("the name told it");
             return all_encoded(f);
         },
         web,
         [](findings& f, answer const& a) {
             if (a.how == answer::kind::rows && a.rows.empty())
                 f.form.encoding = config::query_encoding::minimal;
         }});
    add({"right values", right_values});
    add({"own PatientID", [](findings const& f) -> made {
             if (f.found("right values"))
                 return none("it was found by the values of all keys");
             return pinned_value(f, tags::PatientID, f.own(tags::PatientID));
         }});
    add({"own modality", [](findings const& f) -> made {
             if (auto const why = pointless(f, tags::ModalitiesInStudy))
                 return none(*why);
             if (f.of.modality.empty())
                 return none("the modality of its series could not be had");
             return pinned(f, tags::ModalitiesInStudy, {f.of.modality});
         }});
    add({"own modality or another", [](findings const& f) -> made {
             if (!f.found("own modality"))
                 return none("ModalitiesInStudy is not matched");
             return pinned(f, tags::ModalitiesInStudy, {f.of.modality, foreign_modality(f)});
         }});

    // How text is compared.
    add({"name in ISO_IR 192",
         [](findings const& f) { return name_in(f, "ISO_IR 192"); },
         {},
         [](findings& f, answer const& a) { learn_charset(f, a, "ISO_IR 192"); }});
    add({"name in ISO_IR 100",
         [](findings const& f) -> made {
             if (f.found("name in ISO_IR 192"))
                 return none("it was found in ISO_IR 192");
             return name_in(f, "ISO_IR 100");
         },
         dimse, [](findings& f, answer const& a) { learn_charset(f, a, "ISO_IR 100"); }});
    add({"name in the set of the answers", name_as_labelled, dimse, [](findings& f, answer const& a) {
             if (!a.rows.empty())
                 f.charset_query = label_of(f);
         }});
    add({"own PatientName", [](findings const& f) -> made {
             auto const name = name_of(f);
             if (!is_plain(name))
                 return none("its name is not plain ASCII");
             if (f.kind == web && f.found("name, percent-encoded"))
                 return none("it was found percent-encoded");
             return pinned_value(f, tags::PatientName, name);
         }});
    add({"name in other letters", [](findings const& f) -> made {
             auto const name = name_of(f);
             auto const changed = other_letters(name);
             if (name == changed)
                 return none("its name has no letter that is large and small");
             return pinned_value(f, tags::PatientName, changed);
         }});
    add({"name without accents", [](findings const& f) -> made {
             auto const name = name_of(f);
             auto const plain = without_accents(name);
             if (is_ascii(name) || plain.empty())
                 return none("its name has no accents");
             return pinned_value(f, tags::PatientName, plain);
         }});
    add({"beginning of the name and *",
         [](findings const& f) { return beginning(f, tags::PatientName, name_of(f), "*"); }});
    add({"name with ? for a letter",
         [](findings const& f) { return beginning(f, tags::PatientName, name_of(f), "?"); }});
    add({"beginning of the PatientID and *",
         [](findings const& f) { return beginning(f, tags::PatientID, f.own(tags::PatientID), "*"); }});
    add({"PatientID behind a space", [](findings const& f) -> made {
             auto const value = f.own(tags::PatientID);
             if (f.kind == web && f.form.encoding == config::query_encoding::minimal)
                 return none("a server that does not decode cannot be asked for a space");
             if (!value.empty() && !is_plain(value))
                 return none("its PatientID is not plain");
             return pinned_value(f, tags::PatientID, value.empty() ? value : " " + value);
         }});
    add({"typed value without its space", [](findings const& f) -> made {
             if (f.of.spaced == tag{})
                 return none("the study was not named by an identifier with a space before it");
             return pinned_value(f, f.of.spaced, f.own(f.of.spaced));
         }});
    add({"PatientID or another", [](findings const& f) -> made {
             auto q = pinned_value(f, tags::PatientID, f.own(tags::PatientID));
             if (q)
                 q->what.keys.back().values.push_back(contradiction(tags::PatientID, {}));
             return q;
         }});

    // Universal matching.
    for (auto const t : {tags::StudyDate, tags::PatientName, tags::PatientID})
        add(starred(t));
    for (auto const t : {tags::StudyTime, tags::ModalitiesInStudy}) {
        add(starred(t));
        table.back().only = dimse;
    }

    // Dates.
    add({"range of its day",
         [](findings const& f) { return range(f, [](std::string const& date) { return date + "-" + date; }); }});
    add({"range without an end",
         [](findings const& f) { return range(f, [](std::string const& date) { return date + "-"; }); }});
    add({"range of other days", [](findings const& f) {
             return range(f, [](std::string const&) { return std::string("19000105-19000107"); });
         }});
    add({"range of its day and its hour", [](findings const& f) { return date_and_time(f, false); }});
    add({"range of days and hours as one", [](findings const& f) { return date_and_time(f, true); }});

    // Lists of UIDs, and the hierarchy.
    add({"UIDs, its own first", [](findings const& f) { return uids(f, level::study, true); }});
    add({"UIDs, its own last", [](findings const& f) { return uids(f, level::study, false); }});
    add({"series of UIDs, its own first", [](findings const& f) { return uids(f, level::series, true); }});
    add({"series of UIDs, its own last", [](findings const& f) { return uids(f, level::series, false); }});
    add({"series without study", [](findings const& f) { return without_upper_uids(f, level::series); }});
    add({"instance without study and series",
         [](findings const& f) { return without_upper_uids(f, level::instance); }});

    // Empty values.
    add({"empty StudyDate, which it has",
         [](findings const& f) { return with_empty_value(f, tags::StudyDate, true); }});
    add({"empty StudyDate", [](findings const& f) { return with_empty_value(f, tags::StudyDate, false); }});
    add({"empty PatientBirthDate",
         [](findings const& f) { return with_empty_value(f, tags::PatientBirthDate, false); }});

    // Character sets of answers.
    add({"label not asked for",
         [](findings const& f) -> made {
             if (f.own(tags::SpecificCharacterSet).empty())
                 return none("answers for this study carry no label");
             auto q = pinned(f, tags::StudyInstanceUID, {f.of.study});
             q.wants_label = false;
             q.what.return_keys.insert(q.what.return_keys.end(),
                                       {tags::StudyDescription, tags::ReferringPhysicianName});
             return q;
         },
         dimse});
    add({"read with another default",
         [](findings const& f) -> made {
             if (!f.own(tags::SpecificCharacterSet).empty())
                 return none("answers for this study carry a label");
             bool beyond_ascii = false;
             for (auto const t : {tags::PatientName, tags::StudyDescription, tags::ReferringPhysicianName})
                 beyond_ascii = beyond_ascii || !is_ascii(f.own(t));
             if (!beyond_ascii)
                 return none("the study has no letter beyond ASCII");
             auto q = pinned(f, tags::StudyInstanceUID, {f.of.study});
             q.charset_default = "ISO_IR 144";
             q.what.return_keys.insert(q.what.return_keys.end(),
                                       {tags::StudyDescription, tags::ReferringPhysicianName});
             return q;
         },
         dimse,
         [](findings& f, answer const& a) {
             if (!a.rows.empty())
                 f.of.row_with_other_default = a.rows.front();
         }});

    // What DICOMweb servers differ in.
    add({"offset=1", [](findings const& f) { return as_web(f, [](web_form& w) { w.offset = 1; }); }, web});
    add({"limit=1000", [](findings const& f) { return limited(f, 1000, nullptr); }, web});
    add({"limit=500", [](findings const& f) { return limited(f, 500, "limit=1000"); }, web});
    add({"limit=200", [](findings const& f) { return limited(f, 200, "limit=500"); }, web});
    add({"limit=100", [](findings const& f) { return limited(f, 100, "limit=200"); }, web});
    add({"a parameter that nobody knows",
         [](findings const& f) { return as_web(f, [](web_form& w) { w.extra = "PonsProbe=1"; }); }, web});
    add({"fuzzymatching",
         [](findings const& f) { return as_web(f, [](web_form& w) { w.extra = "fuzzymatching=true"; }); }, web});
    add({"no includefield", [](findings const& f) { return as_web(f, [](web_form&) {}); }, web});
    add({"includefield=all", [](findings const& f) { return as_web(f, [](web_form& w) { w.include = fields::all; }); },
         web});
    add({"Accept: application/json",
         [](findings const& f) { return as_web(f, [](web_form& w) { w.accept = "application/json"; }); }, web});
    add({"Accept: application/dicom+xml",
         [](findings const& f) {
             return as_web(f, [](web_form& w) { w.accept = "multipart/related; type=\"application/dicom+xml\""; });
         },
         web});
    // Last, since only a remark follows from it.
    for (auto const t : keys_tried)
        if (is_sent(t))
            add(own_value(t));
    return table;
}

}  // namespace

std::span<experiment const> experiments()
{
    static auto const table = all();
    return table;
}

}  // namespace pons::upstream::probe
