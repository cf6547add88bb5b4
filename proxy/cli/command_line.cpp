#include "proxy/cli/command_line.hpp"

#include "config/suggest.hpp"
#include "proxy/cli/exit_code.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <exception>
#include <ostream>
#include <vector>

namespace pons::proxy::cli {

namespace {

std::string line(std::string_view left, std::string_view right)
{
    constexpr std::size_t column = 21;
    std::string text = "  " + std::string(left);
    text.resize(std::max(column, text.size() + 1), ' ');
    return text + std::string(right) + '\n';
}

std::string common_options()
{
    return line("-c, --config FILE", "default: ./pons.yaml, then /etc/pons/pons.yaml") +
           line("-h, --help", "print this");
}

int told(exit_code code)
{
    return to_int(code);
}

int usage_fault(std::span<verb const> verbs, std::string const& what, std::vector<std::string> const& rest,
                std::ostream& err)
{
    std::vector<std::string_view> names;
    for (auto const& v : verbs)
        names.push_back(v.name);
    auto const word = std::find_if(rest.begin(), rest.end(), [](std::string const& w) { return !w.starts_with('-'); });
    auto const near = word == rest.end() ? std::string_view() : config::nearest(*word, names);
    err << "pons: " << what;
    if (!near.empty() && near != *word)
        err << "; did you mean " << near << '?';
    err << "\nTry: pons --help\n";
    return told(exit_code::usage);
}

}  // namespace

std::string help(std::span<verb const> verbs)
{
    std::string text =
        "Pons answers FHIR searches for imaging studies from DICOM archives.\n\n"
        "Usage: pons <verb> [options]\n\nVerbs:\n";
    for (auto const& v : verbs)
        text += line(v.name, v.help);
    text += "\nOptions:\n" + common_options() + line("--version", "print the version");
    return text +
           "\npons <verb> --help tells more. Exit codes: 0 well, 1 not well, 2 wrong command\n"
           "line, 3 faulty configuration, 4 not started, 5 probe: differs, 70 a bug of Pons.\n";
}

std::string help(verb const& v)
{
    std::string text =
        "pons " + std::string(v.name) + ": " + std::string(v.help) + "\n\nUsage: pons " + std::string(v.name);
    if (!v.operand.empty())
        text += v.operand_required ? " <" + std::string(v.operand) + '>' : " [" + std::string(v.operand) + ']';
    text += " [options]\n\nOptions:\n";
    if (!v.operand.empty())
        text = text.substr(0, text.size() - 9) + line(v.operand, v.operand_help) + "\nOptions:\n";
    for (auto const& t : v.texts)
        text += line("--" + std::string(t.name) + ' ' + std::string(t.value), t.help);
    for (auto const& f : v.flags)
        text += line("--" + std::string(f.name), f.help);
    return text + common_options();
}

int run(std::span<verb const> verbs, int argc, char const* const* argv, std::ostream& out, std::ostream& err)
{
    options given{.out = &out, .err = &err};
    std::string config;
    bool wants_help = false;
    bool wants_version = false;
    verb const* chosen = nullptr;

    CLI::App app;
    app.set_help_flag();  // help is printed from the table of verbs
    app.add_option("-c,--config", config);
    app.add_flag("-h,--help", wants_help);
    app.add_flag("--version", wants_version);
    for (auto const& v : verbs) {
        auto* const sub = app.add_subcommand(std::string(v.name));
        sub->set_help_flag();
        sub->fallthrough();
        for (auto const& f : v.flags)
            sub->add_flag("--" + std::string(f.name), given.*f.to);
        for (auto const& t : v.texts)
            sub->add_option("--" + std::string(t.name), given.*t.to);
        if (!v.operand.empty())
            sub->add_option(std::string(v.operand), given.operand);
        sub->callback([&chosen, &v] { chosen = &v; });
    }
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& fault) {
        return usage_fault(verbs, fault.what(), app.remaining(), err);
    }
    if (wants_help) {
        out << (chosen == nullptr ? help(verbs) : help(*chosen));
        return told(exit_code::ok);
    }
    if (wants_version) {
        out << "pons " PONS_VERSION "\n";
        return told(exit_code::ok);
    }
    if (chosen == nullptr)
        return usage_fault(verbs, "a verb is missing", {}, err);
    if (chosen->operand_required && given.operand.empty())
        return usage_fault(verbs, std::string(chosen->name) + " needs a " + std::string(chosen->operand), {}, err);
    given.config = config;
    try {
        return chosen->run(given);
    } catch (std::exception const& bug) {
        err << "pons: a bug: " << bug.what() << '\n';
        return told(exit_code::internal);
    }
}

}  // namespace pons::proxy::cli
