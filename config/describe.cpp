#include "config/describe.hpp"

#include "config/keys.hpp"
#include "config/names.hpp"
#include "config/presets.hpp"
#include "config/scalars.hpp"

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

std::vector<std::string> split(std::string_view path)
{
    std::vector<std::string> parts;
    for (;;) {
        auto const dot = path.find('.');
        parts.emplace_back(path.substr(0, dot));
        if (dot == std::string_view::npos)
            return parts;
        path.remove_prefix(dot + 1);
    }
}

// A way in which a source departs from the standard.
bool is_quirk(effective_key const& k)
{
    return k.path.size() > 3 && k.path[0] == "sources" && k.path[2] == "quirks";
}

// Walks the table over the values of a file, one collection of names at a time.
class walk {
public:
    /// `all`: the settings of `loaded`; a copy, since slots point to what may be changed.
    walk(result_of_load const& loaded, settings all) : loaded_(loaded), all_(std::move(all)) {}

    std::vector<effective_key> run()
    {
        auto const rows = keys();
        for (std::size_t i = 0; i < rows.size();) {
            auto const star = rows[i].path.find(".*");
            if (star == std::string_view::npos) {
                add(rows[i++], {});
                continue;
            }
            auto const collection = rows[i].path.substr(0, star + 2);
            auto const end = std::find_if(rows.begin() + static_cast<std::ptrdiff_t>(i), rows.end(),
                                          [&](key const& k) { return !k.path.starts_with(collection); });
            auto const count = static_cast<std::size_t>(end - rows.begin()) - i;
            each(collection, rows.subspan(i, count));
            i += count;
        }
        return std::move(out_);
    }

private:
    void each(std::string_view collection, std::span<key const> rows)
    {
        auto const all_rows = [&](std::string const& name) {
            for (auto const& k : rows)
                if (k.path.ends_with("charset_labels.*"))
                    for (auto& [label, meant] : at_.source->quirks.charset_labels)
                        at_.label = &meant, add(k, name, label);
                else if (k.at != nullptr && !(k.only && *k.only != at_.source->kind))
                    add(k, name);
        };
        if (collection == "sources.*")
            for (auto& s : all_.sources)
                at_.source = &s, all_rows(s.name);
        else if (collection == "viewers.*")
            for (auto& v : all_.viewers)
                at_.viewer = &v, all_rows(v.name);
        else if (collection == "peers.*")
            for (auto& p : all_.peers)
                at_.peer = &p, all_rows(p.name);
        else if (collection == "worklists.*")
            for (auto& w : all_.worklists)
                at_.worklist = &w, all_rows(w.name);
        else if (collection == "federation.routes.*")
            for (auto& r : all_.federation.routes)
                at_.route = &r, all_rows(r.name);
        else
            for (auto& [title, sources] : all_.dicom.ae_titles)
                at_.title = &sources, all_rows(title);
    }

    /// `second`: what a second `*` stands for.
    void add(key const& k, std::string const& name, std::string const& second = {})
    {
        auto value = print(k, k.at(at_));
        if (value.empty())
            return;
        effective_key entry{split(k.path), {}, "file"};
        std::string path;
        bool first = true;
        for (auto& part : entry.path) {
            bool const named = part == "*";
            if (named)
                part = std::exchange(first, false) ? name : second;
            path = below(path, named ? name_in_path(part) : part);
        }
        if (auto const at = loaded_.given.find(path); at != loaded_.given.end())
            entry.line = at->second;
        else if (value == print_default(k))
            entry.origin = "default";
        else
            entry.origin = is_quirk(entry) ? "preset " + at_.source->quirks.preset : "derived";
        entry.value = k.secret || loaded_.hidden.contains(path) ? "\"********\"" : std::move(value);
        out_.push_back(std::move(entry));
    }

    result_of_load const& loaded_;
    settings all_;
    place at_{all_};
    std::vector<effective_key> out_;
};

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
    if (!loaded.settings)
        return {};
    return walk(loaded, *loaded.settings).run();
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
