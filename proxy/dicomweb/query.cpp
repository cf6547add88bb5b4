#include "proxy/dicomweb/query.hpp"

#include "mapping/errc.hpp"
#include "mapping/levels.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace pons::proxy::dicomweb {

namespace {

using mapping::errc;
using mapping::level;
using mapping::match_key;
using mapping::tag;
using mapping::vr;
using mapping::operator""_vr;

constexpr std::size_t most_keys = 64;
constexpr std::size_t most_fields = 512;
constexpr std::uint32_t most_offset = 1'000'000;

struct named_attribute {
    std::vector<tag> path;
    mapping::vr as{};
};

/// "RequestAttributesSequence.00401001": keywords or tags, dots between.
std::optional<named_attribute> find_path(std::string_view name)
{
    named_attribute found;
    while (!name.empty()) {
        auto const part = name.substr(0, name.find('.'));
        auto const* const a = mapping::find_attribute(part);
        if (!a || (!found.path.empty() && found.as != "SQ"_vr))
            return {};
        found.path.push_back(a->tag);
        found.as = a->vr;
        name.remove_prefix(std::min(part.size() + 1, name.size()));
    }
    return found.path.empty() ? std::nullopt : std::optional(std::move(found));
}

class parser {
public:
    parser(search_query& query, config::dicomweb const& config) : query_(query), config_(config) {}

    result<void> parameter(std::string_view name, std::string_view value)
    {
        if (name == "includefield")
            return include(value);
        if (name == "accept" || name == "charset")
            return {};
        if (!seen_.emplace(name).second)
            return wrong(name);
        if (name == "limit")
            return number(name, value, query_.limit);
        if (name == "offset") {
            auto const read = number(name, value, query_.offset);
            return read && query_.offset > most_offset ? wrong(name) : read;
        }
        if (name == "fuzzymatching" || name == "multiplevaluematching" || name == "emptyvaluematching")
            return flag(name, value);
        return key(name, value);
    }

private:
    static result<void> wrong(std::string_view place) { return fail(errc::invalid_value, std::string(place)); }

    result<void> number(std::string_view name, std::string_view text, std::uint32_t& to)
    {
        std::uint32_t read = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
        if (error != std::errc{} || end != text.data() + text.size())
            return wrong(name);
        to = name == "limit" ? std::min(read, config_.max_results) : read;
        return {};
    }

    result<void> flag(std::string_view name, std::string_view value)
    {
        if (value != "true" && value != "false")
            return wrong(name);
        if (value == "true" && name != "emptyvaluematching")
            query_.warnings.push_back("The " + std::string(name) + " parameter is not supported. Only " +
                                      (name == "fuzzymatching" ? "literal" : "single value") +
                                      " matching has been performed.");
        return {};
    }

    result<void> include(std::string_view list)
    {
        while (!list.empty()) {
            auto const one = list.substr(0, list.find(','));
            list.remove_prefix(std::min(one.size() + 1, list.size()));
            if (query_.fields.size() >= most_fields)
                return fail(errc::too_long, "includefield");
            if (one == "all")
                query_.all_fields = true;
            else if (auto const found = find_path(one))
                add_field(found->path.front());
            else if (mapping::tag_from_hex(one.substr(0, one.find('.'))))
                query_.warnings.push_back("An attribute of includefield is not known here and was left out.");
            else if (!one.empty())
                return fail(errc::unknown_parameter, "includefield");
        }
        return {};
    }

    void add_field(tag t)
    {
        if (std::ranges::find(query_.fields, t) == query_.fields.end())
            query_.fields.push_back(t);
    }

    result<void> key(std::string_view name, std::string_view value)
    {
        auto found = find_path(name);
        if (!found)
            return fail(errc::unknown_parameter);  // its name is the client's text
        auto const& where = query_.where;
        auto const first = found->path.front();
        if (query_.keys.size() >= most_keys)
            return fail(errc::too_long);
        if (mapping::level_of(first) > where.at)
            return fail(errc::unknown_parameter,
                        mapping::describe(first) + ", which is no attribute of what is searched for");
        if (!paths_.insert(found->path).second)
            return wrong(mapping::describe(first));
        add_field(first);
        auto key = make_key(std::move(*found), value);
        if (!key)
            return tl::unexpected(key.error());
        if (!key->values.empty())
            query_.keys.push_back(std::move(*key));
        return {};
    }

    /// In a code string neither comma nor backslash can stand, and viewers join modalities with both.
    result<match_key> make_key(named_attribute&& a, std::string_view value) const
    {
        if (a.as != "CS"_vr || value.find_first_of(",\\") == value.npos)
            return mapping::make_match_key(std::move(a.path), a.as, value, empty_values);
        match_key all{.path = a.path, .as = a.as, .values = {}};
        while (!value.empty()) {
            auto const one = value.substr(0, value.find_first_of(",\\"));
            value.remove_prefix(std::min(one.size() + 1, value.size()));
            auto key = mapping::make_match_key(a.path, a.as, one);
            if (!key)
                return key;
            all.values.insert(all.values.end(), key->values.begin(), key->values.end());
        }
        return all;
    }

    search_query& query_;
    config::dicomweb const& config_;
    std::set<std::string, std::less<>> seen_;
    std::set<std::vector<tag>> paths_;

public:
    bool empty_values = false;
};

}  // namespace

result<search_query> parse_search(search_resource where, std::span<mapping::search::parameter const> parameters,
                                  config::dicomweb const& config)
{
    search_query query{.where = std::move(where),
                       .keys = {},
                       .fields = {},
                       .all_fields = false,
                       .limit = config.max_results,
                       .offset = 0,
                       .warnings = {}};
    parser parse(query, config);
    parse.empty_values = std::ranges::any_of(
        parameters, [](auto const& p) { return p.first == "emptyvaluematching" && p.second == "true"; });
    for (auto const& [name, value] : parameters)
        if (auto const done = parse.parameter(name, value); !done)
            return tl::unexpected(done.error());
    return query;
}

}  // namespace pons::proxy::dicomweb
