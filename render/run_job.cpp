#include "render/run_job.hpp"

#include "render/errc.hpp"

#include <new>

namespace pons::render {

result<void> run_job(job const& asked, byte_source& from, answer& to)
try {
    switch (asked.kind) {
        case job_kind::frames:
            return run_frames(asked, from, to);
        case job_kind::render:
            return run_render(asked, from, to);
        case job_kind::transcode:
            return run_transcode(asked, from, to);
    }
    return fail(errc::bad_request);
} catch (std::bad_alloc const&) {
    return fail(errc::out_of_memory);
}

}  // namespace pons::render
