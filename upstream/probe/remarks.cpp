#include "upstream/probe/decisions.hpp"

namespace pons::upstream::probe {

namespace {

namespace tags = mapping::tags;
using config::source_kind;
using mapping::tag;

constexpr tag matched[] = {tags::PatientID,
                           tags::AccessionNumber,
                           tags::StudyDate,
                           tags::StudyTime,
                           tags::PatientName,
                           tags::PatientBirthDate,
                           tags::ModalitiesInStudy,
                           tags::ReferringPhysicianName,
                           tags::StudyDescription,
                           tags::StudyID,
                           tags::NumberOfStudyRelatedInstances};
constexpr tag returned[] = {tags::ModalitiesInStudy,
                            tags::NumberOfStudyRelatedSeries,
                            tags::NumberOfStudyRelatedInstances,
                            tags::TimezoneOffsetFromUTC,
                            tags::RetrieveAETitle,
                            tags::InstanceAvailability,
                            tags::SOPClassesInStudy};

void join(std::string& list, std::string const& one)
{
    list += (list.empty() ? "" : ", ") + one;
}

class telling {
public:
    explicit telling(findings const& f) : f_(f) {}

    std::vector<std::string> all()
    {
        keys();
        returns();
        unique_keys();
        stars();
        several_values();
        accents();
        dates();
        label();
        if (f_.kind == source_kind::dicomweb)
            web();
        return std::move(said_);
    }

private:
    void say(std::string sentence) { said_.push_back(std::move(sentence)); }

    void keys()
    {
        if (f_.pin_wins())
            return;
        std::string by;
        std::string ignored;
        std::string odd;
        for (auto const t : matched) {
            auto const& it = f_[other(t)];
            if (it.how == outcome::nothing)
                join(by, keyword(t));
            else if (it.how == outcome::found)
                join(ignored, keyword(t));
            else if (it.how == outcome::refused)
                join(odd, keyword(t) + " (" + it.status + ")");
        }
        if (!by.empty())
            say("A value that is not the study's keeps it away: " + by + ".");
        if (!ignored.empty())
            say("Ignored as keys: " + ignored + ".");
        if (!odd.empty())
            say("Refused as keys: " + odd + ".");
        if (auto const& right = f_["right values"]; right.how != outcome::not_asked && right.how != outcome::found) {
            std::string not_found;
            for (auto const t : matched)
                if (auto const& own = f_["own " + keyword(t)];
                    own.how == outcome::nothing || own.how == outcome::refused)
                    join(not_found, keyword(t));
            say("With the values that the archive told itself " + in_words(right) +
                (not_found.empty() ? "." : ", and by each of these alone neither: " + not_found + "."));
        }
    }

    void returns()
    {
        std::string absent;
        std::string empty;
        for (auto const t : returned) {
            if (!f_.of.row.contains(t))
                join(absent, keyword(t));
            else if (f_.own(t).empty())
                join(empty, keyword(t));
        }
        if (!absent.empty())
            say("Not returned: " + absent + ".");
        if (!empty.empty())
            say("Returned without a value: " + empty + ".");
    }

    void unique_keys()
    {
        if (f_.pin_wins())
            say("Beside a Study Instance UID all other keys are ignored, so that most could not be learned.");
        else if (f_.pin == tags::AccessionNumber)
            say("Beside a Study Instance UID all other keys are ignored; what is told here was asked with the "
                "accession "
                "number.");
        if (f_.is("accession number and another PatientID", outcome::found))
            say("Beside an accession number PatientID is ignored.");
    }

    void stars()
    {
        std::string all;
        for (auto const t :
             {tags::StudyDate, tags::StudyTime, tags::PatientName, tags::PatientID, tags::ModalitiesInStudy})
            if (auto const& it = f_[star(t)]; it.how != outcome::not_asked)
                join(all, star(t) + " " + in_words(it));
        if (!all.empty())
            say("Universal matching by a star: " + all + ".");
    }

