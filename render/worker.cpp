#include "render/worker.hpp"

#include "render/channel.hpp"
#include "render/decode.hpp"
#include "render/run_job.hpp"
#include "render/vr_dictionary.hpp"

#include <dcmtk/config/osconfig.h>

#include <dcmtk/oflog/oflog.h>

#include <csignal>
#include <exception>

namespace pons::render {

namespace {

result<void> attempt(job const& asked, channel& with)
{
    try {
        return run_job(asked, with, with);
    } catch (std::exception const&) {
        return fail(errc::malformed, "exception");
    }
}

}  // namespace

int work(int socket, sandbox_limits const& limits)
{
    ::signal(SIGPIPE, SIG_IGN);
    // What DCMTK would log may name a patient.
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    load_dictionary();
    register_codecs();
    if (!enter_sandbox(limits).empty())
        return 1;

    channel with(socket);
    while (auto asked = with.next_job()) {
        allow_cpu(limits.cpu_of_a_job);
        auto done = *asked ? attempt(**asked, with) : tl::unexpected(asked->error());
        with.finish(done);
    }
    return 0;
}

}  // namespace pons::render
