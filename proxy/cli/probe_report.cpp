#include "proxy/cli/probe_report.hpp"

#include "config/keys.hpp"
#include "config/presets.hpp"
#include "proxy/cli/json.hpp"
#include "upstream/probe/decisions.hpp"

#include <algorithm>
#include <optional>

namespace pons::proxy::cli::probe {

namespace {

/// The value of a key of `quirks` as YAML; nothing when sources of that kind have no such key, or it is of a map.
std::optional<std::string> printed(config::quirks const& quirks, config::source_kind kind, std::string_view key)
{
    auto const* const row = config::find_key("sources.*.quirks." + std::string(key));
    if (row == nullptr || row->enter != nullptr || (row->only && *row->only != kind))
        return {};
    config::settings settings;
    config::source source;
    source.kind = kind;
    source.quirks = quirks;
    config::place at{.all = settings, .source = &source};
    return config::print(*row, row->at(at));
}

/// The keys in which a preset says otherwise.
std::vector<std::string> otherwise_in(std::string_view preset, report const& r, config::source_kind kind)
{
    config::quirks quirks;
    config::apply_preset(preset, quirks);
    std::vector<std::string> keys;
    for (auto const& l : r.lines)
        if (printed(quirks, kind, l.key) != l.value)
            keys.push_back(l.key);
    return keys;
}

/// The others are as good as "generic".
bool sets_something(std::string_view preset, config::source_kind kind)
{
    constexpr std::string_view section = "sources.*.quirks.";
    config::quirks quirks;
    config::apply_preset(preset, quirks);
    return std::ranges::any_of(config::keys(), [&](config::key const& k) {
        if (!k.path.starts_with(section) || k.path.ends_with(".preset"))
            return false;
        auto const name = k.path.substr(section.size());
        return printed(quirks, kind, name) != printed({}, kind, name);
    });
}

/// Those that say the same; where there are none, those that do but for one key, unless "generic" is as near.
std::vector<report::likeness> nearest_presets(report const& r, config::source const& now)
{
    std::vector<report::likeness> near;
    std::size_t least = 1;
    for (auto const name : config::preset_names())
        if (name == "generic" || sets_something(name, now.kind)) {
            near.push_back({std::string(name), otherwise_in(name, r, now.kind)});
            least = std::min(least, near.back().but_for.size());
        }
    std::erase_if(near, [&](report::likeness const& one) { return one.but_for.size() != least; });
    auto const is_one = [&](std::string_view name) {
        return std::ranges::find(near, name, &report::likeness::preset) != near.end();
    };
    if (is_one(now.quirks.preset) || (least != 0 && is_one("generic")))
        near.clear();
    return near;
}

template <class Items, class Element>
std::string array(Items const& items, Element const& element)
{
    std::string out = "[";
    for (auto const& item : items)
        out += (out.size() > 1 ? ",\n    " : "\n    ") + element(item);
    return out + (out.size() > 1 ? "\n  ]" : "]");
}

}  // namespace

bool report::differs() const
{
    return std::ranges::any_of(lines, &line::differs);
}

report make_report(config::settings const& settings, std::string_view source, upstream::probe::learned const& what)
{
    auto const& now = *std::ranges::find(settings.sources, source, &config::source::name);
    report r{.source = now.name, .queries = what.queries, .lines = {}, .untold = {}, .seen = {}, .presets = {}};
    auto learned = now.quirks;
    for (auto const& d : upstream::probe::decide(what.all, learned)) {
        auto const value = printed(learned, now.kind, d.key);
        if (!d.told)
            r.untold.push_back({std::string(d.key), d.why});
        else if (value)
            r.lines.push_back({std::string(d.key), *value, *printed(now.quirks, now.kind, d.key), d.why});
        else
            r.seen.push_back(std::string(d.key) + ": " + d.why + ".");
    }
    for (auto& remark : upstream::probe::remarks(what.all))
        r.seen.push_back(std::move(remark));
    r.presets = nearest_presets(r, now);
    return r;
}

std::string to_yaml(report const& r)
{
    std::string text =
        "# pons probe " + r.source + ": " + std::to_string(r.queries) + " queries, all about one study\n";
    text += "sources:\n  " + r.source + ":\n    quirks:" + (r.lines.empty() ? " {}\n" : "\n");
    for (auto const& l : r.lines)
        text += "      " + l.key + ": " + l.value + "  # " + (l.differs() ? "DIFFERS, now " + l.now + ": " : "") +
                l.why + '\n';
    auto const different = std::ranges::count_if(r.lines, &report::line::differs);
    text += different == 0 ? "# Nothing differs from what is configured.\n"
                           : "# Lines that differ from what is configured: " + std::to_string(different) + '\n';
    for (auto const& name : r.presets)
        text += "# preset: " + name.preset + "  says the same" +
                (name.but_for.empty() ? "" : " but for " + name.but_for.front()) + '\n';
    if (!r.untold.empty())
        text += "# Could not be told, and stays as it is:\n";
    for (auto const& o : r.untold)
        text += "#   " + o.key + ": " + o.why + '\n';
    if (!r.seen.empty())
        text += "# Also seen:\n";
    for (auto const& s : r.seen)
        text += "#   " + s + '\n';
    return text;
}

std::string to_json(report const& r)
{
    auto const line = [](report::line const& l) {
        return json_object({{"key", json_text(l.key)},
                            {"value", json_text(l.value)},
                            {"now", json_text(l.now)},
                            {"differs", l.differs() ? "true" : "false"},
                            {"why", json_text(l.why)}});
    };
    auto const like = [](report::likeness const& p) {
        return json_object({{"name", json_text(p.preset)}, {"but_for", array(p.but_for, json_text)}});
    };
    auto const open = [](report::open_question const& o) {
        return json_object({{"key", json_text(o.key)}, {"why", json_text(o.why)}});
    };
    return "{\n  \"source\": " + json_text(r.source) + ",\n  \"queries\": " + std::to_string(r.queries) +
           ",\n  \"differs\": " + (r.differs() ? "true" : "false") + ",\n  \"quirks\": " + array(r.lines, line) +
           ",\n  \"presets\": " + array(r.presets, like) + ",\n  \"untold\": " + array(r.untold, open) +
           ",\n  \"seen\": " + array(r.seen, json_text) + "\n}\n";
}

}  // namespace pons::proxy::cli::probe
