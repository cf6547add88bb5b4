#include "proxy/dimse/receive_identifier.hpp"

#include "upstream/dimse/wire/encoding.hpp"

#include <string_view>
#include <utility>

namespace pons::proxy::dimse {

result<std::optional<mapping::data_set>> receive_identifier(operation& of, mapping::read_limits const& limits)
{
    auto const refuse = [&](std::string_view why) -> result<std::optional<mapping::data_set>> {
        if (auto const said = of.respond(status::identifier_does_not_match, why); !said)
            return tl::unexpected(said.error());
        return std::nullopt;
    };
    if (!of.rq.command.has_data_set())
        return refuse("there is no identifier");
    auto const bytes = of.receive_data_set(limits.size);
    if (!bytes)
        return tl::unexpected(bytes.error());
    if (!*bytes)
        return refuse("the identifier is too large");
    auto identifier = mapping::read_data_set(**bytes, wire::encoding_of(of.context.transfer_syntax), {}, limits);
    if (!identifier)
        return refuse("the identifier cannot be read");
    return std::optional(std::move(*identifier));
}

}  // namespace pons::proxy::dimse
