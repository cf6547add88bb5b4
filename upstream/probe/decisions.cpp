#include "upstream/probe/decisions.hpp"

#include <optional>

namespace pons::upstream::probe {

namespace {

namespace tags = mapping::tags;
using config::source_kind;
using mapping::tag;

struct verdict {
    bool told = false;
    std::string why;
};

verdict told(std::string why)
{
    return {true, std::move(why)};
}
verdict untold(std::string why)
{
    return {false, std::move(why)};
}

struct row {
    std::string_view key;
    verdict (*decide)(findings const&, config::quirks&);
    std::optional<source_kind> only = std::nullopt;
};

/// Why a key cannot be judged at all: "PatientName is ignored", …
std::optional<std::string> unusable(findings const& f, tag t)
{
    if (f.pin_wins())
        return "beside the study UID the archive ignores all other keys";
    auto const& contradiction = f[other(t)];
    if (contradiction.how == outcome::nothing)
        return {};
    return "with another " + keyword(t) + " " + in_words(contradiction);
}

bool patient_id_found(findings const& f)
{
    return f.found("right values") || f.found("own PatientID");
}

verdict query_encoding(findings const& f, config::quirks& to)
{
    auto const& strict = f["name, percent-encoded"];
    auto const& minimal = f["name, as it is"];
    auto const& id = f["PatientID, percent-encoded"];
    if (strict.how == outcome::found) {
        to.query_encoding = config::query_encoding::strict;
        return told("the name was found with %5E in it");
    }
    if (minimal.how == outcome::found && strict.how == outcome::nothing) {
        to.query_encoding = config::query_encoding::minimal;
        return told("with %5E in the name nothing came, with ^ the study");
    }
    if (id.how == outcome::found) {
        to.query_encoding = config::query_encoding::strict;
        return told("PatientID was found percent-encoded");
    }
    if (id.how == outcome::nothing && patient_id_found(f)) {
        to.query_encoding = config::query_encoding::minimal;
        return told("with PatientID percent-encoded nothing came, as it is the study");
    }
    return untold("with %5E in the name " + in_words(strict) + "; with PatientID percent-encoded " + in_words(id));
}

/// Whether what was asked also was what was meant: a server that does not decode reads other values.
bool is_understood(findings const& f)
{
    config::quirks any;
    return f.kind == source_kind::dimse || query_encoding(f, any).told;
}

verdict charset_default(findings const& f, config::quirks&)
{
    auto const& again = f["read with another default"];
    if (again.how != outcome::found)
        return untold(again.status.empty() ? in_words(again) : again.status);
    for (auto const t : {tags::PatientName, tags::StudyDescription, tags::ReferringPhysicianName})
        if (f.of.row.text(t) != f.of.row_with_other_default.text(t))
            return untold(
                "answers carry no label and are not UTF-8: see which of ISO_IR 100, ISO_IR 101, … makes the "
                "names right");
    return untold("answers carry no label and are UTF-8, which is seen without it");
}

verdict charset_labels(findings const& f, config::quirks&)
{
    if (f.of.row.text(tags::SpecificCharacterSet).empty())
        return untold("answers carry no label");
    return untold("labels cannot be checked by a query: see whether names beyond ASCII are right");
}

verdict charset_query(findings const& f, config::quirks& to)
{
    auto const& utf8 = f["name in ISO_IR 192"];
    auto const& latin = f["name in ISO_IR 100"];
    if (auto const why = unusable(f, tags::PatientName))
        return untold(*why);
    if (utf8.how == outcome::found) {
        to.charset_query = "ISO_IR 192";
        return told("a name beyond ASCII was found in it");
    }
    if (latin.how == outcome::found) {
        to.charset_query = "ISO_IR 100";
        return told("with a name beyond ASCII " + in_words(utf8) + " in ISO_IR 192, in this one the study");
    }
    if (f.found("name in the set of the answers")) {
        to.charset_query = f.charset_query;
        return told("a name beyond ASCII was found in the set that answers are in, not in ISO_IR 192");
    }
    if (utf8.how == outcome::not_asked)
        return untold(utf8.status);
    return untold("with a name beyond ASCII in ISO_IR 192 " + in_words(utf8) + ", in ISO_IR 100 " + in_words(latin));
}

/// The name as the archive tells it, found somehow: without that, nothing follows from other ways to write it.
bool name_found(findings const& f)
{
    for (auto const* const name :
         {"own PatientName", "name, percent-encoded", "name, as it is", "name in ISO_IR 192", "name in ISO_IR 100"})
        if (f.found(name))
            return true;
    return false;
}

verdict name_matching(findings const& f, config::quirks& to)
{
    if (auto const why = unusable(f, tags::PatientName))
        return untold(*why);
    if (!name_found(f))
        return untold(
            "with the name as it is told " +
            in_words(f[f.is("own PatientName", outcome::not_asked) ? "name in ISO_IR 192" : "own PatientName"]));
    auto const& letters = f["name in other letters"];
    switch (letters.how) {
        case outcome::found:
            to.name_matching = config::name_matching::insensitive;
            return told("found in other letters (large, small)");
        case outcome::nothing:
            to.name_matching = config::name_matching::sensitive;
            return told("found as it is told, not in other letters (large, small)");
        default:
            return untold("with the name in other letters " + in_words(letters));
    }
}

verdict universal(findings const& f, config::quirks& to)
{
    if (f.found("empty keys")) {
        to.universal = config::universal_matching::empty;
        return told("with empty keys the study came");
    }
    if (f.found("keys of *")) {
        to.universal = config::universal_matching::star;
        return told("with empty keys " + in_words(f["empty keys"]) + ", with * the study");
    }
    return untold("with empty keys " + in_words(f["empty keys"]) + ", with * " + in_words(f["keys of *"]));
}

verdict wildcards(findings const& f, config::quirks& to)
{
    struct {
        char const* name;
        tag attribute;
        bool own_found;
    } const tries[] = {{"beginning of the name and *", tags::PatientName, name_found(f)},
                       {"beginning of the PatientID and *", tags::PatientID, patient_id_found(f)}};
    std::string found;
    std::string why;
    for (auto const& one : tries) {
        auto const& it = f[one.name];
        if (auto const no_use = unusable(f, one.attribute)) {
            why = why.empty() ? *no_use : why;
        } else if (it.how == outcome::found) {
            found += (found.empty() ? "" : " and ") + keyword(one.attribute);
        } else if (one.own_found && is_understood(f) && (it.how == outcome::nothing || it.how == outcome::refused)) {
            to.wildcards = false;
            return told("with the beginning of " + keyword(one.attribute) + " and * " + in_words(it));
        } else {
            why = in_words(it);
        }
    }
    if (found.empty())
        return untold(why);
    to.wildcards = true;
    return told("the study came by the beginning of " + found + " and *");
}

verdict modalities_in_study(findings const& f, config::quirks& to)
{
    bool const returned = !f.own(tags::ModalitiesInStudy).empty();
    auto const also = returned ? std::string("; it is returned") : std::string("; it is not returned");
    if (f.pin_wins())
        return untold("beside the study UID the archive ignores all other keys");
    auto const& contradiction = f[other(tags::ModalitiesInStudy)];
    auto const& right = f["own modality"];
    to.modalities_in_study = false;
    switch (contradiction.how) {
        case outcome::found:
            return told("with another modality the study came: it is ignored" + also);
        case outcome::refused:
            return told("with a modality " + in_words(contradiction) + also);
        case outcome::nothing:
            break;
        default:
            return untold("with another modality " + in_words(contradiction));
    }
    if (right.how == outcome::found) {
        to.modalities_in_study = returned;
        return told("the study came with its modality, and not with another" + also);
    }
    if (right.how == outcome::not_asked && returned)
        return untold(right.status);
    return told("with its own modality " + in_words(right) + also);
}

verdict both(findings const& f, char const* first, char const* second, bool& to, std::string const& what)
{
    auto const& a = f[first];
    auto const& b = f[second];
    for (auto const* const one : {&a, &b})
        if (one->how == outcome::not_asked || one->how == outcome::failed)
            return untold(in_words(*one));
    to = a.how == outcome::found && b.how == outcome::found;
    if (to)
        return told(what);
    auto const& bad = a.how == outcome::found ? b : a;
    return told(std::string(a.how == outcome::found ? second : first) + ": " + in_words(bad));
}

verdict series_by_uid_list(findings const& f, config::quirks& to)
{
    return both(f, "series of UIDs, its own first", "series of UIDs, its own last", to.series_by_uid_list,
                "its series came for its UID in a list with another, first and last");
}

verdict relational(findings const& f, config::quirks& to)
{
    return both(f, "series without study", "instance without study and series", to.relational,
                "a series and an instance came by their own UIDs");
}

verdict empty_value_matching(findings const& f, config::quirks& to)
{
    auto const& not_empty = f["empty StudyDate, which it has"];
    to.empty_value_matching = false;
    if (not_empty.how == outcome::refused)
        return told("\"\" as StudyDate is " + in_words(not_empty));
    if (not_empty.how == outcome::found)
        return told("with \"\" as StudyDate the study came, which has one");
    for (auto const* const name : {"empty StudyDate", "empty PatientBirthDate"}) {
        auto const& empty = f[name];
        if (empty.how == outcome::found && not_empty.how != outcome::failed) {
            if (unusable(f, name == std::string_view("empty StudyDate") ? tags::StudyDate : tags::PatientBirthDate))
                continue;
            to.empty_value_matching = true;
            return told("with \"\" for a date that is empty the study came");
        }
        if (empty.how == outcome::refused || empty.how == outcome::nothing)
            return told("with \"\" for a date that is empty " + in_words(empty));
    }
    return untold("it takes a study without StudyDate or PatientBirthDate to see it");
}

verdict leading_spaces(findings const& f, config::quirks& to)
{
    if (auto const& typed = f["typed value without its space"]; typed.how != outcome::not_asked) {
        if (typed.how != outcome::found && typed.how != outcome::nothing)
            return untold(in_words(typed));
        to.leading_spaces = typed.how == outcome::found;
        return told("without the space before it " + in_words(typed));
    }
    if (auto const why = unusable(f, tags::PatientID))
        return untold(*why);
    auto const& spaced = f["PatientID behind a space"];
    if (!is_understood(f))
        return untold("how values are to be encoded could not be told");
    if (!patient_id_found(f))
        return untold("with its own PatientID " + in_words(f["own PatientID"]));
    if (spaced.how != outcome::nothing)
        return untold(spaced.how == outcome::found
                          ? "a space that is asked for does not count; what of stored ones, only an identifier can "
                            "show that is stored with one (--accession ' …')"
                          : in_words(spaced));
    to.leading_spaces = false;
    return told("with a space before PatientID " + in_words(spaced));
}

verdict without_bulk_data(findings const&, config::quirks&)
{
    return untold("no instance is retrieved; Pons asks for metadata so, once, and remembers what came of it");
}

verdict frame_level(findings const&, config::quirks&)
{
    return untold("no instance is retrieved; Pons asks for frames so, and remembers for an hour what came of it");
}

verdict max_results(findings const&, config::quirks&)
{
    return untold("finding out takes large answers; Pons notices while it serves");
}

verdict page_limit(findings const& f, config::quirks& to)
{
    if (f.found("limit=1000"))
        return untold("limit=1000 is taken; whether pages are shorter, large answers show");
    for (auto const& [name, limit] : {std::pair("limit=500", 500U), {"limit=200", 200U}, {"limit=100", 100U}})
        if (f.found(name)) {
            to.page_limit = limit;
            return told("limit=1000 is " + in_words(f["limit=1000"]) + ", this is taken");
        }
    return untold("with limit=1000 " + in_words(f["limit=1000"]));
}

verdict offset(findings const& f, config::quirks& to)
{
    auto const& second = f["offset=1"];
    switch (second.how) {
        case outcome::nothing:
            to.offset = true;
            return told("behind the one study nothing came");
        case outcome::found:
            to.offset = false;
            return told("with offset=1 the one study came again");
        case outcome::refused:
            to.offset = false;
            return told("offset=1 is " + in_words(second));
        default:
            return untold(in_words(second));
    }
}

verdict study_id(findings const& f, config::quirks& to)
{
    auto const& another = f[other(tags::StudyID)];
    if (another.how != outcome::refused && another.how != outcome::nothing && another.how != outcome::found)
        return untold("with another StudyID " + in_words(another));
    to.study_id = another.how != outcome::refused;
    return told("with another StudyID " + in_words(another));
}

verdict not_found_is_empty(findings const& f, config::quirks& to)
{
    auto const& nobody = f["a UID of no study"];
    if (nobody.how != outcome::nothing)
        return untold("with a UID of no study " + in_words(nobody));
    to.not_found_is_empty = f.status_of_nothing == 404;
    return told("a UID of no study is answered with " + std::to_string(f.status_of_nothing));
}

verdict accept(findings const& f, config::quirks& to)
{
    to.accept = f.form.accept;
    if (f.form.accept == "application/dicom+json")
        return told("it is answered with " + f["empty keys"].content_type);
    return told("application/dicom+json: " + in_words(f["Accept: application/dicom+json"]));
}

constexpr row rows[] = {
    {"query_encoding", query_encoding, source_kind::dicomweb},
    {"charset_default", charset_default, source_kind::dimse},
    {"charset_labels", charset_labels},
    {"charset_query", charset_query, source_kind::dimse},
    {"name_matching", name_matching},
    {"universal", universal, source_kind::dimse},
    {"wildcards", wildcards},
    {"modalities_in_study", modalities_in_study},
    {"series_by_uid_list", series_by_uid_list},
    {"relational", relational},
    {"empty_value_matching", empty_value_matching},
    {"without_bulk_data", without_bulk_data, source_kind::dimse},
    {"frame_level", frame_level, source_kind::dimse},
    {"leading_spaces", leading_spaces},
    {"max_results", max_results},
    {"page_limit", page_limit, source_kind::dicomweb},
    {"offset", offset, source_kind::dicomweb},
    {"study_id", study_id},
    {"not_found_is_empty", not_found_is_empty, source_kind::dicomweb},
    {"accept", accept, source_kind::dicomweb},
};

}  // namespace

std::vector<decision> decide(findings const& f, config::quirks& to)
{
    std::vector<decision> all;
    for (auto const& r : rows) {
        if (r.only && *r.only != f.kind)
            continue;
        auto as_decided = to;
        auto const v = r.decide(f, as_decided);
        if (v.told)
            to = std::move(as_decided);
        all.push_back({r.key, v.told, v.why});
    }
    return all;
}

}  // namespace pons::upstream::probe
