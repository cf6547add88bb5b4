#include "tests/support/oracle.hpp"

#include "mapping/data_set.hpp"
#include "tests/support/oracle_parameters.hpp"

#include <algorithm>
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

using judge_target = std::function<bool(said_target const&, facts_ref)>;

std::optional<said_date> started_of(study_ref s, facts_ref f)
{
    auto const& a = s.attributes;
    return read_started(a.text(tags::StudyDate), a.text(tags::StudyTime), a.text(tags::TimezoneOffsetFromUTC), f.zone);
}

/// One of the values of a parameter.
std::optional<judge_one> read_value(rule const& r, split_name const& name, std::string const& type,
                                    std::string const& value, oracle_rules const& rules)
{
    if (r.kind == 'd') {
        auto const asked = read_asked_date(value, rules.now);
        if (!asked)
            return {};
        return [asked](study_ref s, facts_ref f) {
            auto const date = started_of(s, f);
            return date && holds(*asked, *date);
        };
    }
    if (r.kind == 'r' && name.qualifier != "identifier") {
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
    return [judge = r.token, t = *token](study_ref s, facts_ref f) { return judge(s, f, t); };
}

bool is_of_name(std::string const& chain)
{
    return chain == "name" || chain == "family" || chain == "given";
}

/// The same behind a chain, held against one target.
std::optional<judge_target> read_chained_value(split_name const& name, std::string const& value,
                                               oracle_rules const& rules)
{
    auto const& chain = name.chain;
    if (is_of_name(chain)) {
        auto const text = plain(value);
        if (!text)
            return {};
        return [chain, how = name.chained, text = *text](said_target const& t, facts_ref) {
            return name_meets(t.name, chain, how, text);
        };
    }
    if (chain == "birthdate") {
        auto const asked = read_asked_date(value, rules.now);
        if (!asked)
            return {};
        return [asked](said_target const& t, facts_ref) { return t.birth_date && holds(*asked, *t.birth_date); };
    }
    auto const token = read_token(value, false);
    if (!token)
        return {};
    if (chain == "gender")
        return [asked = *token](said_target const& t, facts_ref) {
            return !t.gender.empty() && fits(asked, {"http://hl7.org/fhir/administrative-gender", t.gender});
        };
    return [asked = *token](said_target const& t, facts_ref f) {
        return std::ranges::any_of(t.identifiers, [&](said_identifier const& one) { return fits(asked, one, f); });
    };
}

bool is_there(std::string const& chain, said_target const& t)
{
    return is_of_name(chain)      ? name_has(t.name, chain)
           : chain == "birthdate" ? t.birth_date.has_value()
           : chain == "gender"    ? !t.gender.empty()
                               : std::ranges::any_of(t.identifiers, [](auto const& id) { return !id.value.empty(); });
}

/// Of what is between its commas; nothing when there is nothing, or one of it is no value.
template <class Judge, class Read>
std::optional<std::vector<Judge>> read_values(std::string const& value, Read const& read)
{
    std::vector<Judge> any;
    for (auto const& one : cut(value, ',')) {
        if (one.empty())
            continue;
        auto judge = read(one);
        if (!judge)
            return {};
        any.push_back(*judge);
    }
    if (any.empty())
        return {};
    return any;
}

/// A study matches by one of its targets, of which the whole criterion holds (R4 §3.1.1.4.17: those that a search for
/// them would find).
std::optional<judge_one> read_chained(rule const& r, split_name const& name, std::string const& type,
                                      std::string const& value, oracle_rules const& rules)
{
    if (!name.qualifier.empty() || !r.chains.contains(name.chain) || (!type.empty() && type != r.types.front()))
        return {};
    using names = std::set<std::string>;
    auto const allowed = is_of_name(name.chain)      ? names{"", "missing", "exact", "contains"}
                         : name.chain == "birthdate" ? names{"", "missing"}
                                                     : names{"", "missing", "not"};
    if (!allowed.contains(name.chained))
        return {};
    judge_target of_one;
    if (name.chained == "missing") {
        if (value != "true" && value != "false")
            return {};
        of_one = [chain = name.chain, missing = value == "true"](said_target const& t, facts_ref) {
            return is_there(chain, t) != missing;
        };
    } else {
        auto const any = read_values<judge_target>(
            value, [&](std::string const& one) { return read_chained_value(name, one, rules); });
        if (!any)
            return {};
        of_one = [any = *any, negated = name.chained == "not"](said_target const& t, facts_ref f) {
            return std::ranges::any_of(any, [&](judge_target const& one) { return one(t, f); }) != negated;
        };
    }
    return [targets = r.targets, of_one](study_ref s, facts_ref f) {
        return std::ranges::any_of(targets(s, f), [&](said_target const& t) { return of_one(t, f); });
    };
}

std::optional<judge_one> read_criterion(rule const& r, split_name name, std::string const& value,
                                        oracle_rules const& rules)
{
    std::string type;
    if (std::ranges::find(r.types, name.qualifier) != r.types.end())
        std::swap(type, name.qualifier);
    if (!name.chain.empty())
        return read_chained(r, name, type, value, rules);
    if (!name.qualifier.empty() && !r.modifiers.contains(name.qualifier))
        return {};
    if (name.qualifier == "missing") {
        if (value != "true" && value != "false")
            return {};
        auto exists = r.exists ? r.exists : [](study_ref s, facts_ref f) { return started_of(s, f).has_value(); };
        return [exists, missing = value == "true"](study_ref s, facts_ref f) { return exists(s, f) != missing; };
    }
    auto const any =
        read_values<judge_one>(value, [&](std::string const& one) { return read_value(r, name, type, one, rules); });
    if (!any)
        return {};
    return [any = *any, negated = name.qualifier == "not"](study_ref s, facts_ref f) {
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
