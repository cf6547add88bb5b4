#include "config/keys.hpp"

#include "config/names.hpp"
#include "config/scalars.hpp"
#include "config/suggest.hpp"

#include <algorithm>
#include <type_traits>

namespace pons::config {

namespace {

template <class... F>
struct overloaded : F... {
    using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

// What a slot of no file in particular points into: everything as it is when nothing is said.
struct nothing_said {
    settings all;
    config::source source;
    config::viewer viewer;
    config::peer peer;
    std::vector<std::string> title;
    config::route route;
    config::order_server worklist;
    std::string label;
    place where{all, &source, &viewer, &peer, &title, &route, &worklist, &label};
};

std::string listed(std::vector<std::string> const& items)
{
    if (items.empty())
        return {};
    std::string text = "[";
    for (auto const& item : items)
        text += (text.size() > 1 ? ", " : "") + print_text(item);
    return text + ']';
}

// A list that stands for a name that the file chooses holds names of sources.
bool names_sources(key const& k)
{
    return k.enter != nullptr || k.form == &forms::source;
}

template <class Enum>
std::string choices()
{
    std::vector<std::string_view> names;
    for (auto const& n : names_of<Enum>)
        names.push_back(n.name);
    return one_of(names);
}

}  // namespace

key const* find_key(std::string_view path)
{
    auto const all = keys();
    auto const found = std::find_if(all.begin(), all.end(), [&](key const& k) { return k.path == path; });
    return found == all.end() ? nullptr : &*found;
}

bool is_section(std::string_view path)
{
    return !names_below(path).empty();
}

std::vector<std::string_view> names_below(std::string_view section)
{
    std::vector<std::string_view> names;
    for (auto const& k : keys()) {
        auto rest = k.path;
        if (!section.empty()) {
            if (!rest.starts_with(section) || rest.size() <= section.size() || rest[section.size()] != '.')
                continue;
            rest.remove_prefix(section.size() + 1);
        }
        auto const name = rest.substr(0, rest.find('.'));
        if (names.empty() || names.back() != name)
            names.push_back(name);
    }
    return names;
}

std::string path_for_people(std::string_view path)
{
    std::string out(path);
    for (auto star = out.find('*'); star != std::string::npos; star = out.find('*', star))
        out.replace(star, 1, "<name>");
    return out;
}

std::string below(std::string_view path, std::string_view name)
{
    std::string text(path);
    if (!text.empty())
        text += '.';
    return text += name;
}

std::string name_in_path(std::string_view name)
{
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    if (name.find_first_not_of(plain) == std::string_view::npos && name.size() <= 60)
        return std::string(name);
    return in_quotes(name);
}

std::string print(key const& k, slot const& value)
{
    return std::visit(overloaded{
                          [](bool* v) -> std::string {
        return *v ? "true" : "false"; },
                          [&](auto* v) -> std::string
                              requires std::is_unsigned_v<std::remove_pointer_t<decltype(v)>>
                          { return k.size ? print_size(*v) : std::to_string(*v);
}
, [](milliseconds* v) { return print_duration(*v); },
    [](std::string* v) { return v->empty() ? std::string() : print_text(*v); },
    [](std::vector<std::string>* v) { return listed(*v); }, [](address* v) { return print_text(print_address(*v)); },
    [](std::vector<retrieve_method>* v) {
        std::vector<std::string> names;
        for (auto const method : *v)
            names.emplace_back(name_of(method));
        return listed(names);
    },
    [](auto* v) -> std::string requires std::is_enum_v<std::remove_pointer_t<decltype(v)>>
{
    return std::string(name_of(*v));
}
,
}  // namespace pons::config
,
                      value);
}

std::string print_default(key const& k)
{
    nothing_said nothing;
    return k.at == nullptr || k.required ? std::string() : print(k, k.at(nothing.where));
}

std::string print_type(key const& k)
{
    if (k.at == nullptr)
        return "section";
    nothing_said nothing;
    return std::visit(overloaded{
                          [](bool*) -> std::string {
        return "true or false"; },
                          [&](auto* v) -> std::string
                              requires std::is_unsigned_v<std::remove_pointer_t<decltype(v)>>
                          { return k.size ? "size" : "number";
}
, [](milliseconds*) -> std::string { return "duration"; }, [&](std::string*) { return std::string(k.form->type); },
    [&](std::vector<std::string>*) -> std::string {
        return names_sources(k) ? "list of names" : "list of " + std::string(k.form->type);
    },
    [](address*) -> std::string { return "host:port"; },
    [](std::vector<retrieve_method>*) { return "list of " + choices<retrieve_method>(); },
    []<class Enum>(Enum*) -> std::string requires std::is_enum_v<Enum>
{
    return choices<Enum>();
}
,
},
                      k.at(nothing.where));
}

std::string print_range(key const& k)
{
    if (k.at != nullptr) {
        nothing_said nothing;
        auto const where = k.at(nothing.where);
        if (std::holds_alternative<milliseconds*>(where))
            return print_duration(milliseconds(k.within.low)) + " to " + print_duration(milliseconds(k.within.high));
        if (k.within.high != range{}.high)
            return k.size ? print_size(k.within.low) + " to " + print_size(k.within.high)
                          : std::to_string(k.within.low) + " to " + std::to_string(k.within.high);
        if (names_sources(k) && std::holds_alternative<std::vector<std::string>*>(where))
            return k.enter != nullptr ? "sources and worklists that exist" : "sources that exist";
    }
    return k.form == nullptr ? std::string() : std::string(k.form->right);
}

}  // namespace pons::config
