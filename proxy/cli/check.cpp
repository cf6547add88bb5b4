#include "proxy/cli/check.hpp"

#include "config/describe.hpp"
#include "proxy/cli/configuration.hpp"
#include "proxy/cli/exit_code.hpp"
#include "proxy/cli/json.hpp"

#include <algorithm>
#include <ostream>

namespace pons::proxy::cli::check {

namespace {

using config::severity;

std::string counted(std::size_t n, std::string_view what)
{
    return std::to_string(n) + ' ' + std::string(what) + (n == 1 ? "" : "s");
}

std::string summary(config::result_of_load const& loaded)
{
    auto const all = loaded.diagnostics.size();
    auto const errors = static_cast<std::size_t>(
        std::count_if(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                      [](config::diagnostic const& d) { return d.severity == severity::error; }));
    std::string text = loaded.settings ? "ok: " + counted(loaded.settings->sources.size(), "source")
                                       : "faulty: " + counted(errors, "error");
    if (all > errors)
        text += ", " + counted(all - errors, "warning");
    return text;
}

// A JSON array, one element a line.
template <class Items, class Element>
std::string array(Items const& items, Element const& element)
{
    std::string out = "[";
    for (auto const& item : items)
        out += (out.size() > 1 ? ",\n  " : "\n  ") + element(item);
    return out + (out.size() > 1 ? "\n]" : "]");
}

std::string as_json(config::diagnostic const& d)
{
    return json_object({{"file", json_text(d.file)},
                        {"line", std::to_string(d.line)},
                        {"column", std::to_string(d.column)},
                        {"severity", json_text(d.severity == severity::error ? "error" : "warning")},
                        {"key", json_text(d.key)},
                        {"message", json_text(d.message)}});
}

std::string as_json(config::effective_key const& k)
{
    if (k.line == 0)
        return json_object(
            {{"path", array(k.path, json_text)}, {"value", json_text(k.value)}, {"from", json_text(k.origin)}});
    return json_object({{"path", array(k.path, json_text)},
                        {"value", json_text(k.value)},
                        {"from", json_text(k.origin)},
                        {"line", std::to_string(k.line)}});
}

}  // namespace

int run(options const& o)
{
    if (o.keys) {
        *o.out << config::keys_as_markdown();
        return to_int(exit_code::ok);
    }
    auto const loaded = load_configuration(o);
    std::vector<config::effective_key> settings;
    if (loaded.settings && o.explain)
        settings = config::effective(loaded);
    if (o.json) {
        auto const one = [](auto const& item) { return as_json(item); };
        auto const diagnostics = array(loaded.diagnostics, one);
        *o.out << (o.explain ? json_object({{"diagnostics", diagnostics}, {"settings", array(settings, one)}})
                             : diagnostics)
               << '\n';
    } else {
        tell(loaded.diagnostics, *o.err);
        if (loaded.settings && o.explain)
            *o.out << config::as_yaml(settings);
        else
            *o.out << summary(loaded) << '\n';
    }
    return to_int(loaded.settings ? exit_code::ok : exit_code::configuration);
}

}  // namespace pons::proxy::cli::check
