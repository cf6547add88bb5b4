#include "mapping/search/criteria.hpp"

#include "mapping/data_set.hpp"
#include "mapping/search/parse_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>

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

/// "status:exact, which takes :missing, :not".
tl::unexpected<failure> unsupported(std::string_view name, modifier_set allowed)
{
    auto where = shown_name(name);
    std::string_view separator = ", which takes :";
    for (auto const m : {modifier::missing, modifier::not_, modifier::identifier, modifier::of_type, modifier::exact,
                         modifier::contains})
        if (allowed.has(m)) {
            where.append(separator).append(name_of(m));
            separator = ", :";
        }
    return fail(errc::unsupported_modifier, std::move(where));
}

/// "patient.phone; patient takes .identifier, .name of Patient".
tl::unexpected<failure> unsupported_chain(std::string_view name, parameter_row const& row)
{
    auto where = shown_name(name).append("; ").append(row.name).append(" takes ");
    if (row.chains.empty())
        return fail(errc::unsupported_chain, where.append("no chain"));
    for (auto const& chain : row.chains)
        where.append(&chain == &row.chains.front() ? "." : ", .").append(chain.name);
    return fail(errc::unsupported_chain, where.append(" of ").append(row.targets.front()));
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
    result<bool> read_result_parameter(parameter const& p);
    result<void> read_criterion(parameter const& p);
    result<void> read_sort(std::string_view value);
    result<void> read_count(std::string_view value);
    result<void> read_values(criterion& c, std::string_view value, std::string_view reference_type);
    result<void> ignore(parameter const& p, std::string what);

    parse_options const& options_;
    request request_;
};

tl::unexpected<failure> invalid(std::string_view name, std::string_view form)
{
    return fail(errc::invalid_value, std::string(name).append(", which is written as ").append(form));
}

result<void> parser::ignore(parameter const& p, std::string what)
{
    if (options_.strict)
        return fail(errc::unknown_parameter, shown_name(p.first));
    request_.issues.push_back({issue::kind::not_supported, std::move(what)});
    return {};
}

result<void> parser::read(parameter const& p)
{
    if (p.second.empty())
        return {};
    auto const done = read_result_parameter(p);
    if (!done)
        return tl::unexpected(done.error());
    if (*done)
        return {};
    if (std::ranges::find(widening, split_name(p.first).base.substr(0, p.first.find(':'))) != std::end(widening))
        return fail(errc::unsupported_parameter, shown_name(p.first));
    return read_criterion(p);
}

result<void> parser::read_count(std::string_view value)
{
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc::result_out_of_range)
        number = options_.max_count;
    else if (error != std::errc{} || end != value.data() + value.size())
        return invalid("_count", "a number");
    request_.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(number, options_.max_count));
    return {};
}

result<void> parser::read_sort(std::string_view value)
{
    request_.sort.clear();
    for (auto rule : split_escaped(value, ',')) {
        sort_key key;
        if (rule.starts_with('-')) {
            key.descending = true;
            rule.remove_prefix(1);
        }
        if (rule == "_id")
            key.what = sort_key::by::id;
        else if (rule != "started")
            return fail(errc::unsupported_sort, "_sort: started and _id can be sorted by");
        request_.sort.push_back(key);
    }
    return {};
}

/// True when `p` is a result parameter and was read; it then stands in `used`.
result<bool> parser::read_result_parameter(parameter const& p)
{
    auto const& [name, value] = p;
    if (name == "_format" || name == "_pretty") {
        request_.used.push_back(p);
        return true;
    }
    if (name == "_page") {
        request_.page = value;
        return true;
    }
    result<void> done;
    if (name == "_count") {
        done = read_count(value);
        if (done) {
            request_.used.emplace_back(name, std::to_string(*request_.count));
            return true;
        }
    } else if (name == "_sort") {
        done = read_sort(value);
    } else if (name == "_summary") {
        static constexpr std::array<std::pair<std::string_view, summary>, 5> values{{{"true", summary::true_},
                                                                                     {"false", summary::all},
                                                                                     {"text", summary::text},
                                                                                     {"data", summary::data},
                                                                                     {"count", summary::count}}};
        auto const found = std::ranges::find(values, value, &std::pair<std::string_view, summary>::first);
        if (found == values.end())
            return invalid(name, "true, false, text, data or count");
        request_.summary = found->second;
    } else if (name == "_total") {
        static constexpr std::array<std::pair<std::string_view, total>, 3> values{
            {{"none", total::none}, {"estimate", total::estimate}, {"accurate", total::accurate}}};
        auto const found = std::ranges::find(values, value, &std::pair<std::string_view, total>::first);
        if (found == values.end())
            return invalid(name, "none, estimate or accurate");
        request_.total = found->second;
    } else if (name == "_elements") {
        for (auto const element : split_escaped(value, ','))
            if (auto const base = trim(element, "LO"_vr); !base.empty())
                request_.elements.emplace_back(base);
    } else if (name == "_include" || name == "_include:iterate") {
        if (value != "ImagingStudy:endpoint" && value != "ImagingStudy:endpoint:Endpoint" && value != "*" &&
            value != "ImagingStudy:*") {
            done = ignore(p, "_include offers ImagingStudy:endpoint; the other value was ignored");
            if (!done)
                return tl::unexpected(done.error());
            return true;
        }
        request_.include_endpoint = true;
    } else {
        return false;
    }
    if (!done)
        return tl::unexpected(done.error());
    request_.used.push_back(p);
    return true;
}

result<void> parser::read_values(criterion& c, std::string_view value, std::string_view reference_type)
{
    auto const name = c.name();
    if (c.modifier == modifier::missing) {
        if (value != "true" && value != "false")
            return invalid(name, form_of(c));
        c.missing = value == "true";
        return {};
    }
    for (auto const alternative : split_escaped(value, ',')) {
        if (alternative.empty())
            continue;
        auto read = parse_value(c, alternative, reference_type, options_);
        if (!read)
            return invalid(name, form_of(c));
        c.any_of.push_back(std::move(*read));
    }
    if (c.any_of.empty())
        return invalid(name, form_of(c));
    return {};
}

result<void> parser::read_criterion(parameter const& p)
{
    auto const parts = split_name(p.first);
    auto const* const row = find_parameter(parts.base);
    if (!row)
        return ignore(p, "the parameter " + shown_name(p.first) + " is not known here and was ignored");

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
            return unsupported(p.first, {});
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
            return unsupported(p.first, allowed);
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

std::string shown_name(std::string_view name)
{
    auto const usual = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-.:").find(c) != std::string_view::npos;
    };
    bool const plain = name.size() <= 64 && std::ranges::all_of(name, usual);
    return plain ? std::string(name) : std::string("(a name that FHIR does not have)");
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
