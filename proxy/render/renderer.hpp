#pragma once

#include "mapping/result.hpp"
#include "proxy/render/settings.hpp"
#include "render/job.hpp"
#include "upstream/archive.hpp"
#include "upstream/asio.hpp"
#include "upstream/budget.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

/// Pixels are decoded elsewhere: the client of `pons-render`, a process without network, files and much memory
/// (DESIGN sections 5 and 10).
namespace pons::proxy::render {

using pons::render::job;
using pons::render::part_info;

/// Takes what a job makes, on the executor of the coroutine that waits for it: `begin`, `write`s, `end` for each part.
/// The worker is not read on until a call is done. An error ends the job and is its result.
struct part_receiver {
    virtual awaitable<result<void>> begin(part_info const& part) = 0;
    virtual awaitable<result<void>> write(std::span<std::byte const> bytes) = 0;  ///< valid until it is done
    virtual awaitable<result<void>> end() = 0;

protected:
    ~part_receiver() = default;
};

/// The same for several instances one after another.
struct instances_receiver : part_receiver {
    /// Before what is made of an instance; false: it is passed over.
    virtual bool wants(upstream::part_head const& head) = 0;

protected:
    ~instances_receiver() = default;
};

/// Brings the instance: writes one instance into the sink, as `archive::retrieve` does. The sink says errc::cancelled
/// as soon as the job needs no more of it. Only the first instance is looked at, others are passed over. It is told
/// which frames are needed (none: all of them, or nobody knows), and may bring these only, as `part_head::frames` says;
/// it is called again, for the whole instance, when nothing could be made of that.
class feed {
public:
    using frame_list = std::vector<std::uint32_t>;

    feed() = default;  ///< of nothing; it must not be called
    template <class F>
        requires(!std::same_as<F, feed> && std::invocable<F&, upstream::part_sink&, frame_list>)
    feed(F bring) : bring_(std::move(bring)) {}
    /// One that always brings the whole instance.
    template <class F>
        requires(!std::same_as<F, feed> && std::invocable<F&, upstream::part_sink&>)
    feed(F bring)
        : bring_([bring = std::move(bring)](upstream::part_sink& to, frame_list) mutable { return bring(to); })
    {
    }

    awaitable<result<void>> operator()(upstream::part_sink& to, frame_list frames = {}) const
    {
        return bring_(to, std::move(frames));
    }

private:
    std::function<awaitable<result<void>>(upstream::part_sink&, frame_list)> bring_;
};

/// A feed that retrieves from an archive. `source` must outlive the job.
feed from_archive(upstream::archive& source, upstream::retrieve_request request, time_point deadline);

/// In which form `transcode` hands an instance on.
enum class form {
    as_stored,
    explicit_vr,  ///< Explicit VR Little Endian; what is in it already stays as it is
    implicit_vr,  ///< Implicit VR Little Endian
};

/// How a job ended well.
struct rendered {
    std::uint32_t parts = 0;
    upstream::part_head source;  ///< of the instance that it was made of
};

class pool;

/// Says how many workers run at once, over all threads, and how many jobs wait for one.
std::shared_ptr<upstream::budget> make_budget(settings const& how);

/// Workers and the jobs that wait for them. Belongs to one io_context; not shared between threads, save its budget.
/// Must outlive the operations on it.
class renderer {
public:
    renderer(executor on, settings how, std::shared_ptr<upstream::budget> budget);
    renderer(renderer const&) = delete;
    renderer& operator=(renderer const&) = delete;
    ~renderer();  ///< ends the workers

    /// Feeds an instance to a worker and hands on what it makes, while it still comes. `deadline` bounds the whole:
    /// then the worker is ended and replaced. An instance of some frames only is held to have exactly these; nothing
    /// that cannot be told from others is handed on.
    ///
    /// Errors: render::errc of the worker (unsupported_syntax, no_such_frame, malformed, too_large, …), of which
    /// out_of_time, out_of_memory and crashed cost the worker; upstream::errc::overloaded, with retry_after, when the
    /// queue is full or too slow; those of the feed, also when it brought nothing (not_found); those of `to`.
    /// Cancelling (terminal): the feed is cancelled, the worker ended; errc::cancelled.
    awaitable<result<rendered>> run(job asked, feed bring, part_receiver& to, time_point deadline);

    /// Hands instances on in the form that is wanted: whatever `bring` writes goes to `next`, transcoded on its way
    /// where it is in another transfer syntax. `begin` of `next` sees the head of what is sent, and is called only when
    /// the first frame has been decoded: an instance that cannot be transcoded fails before its first byte. There is
    /// no deadline but those of `bring` and `next`, and the CPU time of each instance.
    ///
    /// `form_of` is asked at the beginning of each instance; empty: explicit_vr. One that cannot be transcoded ends it
    /// all, unless `tolerant`: then `next` does not see an end of it, or nothing of it at all, and the others go on.
    ///
    /// Errors: as `run`; those of `bring` come as they are, also when it brought nothing. Cancelling (terminal): as
    /// `run`.
    awaitable<result<void>> transcode(feed bring, upstream::part_sink& next,
                                      std::function<form(upstream::part_head const&)> form_of = {},
                                      bool tolerant = false);

    /// Runs a job on each instance that `bring` writes and `to` wants, one after the other, while they come. Instances
    /// without pixel data are passed over. Deadlines, errors and cancelling as `transcode`.
    awaitable<result<void>> run_each(job asked, feed bring, instances_receiver& to);

    /// Process ids of the workers that live, for tests and metrics.
    std::vector<int> workers() const;

private:
    std::shared_ptr<pool> pool_;
};

}  // namespace pons::proxy::render
