#include "config/reader.hpp"

#include "config/keys.hpp"
#include "config/names.hpp"
#include "config/presets.hpp"
#include "config/scalars.hpp"
#include "config/secrets.hpp"
#include "config/suggest.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <type_traits>

namespace pons::config {

namespace {

position position_of(YAML::Node const& node)
{
    auto const mark = node.Mark();
    if (mark.is_null())
        return {};
    return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

// What follows a colon is cut off: `password:hunter2`, without the space, is a key.
std::string safe_name(std::string_view name)
{
    return name_in_path(name.substr(0, std::min(name.find(':'), name.size())));
}

bool tagged(YAML::Node const& node)
{
    auto const& tag = node.Tag();
    return !tag.empty() && tag != "?" && tag != "!";
}

class reader {
public:
    explicit reader(draft& to) : to_(to) {}

    // `pattern` is `path` with * for names that the file chooses.
    void section(YAML::Node const& node, std::string_view pattern, std::string const& path);

private:
    struct entry {
        std::string name;
        position at;
        YAML::Node value;
    };

    std::vector<entry> entries(YAML::Node const& node, std::string const& path);
    void child(entry const& e, std::string_view pattern, std::string const& path);
    void unknown(entry const& e, std::string_view pattern, std::string const& path);
    void value(YAML::Node const& node, key const& k, std::string const& path);
    void scalar(YAML::Node const& node, key const& k, std::string const& path, slot const& into);
    template <class T, class Convert>
    void list(YAML::Node const& node, std::string const& path, std::vector<T>& into, Convert const& convert);

    void error(position at, std::string_view path, std::string message)
    {
        to_.add(severity::error, at, path, std::move(message));
    }

    draft& to_;
    place place_{to_.all};
};

void reader::section(YAML::Node const& node, std::string_view pattern, std::string const& path)
{
    if (node.IsNull())  // all of its lines may be commented out
        return;
    if (tagged(node))
        return error(position_of(node), path, "has a YAML tag; leave out the word that begins with !");
    if (node.IsSequence())
        return error(position_of(node), path, "is a list; write its keys below it, as name: value");
    if (!node.IsMap())
        return error(position_of(node), path, "is a single value; write its keys below it, indented, as name: value");
    auto const all = entries(node, path);
    // A preset comes before the quirks that win over it. (Nodes cannot be sorted: assigning one changes the document.)
    for (bool const preset : {true, false})
        for (auto const& e : all)
            if ((e.name == "preset") == preset && !to_.full())
                child(e, pattern, path);
}

// The keys of a mapping that are plain words and stand there for the first time.
std::vector<reader::entry> reader::entries(YAML::Node const& node, std::string const& path)
{
    std::vector<entry> all;
    std::map<std::string, position> seen;
    for (auto const& pair : node) {
        auto const at = position_of(pair.first);
        if (!pair.first.IsScalar() || tagged(pair.first)) {
            error(at, path, "holds a key that is not a plain word; write name: value");
            continue;
        }
        auto const& name = pair.first.Scalar();
        auto const shown = below(path, safe_name(name));
        auto const [first, fresh] = seen.emplace(name, at);
        if (name == "<<")
            error(at, path, "uses the merge key <<, which is not supported; write the keys out");
        else if (!fresh)
            error(at, shown,
                  "is set for the second time, first in line " + std::to_string(first->second.line) + "; keep one");
        else
            all.push_back({name, at, pair.second});
    }
    return all;
}

void reader::child(entry const& e, std::string_view pattern, std::string const& path)
{
    auto const shown = below(path, name_in_path(e.name));
    auto here = below(pattern, e.name);
    if (e.name == "*" || e.name.find('.') != std::string::npos || (find_key(here) == nullptr && !is_section(here)))
        here = below(pattern, "*");
    auto const* k = find_key(here);
    if (k == nullptr && !is_section(here))
        return unknown(e, pattern, path);
    if (k != nullptr && k->enter != nullptr) {
        if (auto const fault = k->form->fault(e.name); !fault.empty())
            error(e.at, shown, "the name " + fault);
        k->enter(place_, e.name);
    }
    to_.set.emplace(shown, e.at);
    if (k != nullptr && k->at != nullptr)
        value(e.value, *k, shown);
    else
        section(e.value, here, shown);
}

void reader::unknown(entry const& e, std::string_view pattern, std::string const& path)
{
    auto const shown = below(path, safe_name(e.name));
    auto const names = names_below(pattern);
    if (auto const near = nearest(e.name, names); !near.empty())
        return error(e.at, shown, "is not a key; did you mean " + std::string(near) + "?");
    if (auto const colon = e.name.find(':'); colon != std::string::npos && e.value.IsNull())
        return error(e.at, shown, "is not a key; write a space after the colon");
    for (auto const& k : keys())  // perhaps indented too far or too little
        if (auto const dot = ('.' + std::string(k.path) + '.').find('.' + e.name + '.');
            e.name != "*" && dot != std::string::npos && dot > 0)
            return error(e.at, shown, "is not a key here; it belongs to " + path_for_people(k.path.substr(0, dot - 1)));
    error(e.at, shown, "is not a key; write " + one_of(names));
}

void reader::value(YAML::Node const& node, key const& k, std::string const& path)
{
    auto const at = position_of(node);
    to_.set.insert_or_assign(path, at);
    auto const into = k.at(place_);
    if (tagged(node))
        return error(at, path, "has a YAML tag; quote a text that begins with !");
    if (node.IsNull())
        return error(at, path, "has no value; write one, or leave the key out");
    if (auto* const names = std::get_if<std::vector<std::string>*>(&into))
        return list(node, path, **names, [&](std::string const& text) -> parsed<std::string> {
            if (auto fault = k.form == nullptr || k.enter != nullptr ? std::string() : k.form->fault(text);
                !fault.empty())
                return wrong(std::move(fault));
            return text;
        });
    if (auto* const methods = std::get_if<std::vector<retrieve_method>*>(&into))
        return list(node, path, **methods, [](std::string const& text) -> parsed<retrieve_method> {
            for (auto const& n : names_of<retrieve_method>)
                if (n.name == text)
                    return n.value;
            return wrong("is not known; write c-get or c-move");
        });
    if (!node.IsScalar())
        return error(at, path,
                     std::string(node.IsMap() ? "is a section" : "is a list") + "; write one value: " + print_type(k));
    scalar(node, k, path, into);
}

template <class T, class Convert>
void reader::list(YAML::Node const& node, std::string const& path, std::vector<T>& into, Convert const& convert)
{
    if (!node.IsSequence())
        return error(position_of(node), path,
                     "is not a list; write it in brackets, with commas between: [first, second]");
    into.clear();
    if (node.size() == 0)
        error(position_of(node), path, "is an empty list; write at least one, or leave the key out");
    for (auto const& item : node) {
        if (to_.full())
            return;
        auto const at = position_of(item);
        if (!item.IsScalar() || tagged(item)) {
            error(at, path, "holds something that is not a plain word; write [first, second]");
            continue;
        }
        auto const converted = convert(item.Scalar());
        if (!converted)
            error(at, path, in_quotes(item.Scalar()) + ' ' + converted.error());
        else if (std::find(into.begin(), into.end(), *converted) != into.end())
            error(at, path, in_quotes(item.Scalar()) + " stands in the list twice; keep one");
        else
            into.push_back(*converted);
    }
}

// Puts a text into a slot, or says what is wrong with it.
struct setter {
    std::string const& text;
    key const& k;

    std::string operator()(bool* to) const { return take(to, parse_bool(text)); }
    std::string operator()(milliseconds* to) const
    {
        auto const given = parse_duration(text);
        if (given && outside(static_cast<std::uint64_t>(given->count())))
            return out_of_range();
        return take(to, given);
    }
    std::string operator()(address* to) const { return take(to, parse_address(text)); }
    std::string operator()(std::string* to) const
    {
        if (text.empty())
            return "is empty; write a value, or leave the key out";
        auto fault = k.form->fault(text);
        if (fault.empty())
            *to = text;
        return fault;
    }
    template <class Number>
    requires std::is_unsigned_v<Number> std::string operator()(Number* to) const
    {
        auto const given = k.size ? parse_size(text) : parse_number(text);
        if (given && outside(*given))
            return out_of_range();
        if (given)
            *to = static_cast<Number>(*given);
        return given ? std::string() : given.error();
    }
    template <class Enum>
    requires std::is_enum_v<Enum> std::string operator()(Enum* to) const
    {
        std::vector<std::string_view> names;
        for (auto const& n : names_of<Enum>) {
            if (n.name == text)
                return *to = n.value, std::string();
            names.push_back(n.name);
        }
        return "is not known; write " + one_of(names);
    }
    template <class T>
    std::string operator()(std::vector<T>*) const
    {
        return "is not a list; write it in brackets";
    }

private:
    bool outside(std::uint64_t number) const { return number < k.within.low || number > k.within.high; }
    std::string out_of_range() const { return "is out of range; write " + print_range(k); }
    template <class T>
    static std::string take(T* to, parsed<T> const& given)
    {
        if (!given)
            return given.error();
        *to = *given;
        return {};
    }
};

void reader::scalar(YAML::Node const& node, key const& k, std::string const& path, slot const& into)
{
    auto const at = position_of(node);
    auto given = expand(node.Scalar(), to_.base);
    if (!given)
        return error(at, path, given.error());
    if (given->from_outside)
        to_.hidden.insert(path);
    auto text = std::move(given->text);
    if (k.form == &forms::readable_file && !text.empty())
        text = (to_.base / text).lexically_normal().string();
    auto const fault = std::visit(setter{text, k}, into);
    // A slip of the colon can put a password into any of the credentials.
    bool const shown = !given->from_outside && !k.secret && (k.form == nullptr || k.form->shown) &&
                       path.find(".credentials.") == std::string::npos;
    if (!fault.empty())
        error(at, path, (shown && !text.empty() ? in_quotes(text) : std::string("the value")) + ' ' + fault);
    else if (k.form == &forms::preset)
        apply_preset(text, place_.source->quirks);
}

}  // namespace

void read(YAML::Node const& root, draft& to)
{
    reader(to).section(root, "", "");
}

}  // namespace pons::config
