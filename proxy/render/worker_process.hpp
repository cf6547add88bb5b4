#pragma once

#include "mapping/result.hpp"
#include "proxy/render/settings.hpp"
#include "render/protocol.hpp"
#include "upstream/asio.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <sys/types.h>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace pons::proxy::render {

/// One `pons-render` and the socket to it. On one executor; its operations may wait for sending and for receiving at
/// the same time, but only for one of each.
class worker_process {
public:
    /// Starts one, with no descriptor but its socket and no environment but DCMDICTPATH. Errors: errc::unavailable.
    static result<std::unique_ptr<worker_process>> start(executor on, settings const& how);

    worker_process(worker_process const&) = delete;
    worker_process& operator=(worker_process const&) = delete;
    /// Kills it. Who `abandon`s it first has to wait for the process.
    ~worker_process();

    /// Sends one message. Errors: errc::crashed (it has gone). After cancelling it cannot be used any more.
    awaitable<result<void>> send(pons::render::message kind, std::span<std::byte const> body);

    struct received {
        pons::render::message kind;
        std::span<std::byte const> body;  ///< until the next call
    };
    /// The next message. Errors: crashed; out_of_time when it had used up its CPU time; bad_request when it does not
    /// speak the protocol.
    awaitable<result<received>> receive();

    /// Ends it, so that who waits for it ends with errc::crashed.
    void stop();
    /// Kills it and gives away the process id, for which somebody has to wait; -1 when nobody needs to.
    pid_t abandon();
    int id() const { return id_; }  ///< its process id, even after that
    bool lives() const;
    /// Whether a message was cut off in the middle.
    bool broken() const { return sending_ || receiving_ || pid_ < 0; }
    bool sending() const { return sending_; }

private:
    using socket = asio::basic_stream_socket<asio::local::stream_protocol, executor>;

    worker_process(socket s, pid_t pid);
    failure why_it_ended();

    socket socket_;
    pid_t pid_;
    int id_;
    bool sending_ = false;
    bool receiving_ = false;
    std::vector<std::byte> body_;
};

}  // namespace pons::proxy::render
