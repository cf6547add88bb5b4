#include "proxy/cli/doctor.hpp"

#include "proxy/cli/configuration.hpp"
#include "proxy/cli/exit_code.hpp"
#include "proxy/cli/json.hpp"
#include "proxy/cli/trial_retrieve.hpp"
#include "upstream/diagnosis.hpp"
#include "upstream/dicomweb/dicomweb_archive.hpp"
#include "upstream/dimse/diagnose.hpp"
#include "upstream/guard/gate.hpp"
#include "upstream/orders/order_server.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

namespace pons::proxy::cli::doctor {

namespace {

using upstream::stage;
using upstream::step;

struct {
    step at;
    exit_code code;
} constexpr codes[] = {
    {step::settings, exit_code::source_settings},
    {step::name, exit_code::source_name},
    {step::tcp, exit_code::source_tcp},
    {step::tls, exit_code::source_tls},
    {step::association, exit_code::source_association},
    {step::echo, exit_code::source_echo},
    {step::http, exit_code::source_http},
    {step::find, exit_code::source_find},
    {step::retrieve, exit_code::source_retrieve},
    {step::destination, exit_code::source_destination},
    {step::store_port, exit_code::source_store_port},
    {step::closed, exit_code::source_closed},
    {step::tls_wanted, exit_code::source_tls_wanted},
    {step::tls_unknown, exit_code::source_tls_unknown},
};

struct examined {
    config::source const* source = nullptr;
    bool may_be_off = false;                       ///< `enabled: false` is as it should be
    config::order_server const* orders = nullptr;  ///< it is no source, but a worklist that goes by its settings
    std::vector<stage> stages{};

    bool well() const { return std::ranges::all_of(stages, &stage::ok); }

