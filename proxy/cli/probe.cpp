#include "proxy/cli/probe.hpp"

#include "proxy/cli/configuration.hpp"
#include "proxy/cli/exit_code.hpp"
#include "proxy/cli/probe_report.hpp"
#include "proxy/cli/trial_retrieve.hpp"
#include "upstream/probe/dimse_asker.hpp"
#include "upstream/probe/probe.hpp"
#include "upstream/probe/web_asker.hpp"

#include <algorithm>
#include <exception>
#include <ostream>
#include <string_view>

namespace pons::proxy::cli::probe {

namespace {

namespace tags = mapping::tags;
using upstream::probe::learned;
using upstream::probe::wish;

/// What a retrieve may ask beside the retrieve itself, for both ways.
constexpr unsigned queries_of_a_retrieve = 8;

/// Nothing, and told why, when the study is not named well.
std::optional<wish> wish_of(options const& o)
{
    struct {
        std::string_view name;
        mapping::tag attribute;
        std::string const& value;
    } const ways[] = {{"accession", tags::AccessionNumber, o.accession},
                      {"study", tags::StudyInstanceUID, o.study},
                      {"patient", tags::PatientID, o.patient}};
    wish chosen;
    for (auto const& way : ways) {
        if (way.value.empty())
            continue;
        if (chosen.attribute) {
            *o.err << "pons: name the study in one way only\n";
            return {};
        }
        bool const is_uid = way.attribute == tags::StudyInstanceUID;
        bool const one = is_uid
                             ? way.value.size() <= 64 && way.value.find_first_not_of("0123456789.") == std::string::npos
                             : way.value.size() <= 64 && way.value.find_first_of("*?\\") == std::string::npos &&
                                   way.value.find_first_not_of(' ') != std::string::npos;
        if (!one) {
            *o.err << "pons: --" << way.name << " is not " << (is_uid ? "a UID" : "one value without * and ?") << '\n';
            return {};
        }
        chosen = {.attribute = way.attribute, .value = way.value};
    }
    return chosen;
}

result<learned> ask(config::source const& source, wish const& which, unsigned most)
{
    if (source.kind == config::source_kind::dimse) {
        upstream::probe::dimse_asker archive(source);
        return upstream::probe::learn(archive, source.kind, which, most);
    }
    upstream::probe::web_asker archive(source);
    return upstream::probe::learn(archive, source.kind, which, most);
}

/// Retrieves an instance of the study; false: no way to do that works.
bool retrieve(config::settings const& settings, config::source const& source, upstream::probe::seed const& from,
              std::vector<std::string>& seen)
{
    if (from.instance.empty()) {
        seen.emplace_back("No instance was found to retrieve.");
        return false;
    }
    doctor::store_side const ours(settings);
    upstream::retrieve_request const what{
        .study_instance_uid = from.study, .series_instance_uid = from.series, .sop_instance_uid = from.instance};
    asio::io_context context(1);
    std::exception_ptr bug;
    std::vector<upstream::stage> stages;
    auto work = [&]() -> awaitable<void> {
        stages = co_await doctor::try_retrieve_of(what, source, settings.dicom.listen, ours);
    };
    asio::co_spawn(context.get_executor(), work(), [&](std::exception_ptr e) { bug = e; });
    context.run();
    if (bug)
        std::rethrow_exception(bug);
    for (auto const& s : stages)
        seen.push_back(s.name + ": " + s.text + (s.advice.empty() ? "" : " " + s.advice));
    return std::ranges::all_of(stages, &upstream::stage::ok);
}

void tell_failure(options const& o, wish const& which, failure const& why)
{
    *o.err << "pons: " << o.operand << ": ";
    if (why.code == upstream::errc::not_found)
        *o.err << (which.attribute
                       ? "the archive does not find that study"
                       : "the archive has no study of today; name one with --accession, --study or --patient")
               << (why.where.empty() ? "" : ", " + why.where) << '\n';
    else
        *o.err << why.where << "\nTry: pons doctor " << o.operand << '\n';
}

}  // namespace

int run(options const& o)
{
    auto const loaded = load_configuration(o);
    tell(loaded.diagnostics, *o.err);
    if (!loaded.settings)
        return to_int(exit_code::configuration);
    auto const& settings = *loaded.settings;
    auto const source = std::ranges::find(settings.sources, o.operand, &config::source::name);
    if (source == settings.sources.end()) {
        *o.err << "pons: there is no source " << o.operand << " in the configuration\n";
        return to_int(exit_code::usage);
    }
    auto const which = wish_of(o);
    if (!which)
        return to_int(exit_code::usage);

    auto const most = upstream::probe::most_queries - (o.retrieve ? queries_of_a_retrieve : 0);
    auto const what = ask(*source, *which, most);
    if (!what) {
        tell_failure(o, *which, what.error());
        return to_int(exit_code::failed);
    }
    auto told = make_report(settings, source->name, *what);
    bool const well = !o.retrieve || retrieve(settings, *source, what->all.of, told.seen);
    *o.out << (o.json ? to_json(told) : to_yaml(told));
    return to_int(!well ? exit_code::failed : told.differs() ? exit_code::differs : exit_code::ok);
}

}  // namespace pons::proxy::cli::probe
