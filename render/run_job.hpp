#pragma once

#include "mapping/result.hpp"
#include "render/job.hpp"
#include "render/streams.hpp"

namespace pons::render {

/// Does one job: reads an instance from `from` as far as needed (to its end when the last frame was needed), writes
/// parts to `to` as they come to be. Memory: a frame, as stored, decoded and rendered, and 16 MiB.
///
/// Errors: errc. What was written before one is worth nothing; nothing was when the first frame already fails.
result<void> run_job(job const& asked, byte_source& from, answer& to);

result<void> run_frames(job const& asked, byte_source& from, answer& to);
result<void> run_render(job const& asked, byte_source& from, answer& to);
result<void> run_transcode(job const& asked, byte_source& from, answer& to);

}  // namespace pons::render
