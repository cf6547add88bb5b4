#include "mapping/search/criteria.hpp"

#include "mapping/search/parse_faults.hpp"
#include "mapping/search/parse_value.hpp"
#include "mapping/search/result_parameter.hpp"

#include <algorithm>

namespace pons::mapping::search {

namespace {

/// FHIR defines these, and leaving one out would widen the answer beyond what was asked for.
constexpr std::string_view widening[] = {"_filter", "_has", "_list", "_query", "_text", "_content"};

struct name_parts {
    std::string_view base;
    std::string_view qualifier;        ///< behind ":"
    std::string_view chain;            ///< behind "."
    std::string_view chain_qualifier;  ///< behind the chain's ":"
};

name_parts split_name(std::string_view name)
{
    auto const cut = [](std::string_view& head, char at) {
        auto const position = head.find(at);
        if (position == std::string_view::npos)
            return std::string_view();
        auto const tail = head.substr(position + 1);
        head = head.substr(0, position);
        return tail;
    };
    name_parts parts{.base = name, .qualifier = {}, .chain = {}, .chain_qualifier = {}};
    parts.chain = cut(parts.base, '.');
    parts.qualifier = cut(parts.base, ':');
    parts.chain_qualifier = cut(parts.chain, ':');
    return parts;
}

std::optional<modifier> find_modifier(std::string_view name)
{
    for (auto const m : {modifier::missing, modifier::not_, modifier::identifier, modifier::of_type, modifier::exact,
                         modifier::contains})
        if (name_of(m) == name)
            return m;
    return {};
}

class parser {
public:
    parser(parse_options const& options) : options_(options) {}

    result<void> read(parameter const& p);
    request take()
    {
        if (request_.count == 0U)
            request_.summary = summary::count;  // FHIR R4 §3.1.1.5.4
        return std::move(request_);
    }

private:
    result<void> read_criterion(parameter const& p);
    result<void> read_values(criterion& c, std::string_view value, std::string_view reference_type);

    parse_options const& options_;
    request request_;
};

result<void> parser::read(parameter const& p)
{
    if (p.second.empty())
        return {};
    auto const done = read_result_parameter(p, options_, request_);
    if (!done)
        return tl::unexpected(done.error());
    if (*done)
        return {};
    if (std::ranges::find(widening, split_name(p.first).base.substr(0, p.first.find(':'))) != std::end(widening))
        return fail(errc::unsupported_parameter, shown_name(p.first));
    return read_criterion(p);
}

result<void> parser::read_values(criterion& c, std::string_view value, std::string_view reference_type)
{
    auto const name = c.name();
    if (c.modifier == modifier::missing) {
        if (value != "true" && value != "false")
            return invalid_value(name, form_of(c));
        c.missing = value == "true";
        return {};
    }
    for (auto const alternative : split_escaped(value, ',')) {
        if (alternative.empty())
            continue;
        auto read = parse_value(c, alternative, reference_type, options_);
        if (!read)
            return invalid_value(name, form_of(c));
        c.any_of.push_back(std::move(*read));
    }
    if (c.any_of.empty())
        return invalid_value(name, form_of(c));
    return {};
}

result<void> parser::read_criterion(parameter const& p)
{
    auto const parts = split_name(p.first);
    auto const* const row = find_parameter(parts.base);
    if (!row)
        return ignore(p, "the parameter " + shown_name(p.first) + " is not known here and was ignored", options_,
                      request_);

    criterion c;
    c.row = row;
    std::string_view reference_type;
    auto qualifier = parts.qualifier;
    if (std::ranges::find(row->targets, qualifier) != row->targets.end()) {
        reference_type = qualifier;
        qualifier = {};
    }
    if (!parts.chain.empty()) {
        if (!qualifier.empty())
            return unsupported_modifier(p.first, {});
        auto const chain = std::ranges::find(row->chains, parts.chain, &chain_row::name);
        if (chain == row->chains.end() || (!reference_type.empty() && reference_type != row->targets.front()))
            return unsupported_chain(p.first, *row);
        c.chain = &*chain;
        qualifier = parts.chain_qualifier;
    }
    if (!qualifier.empty()) {
        auto const m = find_modifier(qualifier);
        auto const& allowed = c.chain ? c.chain->modifiers : row->modifiers;
        if (!m || !allowed.has(*m))
            return unsupported_modifier(p.first, allowed);
        c.modifier = *m;
    }
    if (auto const read = read_values(c, p.second, reference_type); !read)
        return read;
    request_.criteria.push_back(std::move(c));
    request_.used.push_back(p);
    return {};
}

}  // namespace

parameter_type criterion::type() const
{
    if (modifier == modifier::identifier || modifier == modifier::of_type)
        return parameter_type::token;
    return chain ? chain->type : row->type;
}

std::string criterion::name() const
{
    std::string name(row->name);
    if (chain)
        name.append(".").append(chain->name);
    if (modifier != modifier::none)
        name.append(":").append(name_of(modifier));
    return name;
}

result<request> parse(std::span<parameter const> parameters, parse_options const& options)
{
    if (auto const sized = check_size(parameters); !sized)
        return tl::unexpected(sized.error());
    parser p(options);
    for (auto const& one : parameters)
        if (auto const read = p.read(one); !read)
            return tl::unexpected(read.error());
    return p.take();
}

result<void> check_size(std::span<parameter const> parameters)
{
    if (parameters.size() > most_parameters)
        return fail(errc::too_long, "more than " + std::to_string(most_parameters) + " parameters");
    std::size_t values = 0;
    for (auto const& [name, value] : parameters) {
        if (name == "_page")
            continue;
        for (auto const one : split_escaped(value, ',')) {
            if (one.size() > longest_value)
                return fail(errc::too_long,
                            shown_name(name) + ", a value of more than " + std::to_string(longest_value) + " bytes");
            if (++values > most_values)
                return fail(errc::too_long, "more than " + std::to_string(most_values) + " values");
        }
    }
    return {};
}

std::string to_query(std::span<parameter const> parameters)
{
    std::string query;
    for (auto const& [name, value] : parameters) {
        if (!query.empty())
            query += '&';
        query += encode_query_value(name);
        query += '=';
        query += encode_query_value(value);
    }
    return query;
}

}  // namespace pons::mapping::search
