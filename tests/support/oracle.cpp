#include "tests/support/oracle.hpp"

#include "mapping/data_set.hpp"
#include "tests/support/oracle_parameters.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace pons::test {

using namespace mapping;
using namespace judging;

namespace {

/// "base:qualifier.chain:chained"
struct split_name {
    std::string base, qualifier, chain, chained;

    explicit split_name(std::string const& name)
    {
        auto const dot = name.find('.');
        auto const halves = [](std::string const& text, std::string& head, std::string& tail) {
            auto const colon = text.find(':');
            head = text.substr(0, colon);
            tail = colon == text.npos ? std::string() : text.substr(colon + 1);
        };
        halves(name.substr(0, dot), base, qualifier);
        if (dot != name.npos)
            halves(name.substr(dot + 1), chain, chained);
    }
};

using judge_one = std::function<bool(study_ref, facts_ref)>;

std::optional<judge_one> read_date(std::string const& value, oracle_rules const& rules,
                                   std::function<std::optional<said_date>(study_ref, facts_ref)> said)
{
    auto const asked = read_asked_date(value, rules.now);
    if (!asked)
        return {};
    return [=](study_ref s, facts_ref f) {
        auto const date = said(s, f);
        return date && holds(*asked, *date);
    };
}

std::optional<said_date> started_of(study_ref s, facts_ref f)
{
    auto const& a = s.attributes;
    return read_started(a.text(tags::StudyDate), a.text(tags::StudyTime), a.text(tags::TimezoneOffsetFromUTC), f.zone);
}

std::optional<said_date> birth_date_of(study_ref s, facts_ref)
{
    return read_started(s.attributes.text(tags::PatientBirthDate), {}, {}, nullptr);
}

/// One of the values of a parameter.
std::optional<judge_one> read_value(rule const& r, split_name const& name, std::string const& type,
                                    std::string const& value, oracle_rules const& rules)
{
    auto const& chain = name.chain;
    if (chain == "name" || chain == "family" || chain == "given") {
        auto const text = plain(value);
        if (!text)
            return {};
        return [people = r.people, chain, how = name.chained, text = *text](study_ref s, facts_ref) {
            return std::ranges::any_of(people(s),
                                       [&](said_person const& p) { return name_meets(p.name, chain, how, text); });
        };
    }
    if (chain == "birthdate")
        return read_date(value, rules, birth_date_of);
    if (chain.empty() && r.kind == 'd')
        return read_date(value, rules, started_of);
    if (chain.empty() && r.kind == 'r' && name.qualifier != "identifier") {
        auto const wanted = read_reference(value, type, rules.base);
        if (!wanted)
            return {};
        return [judge = r.reference, wanted = *wanted](study_ref s, facts_ref f) {
            return wanted.here && judge(s, f, wanted);
        };
    }
    auto const token = read_token(value, name.qualifier == "of-type");
    if (!token)
        return {};
    if (chain == "gender")
        return [t = *token](study_ref s, facts_ref) {
            static std::map<std::string, std::string, std::less<>> const genders{
                {"M", "male"}, {"F", "female"}, {"O", "other"}};
            auto const at = genders.find(s.attributes.text(tags::PatientSex));
            return at != genders.end() && fits(t, {"http://hl7.org/fhir/administrative-gender", at->second});
        };
    return [judge = r.token, t = *token](study_ref s, facts_ref f) { return judge(s, f, t); };
}

std::optional<judge_one> read_criterion(rule const& r, split_name name, std::string const& value,
                                        oracle_rules const& rules)
{
    std::string type;
    if (std::ranges::find(r.types, name.qualifier) != r.types.end())
        std::swap(type, name.qualifier);
    bool const chained = !name.chain.empty();
    if (chained) {
        if (!name.qualifier.empty() || !r.chains.contains(name.chain) || (!type.empty() && type != r.types.front()))
            return {};
        bool const is_string = name.chain == "name" || name.chain == "family" || name.chain == "given";
        std::set<std::string> const allowed = is_string                ? std::set<std::string>{"", "exact", "contains"}
                                              : name.chain == "gender" ? std::set<std::string>{"", "not"}
                                                                       : std::set<std::string>{""};
        if (!allowed.contains(name.chained))
            return {};
    } else if (!name.qualifier.empty() && !r.modifiers.contains(name.qualifier)) {
        return {};
    }
    if (name.qualifier == "missing") {
        if (value != "true" && value != "false")
            return {};
        auto exists = r.exists ? r.exists : [](study_ref s, facts_ref f) { return started_of(s, f).has_value(); };
        return [exists, missing = value == "true"](study_ref s, facts_ref f) { return exists(s, f) != missing; };
    }
    std::vector<judge_one> any;
    for (auto const& one : cut(value, ',')) {
        if (one.empty())
            continue;
        auto judge = read_value(r, name, type, one, rules);
        if (!judge)
            return {};
        any.push_back(*judge);
    }
    if (any.empty())
        return {};
    bool const negated = name.qualifier == "not" || name.chained == "not";
    return [any, negated](study_ref s, facts_ref f) {
        return std::ranges::any_of(any, [&](judge_one const& one) { return one(s, f); }) != negated;
    };
}

}  // namespace

std::optional<oracle> oracle::read(std::span<std::pair<std::string, std::string> const> parameters,
                                   oracle_rules const& rules)
{
    static auto const known = make_rules();
    static std::set<std::string> const widening{"_filter", "_has", "_list", "_query", "_text", "_content"};
    oracle out;
    for (auto const& [name, value] : parameters) {
        if (value.empty())
            continue;
        split_name const parts(name);
        if (widening.contains(parts.base))
            return {};
        auto const at = known.find(parts.base);
        if (at == known.end())
            continue;  // unknown: ignored
        auto judge = read_criterion(at->second, parts, value, rules);
        if (!judge)
            return {};
        out.criteria_.push_back(std::move(*judge));
    }
    return out;
}

bool oracle::matches(stored_study const& study, source_facts const& source) const
{
    return std::ranges::all_of(criteria_, [&](criterion const& c) { return c(study, source); });
}

}  // namespace pons::test
