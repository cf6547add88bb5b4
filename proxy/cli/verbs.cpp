#include "proxy/cli/check.hpp"
#include "proxy/cli/doctor.hpp"
#include "proxy/cli/explain.hpp"
#include "proxy/cli/probe.hpp"
#include "proxy/cli/serve.hpp"
#include "proxy/cli/verb.hpp"

namespace pons::proxy::cli {

namespace {

constexpr flag check_flags[] = {
    {"json", "print what is wrong as a JSON array", &options::json},
    {"keys", "print every key of the file as Markdown tables", &options::keys},
    {"explain", "print the settings that hold, defaults and presets included", &options::explain},
};

constexpr flag doctor_flags[] = {
    {"json", "print JSON", &options::json},
    {"all", "every source, side by side", &options::all},
};

constexpr flag explain_flags[] = {
    {"run", "make the search, and tell what was asked and came of it", &options::run},
    {"unmasked", "with --run: show values, which may name a patient", &options::unmasked},
    {"json", "print JSON", &options::json},
};

constexpr flag probe_flags[] = {
    {"retrieve", "retrieve an instance of the study, too", &options::retrieve},
    {"json", "print JSON", &options::json},
};

constexpr text_option probe_texts[] = {
    {"accession", "X", "learn from the study with this accession number", &options::accession},
    {"study", "UID", "from the one with this Study Instance UID", &options::study},
    {"patient", "ID", "from one of the patient with this id", &options::patient},
};

constexpr verb rows[] = {
    {.name = "serve", .help = "serve until stopped", .run = &serve::run},
    {.name = "check",
     .help = "check the configuration and tell all that is wrong",
     .run = &check::run,
     .flags = check_flags},
    {.name = "doctor",
     .help = "test the sources stage by stage, in plain words",
     .run = &doctor::run,
     .flags = doctor_flags,
     .operand = "source",
     .operand_help = "the source to test; without it, all"},
    {.name = "probe",
     .help = "learn how a source departs from the standard",
     .run = &probe::run,
     .flags = probe_flags,
     .operand = "source",
     .operand_help = "the source to learn about",
     .operand_required = true,
     .texts = probe_texts},
    {.name = "explain",
     .help = "say what a search would ask of the archives",
     .run = &explain::run,
     .flags = explain_flags,
     .operand = "request",
     .operand_help = "'ImagingStudy?patient=123&started=ge2024'",
     .operand_required = true},
};

}  // namespace

std::span<verb const> verbs()
{
    return rows;
}

}  // namespace pons::proxy::cli
