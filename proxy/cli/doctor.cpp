#include "proxy/cli/doctor.hpp"

#include "proxy/cli/configuration.hpp"
#include "proxy/cli/exit_code.hpp"
#include "proxy/cli/json.hpp"
#include "proxy/cli/trial_retrieve.hpp"
#include "upstream/diagnosis.hpp"
#include "upstream/dicomweb/dicomweb_archive.hpp"
#include "upstream/dimse/diagnose.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

namespace pons::proxy::cli::doctor {

namespace {

using upstream::stage;

/// Runs the stages of one source to their end on a context of their own.
std::vector<stage> examine(config::settings const& settings, config::source const& source, store_side const& ours)
{
    asio::io_context context(1);
    std::vector<stage> stages;
    std::exception_ptr bug;
    auto const deadline = clock::now() + std::chrono::seconds(60);
    auto work = [&]() -> awaitable<void> {
        if (source.kind == config::source_kind::dimse)
            stages = co_await upstream::dimse::diagnose(source, deadline);
        else
            stages = co_await upstream::dicomweb::diagnose_dicomweb(source, deadline);
        if (!std::ranges::all_of(stages, &stage::ok))
            co_return;
        std::vector<stage> more = co_await try_retrieve(source, settings.dicom.listen, ours);
        std::ranges::move(more, std::back_inserter(stages));
    };
    asio::co_spawn(context.get_executor(), work(), [&](std::exception_ptr e) { bug = e; });
    context.run();
    if (bug)
        std::rethrow_exception(bug);
    return stages;
}

void print(std::ostream& out, std::string const& source, std::vector<stage> const& stages)
{
    out << source << '\n';
    for (auto const& s : stages) {
        out << (s.ok ? "  ok    " : "  FAIL  ") << s.name << ": " << s.text << '\n';
        if (!s.advice.empty())
            out << "        " << s.advice << '\n';
    }
}

std::string to_json(std::string const& source, std::vector<stage> const& stages)
{
    std::string array = "[";
    for (auto const& s : stages)
        array += (array.size() > 1 ? ",\n    " : "\n    ") + json_object({{"name", json_text(s.name)},
                                                                          {"ok", s.ok ? "true" : "false"},
                                                                          {"text", json_text(s.text)},
                                                                          {"advice", json_text(s.advice)}});
    array += "\n  ]";
    return json_object({{"source", json_text(source)}, {"stages", array}});
}

}  // namespace

int run(options const& o)
{
    auto const loaded = load_configuration(o);
    tell(loaded.diagnostics, *o.err);
    if (!loaded.settings)
        return to_int(exit_code::configuration);
    store_side const ours(*loaded.settings);
    bool known = o.operand.empty();
    bool well = true;
    std::string json;
    for (auto const& source : loaded.settings->sources) {
        if (!o.operand.empty() && source.name != o.operand)
            continue;
        known = true;
        auto const stages = examine(*loaded.settings, source, ours);
        well = well && std::ranges::all_of(stages, &stage::ok);
        if (o.json)
            json += (json.empty() ? "[\n  " : ",\n  ") + to_json(source.name, stages);
        else
            print(*o.out, source.name, stages);
    }
    if (!known) {
        *o.err << "pons: there is no source " << o.operand << " in the configuration\n";
        return to_int(exit_code::usage);
    }
    if (o.json)
        *o.out << json << "\n]\n";
    return to_int(well ? exit_code::ok : exit_code::failed);
}

}  // namespace pons::proxy::cli::doctor
