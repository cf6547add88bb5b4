#pragma once

#include "config/settings.hpp"
#include "upstream/asio.hpp"
#include "upstream/dimse/wire/accepted_association.hpp"
#include "upstream/dimse/wire/caller.hpp"
#include "upstream/dimse/wire/complaints.hpp"
#include "upstream/listening.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

/// The one door at which others call us by DICOM (PS3.8 §7.1).
namespace pons::upstream::dimse {

/// Places for associations that a caller shares with nobody else, so that others who call cannot take them.
struct places_apart {
    std::string whose;       ///< who names the same shares them
    std::uint32_t most = 0;  ///< associations at once
};

/// What is behind one of our AE titles.
struct association_service {
    virtual ~association_service() = default;

    /// Which contexts to accept, or why there is no association. On the acceptor's thread: it must not wait.
    virtual tl::expected<associate_answer, rejection> negotiate(associate_request const& asked) = 0;

    /// Serves one association to its end, on a thread of its own; several at once. `stop` ends every wait when the
    /// acceptor stops. When it returns, an association that has not ended is aborted.
    virtual void serve(accepted_association& over, interruption& stop) = 0;

    /// Where this caller has places of its own; nothing: it has one of `acceptor_limits::associations`. On the
    /// acceptor's thread: it must not wait.
    virtual std::optional<places_apart> places_for(associate_request const& /*asked*/) { return {}; }
};

/// By called AE title. A peer that calls another one is rejected: called AE title not recognized.
using association_services = std::map<std::string, std::shared_ptr<association_service>, std::less<>>;

struct acceptor_limits {
    std::uint32_t half_open = 256;    ///< connections whose A-ASSOCIATE-RQ has not come
    std::uint32_t associations = 64;  ///< threads, `places_apart` besides; beyond: local limit exceeded
    /// For the peer to close after its association has ended here (PS3.8 §9.2, Sta13); it has its place until then.
    std::chrono::milliseconds close_time{2000};
    std::chrono::milliseconds request_time{5000};  ///< for a whole A-ASSOCIATE-RQ, the TLS handshake before it included
};

/// Listens on `dicom.listen`. A connection costs a socket and a few hundred bytes until the whole A-ASSOCIATE-RQ has
/// come, so that silent peers delay nobody; when there are too many of them the oldest goes. Only then it gets a
/// thread, which `association_service::serve` has for itself.
///
/// What is no A-ASSOCIATE-RQ, or one that cannot be read, is answered with A-ABORT (PS3.8 §9.2.2, AA-1). With
/// `tls.enabled` every association is inside TLS (PS3.15 Annex B), and what comes in the clear is not answered; without
/// it, what begins with TLS is not. Whoever said something and got no association is told of in the log (`complaints`).
///
/// Its functions are for one thread; `counts` may be read by any.
class acceptor {
public:
    acceptor(config::address listen, association_services services, acceptor_limits limits = {},
             config::listener_tls tls = {});
    ~acceptor();  ///< as `stop`
    acceptor(acceptor const&) = delete;
    acceptor& operator=(acceptor const&) = delete;

    /// Resolves, binds every address that the host names (port 0: one port that the system chooses) and accepts from
    /// then on, on a thread of its own. Waits for the resolver. Errors: those of the system, with `where`
    /// "dicom.listen"; unsupported where a file of `tls` cannot be used, with `where` "dicom.tls.cert_file: …".
    result<void> start();

    /// Where it listens.
    tcp::endpoint endpoint() const { return endpoint_; }

    /// Takes no more, ends what is being served, and waits for that: about as long as `serve` takes to notice.
    void stop();

    struct counters {
        std::atomic<std::uint64_t> connections{0};
        std::atomic<std::uint64_t> associations{0};  ///< handed to a service
        std::atomic<std::uint64_t> rejected{0};
        std::atomic<std::uint64_t> dropped{0};      ///< no A-ASSOCIATE-RQ in time, none at all, or pushed out
        std::atomic<std::uint64_t> without_tls{0};  ///< of them: no TLS where it has to be, or TLS where there is none
        std::atomic<std::uint32_t> half_open{0};
        std::atomic<std::uint32_t> serving{0};
    };
    counters const& counts() const { return counts_; }

private:
    struct session;

    result<void> open();
    awaitable<void> accept(tcp_acceptor& on);
    awaitable<void> greet(std::shared_ptr<caller> who);
    awaitable<bool> secure(caller& who);
    void complain(caller const& who, std::string_view why, std::string_view about = {});
    void complain_of_tls(caller const& who, std::string_view why);
    awaitable<result<associate_request>> receive_request(caller& who);
    awaitable<void> abort(caller& who, abort_reason why);
    std::optional<rejection> answer(caller& who, associate_request const& asked);
    awaitable<void> reject(caller& who, rejection why);
    std::string_view serve(caller& who, associate_request const& asked, associate_answer const& answer,
                           std::shared_ptr<association_service> by);
    void drop_oldest();

    config::address const listen_;
    association_services const services_;
    acceptor_limits const limits_;
    config::listener_tls const tls_;
    tcp::endpoint endpoint_;
    counters counts_;

    asio::io_context context_{1};
    std::list<tcp_acceptor> acceptors_;
    accept_pause pause_{context_.get_executor(), "DICOM connections"};
    std::list<std::shared_ptr<caller>> callers_;  // the oldest first
    std::list<session> sessions_;
    bool closed_ = false;
    complaints complaints_;
    std::thread thread_;
};

}  // namespace pons::upstream::dimse
