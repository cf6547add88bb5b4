#include "mapping/search/parse_faults.hpp"

#include <algorithm>

namespace pons::mapping::search {

tl::unexpected<failure> invalid_value(std::string_view name, std::string_view form)
{
    return fail(errc::invalid_value, std::string(name).append(", which is written as ").append(form));
}

tl::unexpected<failure> unsupported_modifier(std::string_view name, modifier_set allowed)
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

tl::unexpected<failure> unsupported_chain(std::string_view name, parameter_row const& row)
{
    auto where = shown_name(name).append("; ").append(row.name).append(" takes ");
    if (row.chains.empty())
        return fail(errc::unsupported_chain, where.append("no chain"));
    for (auto const& chain : row.chains)
        where.append(&chain == &row.chains.front() ? "." : ", .").append(chain.name);
    return fail(errc::unsupported_chain, where.append(" of ").append(row.targets.front()));
}

result<void> ignore(parameter const& p, std::string what, parse_options const& options, request& into)
{
    if (options.strict)
        return fail(errc::unknown_parameter, shown_name(p.first));
    into.issues.push_back({issue::kind::not_supported, std::move(what)});
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

}  // namespace pons::mapping::search