    exit_code code() const
    {
        for (auto const& s : stages)
            if (!s.ok && !(s.at == step::closed && may_be_off && !source->enabled))
                return std::ranges::find(codes, s.at, [](auto const& row) { return row.at; })->code;
        return exit_code::ok;
    }
};

/// Nothing when it may be asked now.
std::vector<stage> closed(config::source const& source)
{
    upstream::gate gate(source);
    auto const may = gate.enter(clock::now(), std::chrono::system_clock::now());
    if (may)
        return {};
    if (!source.enabled)
        return {{step::closed, "enabled", false, "This source is switched off: nothing was tried.",
                 "Here: write enabled: true for it when it may be asked."}};
    auto const minutes = std::chrono::ceil<std::chrono::minutes>(may.error().retry_after).count();
    return {{step::closed, "hours", false, "It is outside the hours of this source: nothing was tried.",
             "It may be asked again in " + std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) +
                 " min; hours says when."}};
}

awaitable<void> walk(config::settings const& settings, examined& one)
{
    auto const& source = *one.source;
    auto const deadline = clock::now() + std::chrono::seconds(60);
    if (one.orders)
        one.stages = co_await upstream::orders::diagnose_orders(*one.orders, deadline);
    else if (source.kind == config::source_kind::dimse)
        one.stages = co_await upstream::dimse::diagnose(source, settings.dicom.listen, deadline);
    else
        one.stages = co_await upstream::dicomweb::diagnose_dicomweb(source, deadline);
}

awaitable<void> retrieve(config::settings const& settings, examined& one, store_side const& ours)
{
    std::vector<stage> more = co_await try_retrieve(*one.source, settings.dicom.listen, ours);
    std::ranges::move(more, std::back_inserter(one.stages));
}

/// The ways to all of them at once; then the retrieves, one after another, as C-MOVE comes to one door.
void examine(config::settings const& settings, std::vector<examined>& all, store_side const& ours)
{
    asio::io_context context(1);
    std::exception_ptr bug;
    auto const run = [&] {
        context.restart();
        context.run();
        if (bug)
            std::rethrow_exception(bug);
    };
    auto const note = [&](std::exception_ptr e) { bug = bug ? bug : e; };
    for (auto& one : all) {
        one.stages = closed(*one.source);
        if (one.stages.empty())
            asio::co_spawn(context, walk(settings, one), note);
    }
    run();
    for (auto& one : all) {
        if (!one.well() || one.orders)
            continue;
        asio::co_spawn(context, retrieve(settings, one, ours), note);
        run();
    }
}

void print_advice(std::ostream& out, std::string const& advice)
{
    for (std::size_t at = 0; at < advice.size();) {
        auto const end = std::min(advice.find('\n', at), advice.size());
        out << (at == 0 ? "        " : "            ") << advice.substr(at, end - at) << '\n';
        at = end + 1;
    }
}

void print(std::ostream& out, examined const& one, bool faults_only = false)
{
    out << one.source->name << '\n';
    for (auto const& s : one.stages) {
        if (faults_only && s.ok && s.advice.empty())
            continue;
        out << (s.ok ? "  ok    " : s.at == step::closed ? "  off   " : "  FAIL  ") << s.name << ": " << s.text << '\n';
        print_advice(out, s.advice);
    }
}

/// A row for each source, a column for each step.
void print_side_by_side(std::ostream& out, std::vector<examined> const& all)
{
    struct column {
        std::string head;
        std::vector<step> of;
    };
    column const columns[] = {{"name", {step::name, step::settings, step::closed}},
                              {"TCP", {step::tcp}},
                              {"TLS", {step::tls, step::tls_wanted, step::tls_unknown}},
                              {"association", {step::association}},
                              {"C-ECHO", {step::echo}},
                              {"HTTP", {step::http}},
                              {"find", {step::find}},
                              {"retrieve", {step::retrieve, step::destination, step::store_port}}};
    auto const padded = [](std::string text, std::size_t width) {
        text.resize(std::max(width, text.size()), ' ');
        return text + "  ";
    };
    std::size_t width = 6;
    for (auto const& one : all)
        width = std::max(width, one.source->name.size());
    std::string head = padded("source", width);
    for (auto const& c : columns)
        head += padded(c.head, 4);
    out << head << "exit code\n";
    for (auto const& one : all) {
        std::string line = padded(one.source->name, width);
        for (auto const& c : columns) {
            std::string cell = "-";
            for (auto const& s : one.stages)
                if (std::ranges::find(c.of, s.at) != c.of.end())
                    cell = !s.ok ? (s.at == step::closed ? "off" : "FAIL") : cell == "-" ? "ok" : cell;
            line += padded(cell, std::max<std::size_t>(c.head.size(), 4));
        }
        out << line << to_int(one.code()) << '\n';
    }
    for (auto const& one : all)
        if (std::ranges::any_of(one.stages, [](stage const& s) { return !s.ok || !s.advice.empty(); })) {
            out << '\n';
            print(out, one, true);
        }
}

std::string to_json(examined const& one)
{
    std::string array = "[";
    for (auto const& s : one.stages)
        array += (array.size() > 1 ? ",\n    " : "\n    ") + json_object({{"name", json_text(s.name)},
                                                                          {"ok", s.ok ? "true" : "false"},
                                                                          {"text", json_text(s.text)},
                                                                          {"advice", json_text(s.advice)}});
    array += "\n  ]";
    return json_object({{"source", json_text(one.source->name)},
                        {"exit_code", std::to_string(to_int(one.code()))},
                        {"stages", array}});
}

}  // namespace

int run(options const& o)
{
    if (o.all && !o.operand.empty()) {
        *o.err << "pons: --all and a source do not go together\n";
        return to_int(exit_code::usage);
    }
    auto const loaded = load_configuration(o);
    tell(loaded.diagnostics, *o.err);
    if (!loaded.settings)
        return to_int(exit_code::configuration);
    std::vector<examined> all;
    for (auto const& source : loaded.settings->sources)
        if (o.operand.empty() || source.name == o.operand)
            all.push_back({&source, o.all});
    std::deque<config::source> of_worklists;
    for (auto const& worklist : loaded.settings->worklists)
        if (o.operand.empty() || worklist.name == o.operand)
            all.push_back({&of_worklists.emplace_back(upstream::orders::as_source(worklist)), false, &worklist});
    if (all.empty() && !o.operand.empty()) {
        *o.err << "pons: there is no source or worklist " << o.operand << " in the configuration\n";
        return to_int(exit_code::usage);
    }
    store_side const ours(*loaded.settings);
    examine(*loaded.settings, all, ours);

    auto worst = exit_code::ok;
    std::string json;
    for (auto const& one : all) {
        if (auto const code = one.code(); code != exit_code::ok && (worst == exit_code::ok || code < worst))
            worst = code;
        if (o.json)
            json += (json.empty() ? "[\n  " : ",\n  ") + to_json(one);
        else if (!o.all)
            print(*o.out, one);
    }
    if (o.json)
        *o.out << (json.empty() ? "[" : json) << "\n]\n";
    else if (o.all)
        print_side_by_side(*o.out, all);
    return to_int(worst);
}

}  // namespace pons::proxy::cli::doctor
