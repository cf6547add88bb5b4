#include "config/describe.hpp"

#include "config/keys.hpp"
#include "config/names.hpp"
#include "config/presets.hpp"
#include "config/scalars.hpp"
#include "config/walk.hpp"

#include <algorithm>
#include <utility>

namespace pons::config {

namespace {

// A vertical bar would end the cell.
std::string cell(std::string_view text)
{
    std::string out;
    for (char const c : text)
        out += c == '|' ? std::string("\\|") : std::string(1, c);
    return out;
}

std::string code(std::string_view text)
{
    return text.empty() ? std::string() : '`' + cell(text) + '`';
}

std::string row_of(key const& k)
{
    std::string fallback = code(print_default(k));
    if (k.required)
        fallback = "required";
    std::string meaning(k.meaning);
    if (k.only)
        meaning += " (" + std::string(name_of(*k.only)) + " only)";
    return "| " + code(path_for_people(k.path)) + " | " + cell(print_type(k)) + " | " + fallback + " | " +
           cell(print_range(k)) + " | " + cell(meaning) + " |\n";
}

// What a preset changes, as `key: value` with commas between.
std::string changes(preset const& p)
{
    settings before;
    settings after;
    place was{before, &before.sources.emplace_back()};
    place is{after, &after.sources.emplace_back()};
    apply_preset(p.name, is.source->quirks);
    std::string text;
    constexpr std::string_view section = "sources.*.quirks.";
    for (auto const& k : keys()) {
        if (!k.path.starts_with(section) || k.form == &forms::preset || k.enter != nullptr)
            continue;
        auto const value = print(k, k.at(is));
        if (value != print(k, k.at(was)))
            text += (text.empty() ? "" : ", ") + code(std::string(k.path.substr(section.size())) + ": " + value);
    }
    return text;
}

// A way in which a source departs from the standard.
bool is_quirk(effective_key const& k)
{
    return k.path.size() > 3 && k.path[0] == "sources" && k.path[2] == "quirks";
}

}  // namespace

std::string keys_as_markdown()
{
    std::string out;
    std::string_view section;
    for (auto const& k : keys()) {
        if (auto const first = k.path.substr(0, k.path.find('.')); first != section) {
            section = first;
            out += (out.empty() ? "### `" : "\n### `") + std::string(section) + "`\n\n";
            out += "| key | value | default | range | meaning |\n| --- | --- | --- | --- | --- |\n";
        }
        out += row_of(k);
    }
    out += "\n### Presets\n\n| preset | what is known | sets | evidence |\n| --- | --- | --- | --- |\n";
    for (auto const& p : presets())
        out += "| " + code(p.name) + " | " + cell(p.about) + " | " + changes(p) + " | " + cell(p.evidence) + " |\n";
    return out;
}

std::vector<effective_key> effective(result_of_load const& loaded)
{
    std::vector<effective_key> out;
    if (!loaded.settings)
        return out;
    walk(*loaded.settings, [&](written_value one) {
        effective_key entry{std::move(one.path), {}, "file"};
        auto const key = joined(entry.path);
        if (auto const at = loaded.given.find(key); at != loaded.given.end())
            entry.line = at->second;
        else if (one.value == print_default(one.of))
            entry.origin = "default";
        else
            entry.origin = is_quirk(entry) ? "preset " + one.preset : "derived";
        entry.value = one.of.secret || loaded.hidden.contains(key) ? "\"********\"" : std::move(one.value);
        out.push_back(std::move(entry));
    });
    return out;
}

std::string as_yaml(std::vector<effective_key> const& keys)
{
    std::string out;
    std::vector<std::string> open;
    for (auto const& k : keys) {
        auto const sections = k.path.size() - 1;
        auto const same = static_cast<std::size_t>(
            std::mismatch(open.begin(), open.end(), k.path.begin(), k.path.end() - 1).first - open.begin());
        for (auto i = same; i < sections; ++i)
            out += std::string(2 * i, ' ') + print_text(k.path[i]) + ":\n";
        open.assign(k.path.begin(), k.path.end() - 1);
        out += std::string(2 * sections, ' ') + print_text(k.path.back()) + ": " + k.value;
        if (k.origin != "file")
            out += "  # " + k.origin;
        else if (is_quirk(k))
            out += "  # line " + std::to_string(k.line);
        out += '\n';
    }
    return out;
}

}  // namespace pons::config
