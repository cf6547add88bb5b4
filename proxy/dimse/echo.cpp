#include "proxy/dimse/echo.hpp"

#include "upstream/dimse/wire/uids.hpp"

namespace pons::proxy::dimse {

namespace {

result<void> serve(operation& of)
{
    if (of.rq.command.has_data_set())  // it has none, and some send one all the same
        if (auto const read = of.receive_data_set(0); !read)
            return tl::unexpected(read.error());
    return of.respond(status::success);
}

}  // namespace

service make_echo()
{
    return {.name = "C-ECHO",
            .metric = "c_echo",
            .request = wire::command::c_echo_rq,
            .offers = [](std::string_view abstract_syntax) { return abstract_syntax == wire::uids::verification; },
            .serve = &serve,
            .each_is_logged = false};
}

}  // namespace pons::proxy::dimse