    void several_values()
    {
        std::string all;
        for (auto const* const name : {"PatientID or another", "own modality or another"})
            if (auto const& it = f_[name]; it.how != outcome::not_asked)
                join(all, std::string(name) + ": " + in_words(it));
        if (!all.empty())
            say("Two values in one key that is no UID: " + all + ". Pons asks once for each.");
        auto const& first = f_["UIDs, its own first"];
        auto const& last = f_["UIDs, its own last"];
        if (first.how != outcome::not_asked && !(first.how == outcome::found && last.how == outcome::found))
            say("A list of study UIDs at the level of studies: its own first, " + in_words(first) + "; last, " +
                in_words(last) + ".");
    }

    void accents()
    {
        if (!f_.found("name in other letters"))
            return;  // then case is in question, too
        auto const& plain = f_["name without accents"];
        if (plain.how == outcome::found)
            say("Accents in names do not count either.");
        if (plain.how == outcome::nothing)
            say("Names are found without their accents only where they have none.");
    }

    void dates()
    {
        auto const& own = f_["range of its day"];
        auto const& open = f_["range without an end"];
        auto const& others = f_["range of other days"];
        for (auto const* const it : {&own, &open})
            if (it->how == outcome::nothing || it->how == outcome::refused || it->how == outcome::another)
                say(std::string(it == &own ? "A range of dates" : "A range of dates without an end") +
                    " does not find a study in it (" + in_words(*it) +
                    "): searches by date will miss studies. Ask the maker of the archive.");
        if (others.how == outcome::found)
            say("A range of dates that leaves the study out does not keep it away.");
        auto const& apart = f_["range of its day and its hour"];
        auto const& together = f_["range of days and hours as one"];
        if (together.how == outcome::found)
            say("Date and time are matched as one interval.");
        else if (together.how == outcome::nothing && apart.how == outcome::found)
            say("Date and time are matched each for itself, not as one interval; Pons sends the date only.");
        if (apart.how == outcome::nothing || apart.how == outcome::refused)
            say("A range of dates together with one of times: " + in_words(apart) + "; Pons sends the date only.");
    }

    void label()
    {
        if (f_.kind == source_kind::dicomweb)
            return;
        auto const& unasked = f_["label not asked for"];
        if (unasked.how == outcome::found)
            say(unasked.labelled ? "Answers carry Specific Character Set, asked for or not."
                                 : "Specific Character Set comes only when it is asked for, as Pons does.");
    }

    void web()
    {
        say("A search without results is answered with " + std::to_string(f_.status_of_nothing) + ".");
        if (auto const& unknown = f_["a parameter that nobody knows"]; unknown.how != outcome::not_asked)
            say("A parameter that nobody knows: " + in_words(unknown) + (unknown.remarked ? ", with a Warning." : "."));
        if (auto const& fuzzy = f_["fuzzymatching"]; fuzzy.how != outcome::not_asked)
            say("fuzzymatching=true: " + in_words(fuzzy) + (fuzzy.remarked ? ", with a Warning." : "."));
        fields();
        for (auto const* const name : {"Accept: application/json", "Accept: application/dicom+xml"})
            if (auto const& it = f_[name]; it.http_status == 200)
                say(std::string(name) + " is answered with " + (it.content_type.empty() ? "no type" : it.content_type) +
                    ".");
            else if (it.how != outcome::not_asked)
                say(std::string(name) + ": " + in_words(it) + ".");
    }

    void fields()
    {
        auto const& usual = f_["no includefield"];
        auto const& every = f_["includefield=all"];
        auto const& list = f_["includefield in a list"];
        if (list.how != outcome::found && list.how != outcome::not_asked)
            say("includefield with a list: " + in_words(list) + ".");
        if (usual.how == outcome::found && every.how == outcome::found)
            say("Of a study " + std::to_string(usual.attributes) + " attributes come unasked, " +
                std::to_string(every.attributes) + " with includefield=all, " +
                std::to_string(f_["empty keys"].attributes) + " with those that Pons asks for.");
        else if (every.how != outcome::not_asked)
            say("includefield=all: " + in_words(every) + ".");
    }

    findings const& f_;
    std::vector<std::string> said_;
};

}  // namespace

std::vector<std::string> remarks(findings const& f)
{
    telling all(f);
    return all.all();
}

}  // namespace pons::upstream::probe
