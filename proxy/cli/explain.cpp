#include "proxy/cli/explain.hpp"

#include "proxy/cli/configuration.hpp"
#include "proxy/cli/exit_code.hpp"
#include "proxy/fhir/explain.hpp"

#include <ostream>

namespace pons::proxy::cli::explain {

int run(options const& o)
{
    auto const loaded = load_configuration(o);
    tell(loaded.diagnostics, *o.err);
    if (!loaded.settings)
        return to_int(exit_code::configuration);
    auto const explained = fhir::explain(*loaded.settings, o.operand);
    if (!explained) {
        *o.err << explained.error().where << ": " << explained.error().code.message() << '\n';
        return to_int(exit_code::failed);
    }
    *o.out << (o.json ? fhir::to_json(*explained) : fhir::to_text(*explained));
    return to_int(exit_code::ok);
}

}  // namespace pons::proxy::cli::explain
