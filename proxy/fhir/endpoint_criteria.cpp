#include "proxy/fhir/endpoint_criteria.hpp"

#include "mapping/codecs/code.hpp"
#include "mapping/codecs/folding.hpp"
#include "mapping/errc.hpp"
#include "mapping/fhir/endpoint.hpp"
#include "mapping/search/criteria.hpp"
#include "mapping/search/parameter.hpp"

#include <algorithm>

namespace pons::proxy::fhir {

namespace {

using mapping::endpoint_facts;
using mapping::errc;
using how = endpoint_match;
using mapping::search::parameter_type;

struct coding {
    std::string_view system;
    std::string_view code;
};

mapping::search::endpoint_parameter_row const* find_row(std::string_view name)
{
    auto const rows = mapping::search::endpoint_parameters();
    auto const found = std::ranges::find(rows, name.substr(0, name.find_first_of(":.")),
                                         &mapping::search::endpoint_parameter_row::name);
    return found != rows.end() ? &*found : nullptr;
}

std::string unescaped(std::string_view value)
{
    std::string text;
    mapping::search::unescape(value, text);  // read_endpoint_criterion has seen that it can be done
    return text;
}

/// "code", "system|code", "|code", "system|" against codes.
bool token_matches(std::string_view value, std::initializer_list<coding> codes)
{
    auto const parts = mapping::search::split_escaped(value, '|');
    if (parts.size() > 2)
        return false;
    auto const code = unescaped(parts.back());
    if (parts.size() == 1)
        return std::ranges::any_of(codes, [&](coding const& one) { return one.code == code; });
    auto const system = unescaped(parts.front());
    return std::ranges::any_of(codes, [&](coding const& one) {
        return one.system == system && (code.empty() ? !system.empty() : one.code == code);
    });
}

bool name_matches(std::string_view value, endpoint_match compared, std::string_view name)
{
    using mapping::codecs::folding;
    auto const text = unescaped(value);
    if (compared == how::exact)
        return text == name;
    auto const wanted = mapping::codecs::fold(text, folding::search);
    auto const own = mapping::codecs::fold(name, folding::search);
    return compared == how::contains ? own.find(wanted) != std::u32string::npos : own.starts_with(wanted);
}

bool holds(endpoint_criterion const& c, std::string_view value, endpoint_facts const& endpoint)
{
    if (c.name == "_id")
        return unescaped(value) == endpoint.id;
    if (c.name == "connection-type")
        return token_matches(value, {{mapping::fhir::connection_type_system, endpoint.connection_type}});
    if (c.name == "status")
        return token_matches(value, {{"http://hl7.org/fhir/endpoint-status", "active"}});
    if (c.name == "payload-type")
        return token_matches(value, {{"http://terminology.hl7.org/CodeSystem/endpoint-payload-type", "any"},
                                     {mapping::codecs::system_dcm, "113014"}});
    return c.name == "name" && name_matches(value, c.how, endpoint.name);
}

/// The modifiers of FHIR R4 §3.1.1.4.5 that are offered for a type.
result<endpoint_match> read_modifier(std::string_view modifier, bool chained, parameter_type type)
{
    if (modifier.empty())
        return how::matching;
    if (chained && type != parameter_type::reference)
        return fail(errc::unsupported_chain);
    if (modifier == "missing" && !chained)
        return how::missing;
    if (modifier == "not" && type == parameter_type::token)
        return how::negated;
    if (modifier == "exact" && type == parameter_type::string)
        return how::exact;
    if (modifier == "contains" && type == parameter_type::string)
        return how::contains;
    // Whatever a reference is said to be, or to lead to, there is none.
    if ((modifier == "identifier" || chained) && type == parameter_type::reference)
        return how::matching;
    return fail(errc::unsupported_modifier);
}

std::string sort_text(endpoint_facts const& endpoint, std::string_view by)
{
    if (by == "_id")
        return endpoint.id;
    if (by == "connection-type")
        return endpoint.connection_type;
    return {};
}

}  // namespace

bool is_endpoint_parameter(std::string_view name)
{
    return find_row(name) != nullptr;
}

result<endpoint_criterion> read_endpoint_criterion(mapping::search::parameter const& p)
{
    auto const& [name, value] = p;
    auto const* const row = find_row(name);
    auto const shown = mapping::search::shown_name(name);
    auto const modifier = std::string_view(name).substr(std::min(row->name.size() + 1, name.size()));
    bool const chained = name.size() > row->name.size() && name[row->name.size()] == '.';
    auto const compared = read_modifier(modifier, chained, row->type);
    if (!compared)
        return tl::unexpected(failure{compared.error().code, shown, {}});
    endpoint_criterion c{.name = std::string(row->name), .how = *compared, .any_of = {}, .missing = value == "true"};
    if (c.how == how::missing) {
        if (value != "true" && value != "false")
            return fail(errc::invalid_value, shown + ", which is true or false");
        return c;
    }
    std::string text;
    for (auto const one : mapping::search::split_escaped(value, ',')) {
        if (!mapping::search::unescape(one, text))
            return fail(errc::invalid_value, shown + R"(, where \ stands before , | $ or \)");
        if (!one.empty())
            c.any_of.emplace_back(one);
    }
    if (c.any_of.empty())
        return fail(errc::invalid_value, shown);
    return c;
}

bool matches(endpoint_criterion const& c, endpoint_facts const& endpoint)
{
    if (c.how == how::missing)
        return c.missing == (c.name == "identifier" || c.name == "organization");
    bool const found = std::ranges::any_of(c.any_of, [&](auto const& value) { return holds(c, value, endpoint); });
    return found != (c.how == how::negated);
}

result<std::vector<endpoint_sort_key>> read_endpoint_sort(std::string_view value)
{
    std::vector<endpoint_sort_key> keys;
    for (auto rule : mapping::search::split_escaped(value, ',')) {
        bool const descending = rule.starts_with('-');
        rule.remove_prefix(descending ? 1 : 0);
        if (rule.find_first_of(":.") != std::string_view::npos || !find_row(rule))
            return fail(errc::unsupported_sort, "_sort: search parameters of Endpoint can be sorted by");
        keys.push_back({.by = std::string(rule), .descending = descending});
    }
    return keys;
}

void sort_endpoints(std::vector<endpoint_facts>& all, std::vector<endpoint_sort_key> const& keys)
{
    using mapping::codecs::fold;
    using mapping::codecs::folding;
    auto const before = [](endpoint_facts const& a, endpoint_facts const& b, std::string_view by) {
        if (by == "name")
            return fold(a.name, folding::search) < fold(b.name, folding::search);
        return sort_text(a, by) < sort_text(b, by);
    };
    // The last rule first: each keeps the order of those behind it.
    for (auto key = keys.rbegin(); key != keys.rend(); ++key)
        std::ranges::stable_sort(all, [&](endpoint_facts const& a, endpoint_facts const& b) {
            return key->descending ? before(b, a, key->by) : before(a, b, key->by);
        });
}

}  // namespace pons::proxy::fhir
