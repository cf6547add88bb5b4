#pragma once

#include "tests/support/raw_bytes.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

/// A DIMSE peer written by hand on plain sockets, so that it can misbehave in every way, and owes nothing to the code
/// under test.
namespace pons::test {

/// `depth` sequences in one another, all of undefined length and never closed, in Explicit VR Little Endian.
bytes nested_sequences(std::size_t depth);

/// One message as the peer got it.
struct dimse_message {
    std::uint8_t context = 0;
    std::uint16_t command_field = 0;
    std::uint16_t message_id = 0;  ///< or the one being responded to, for C-CANCEL
    std::vector<std::size_t> pdv_sizes;
    bytes data_set;
};

class raw_scp {
public:
    /// Thrown out of a script when the other side has closed, or the test is over.
    struct gone {};

    /// The peer's end of one TCP connection.
    class connection {
    public:
        explicit connection(int fd) : fd_(fd) {}
        connection(connection const&) = delete;
        connection& operator=(connection const&) = delete;
        ~connection();

        struct pdu {
            std::uint8_t type = 0;
            bytes body;
        };

        pdu read_pdu();
        void write(bytes const& raw);

        /// Reads the A-ASSOCIATE-RQ and accepts every context with Explicit VR Little Endian.
        void accept_association(std::uint32_t max_pdu = 16384,
                                std::string_view transfer_syntax = "1.2.840.10008.1.2.1");
        /// Accepts the association, but none of its contexts (abstract syntax not supported).
        void accept_no_context();
        void reject_association(std::uint8_t result, std::uint8_t source, std::uint8_t reason);
        bytes const& association_request() const { return association_request_; }

        /// The next message; answers A-RELEASE-RQ by itself and is then gone. A-ABORT sets `aborted` and is gone.
        dimse_message read_message();
        /// A C-FIND-RSP; with a data set in PDVs of at most 16 KiB when there is one.
        void respond(dimse_message const& to, std::uint16_t status, std::optional<bytes> const& data_set = {},
                     std::string_view error_comment = {});
        static bytes encode_response(dimse_message const& to, std::uint16_t status,
                                     std::optional<bytes> const& data_set = {}, std::string_view error_comment = {});
        void respond_echo(dimse_message const& to, std::uint16_t status = 0);
        void abort();
        /// True when the other side closes (or resets) before sending anything.
        bool wait_until_closed();
        void shut_down();

        bool released = false;
        bool aborted = false;

    private:
        friend class raw_scp;
        bytes read(std::size_t size);
        void send_associate_ac(std::uint32_t max_pdu, std::string_view transfer_syntax, std::uint8_t answer);

        int fd_;
        bytes association_request_;
    };

    using script = std::function<void(connection&)>;

    /// Runs `behaviour` in a thread of its own for each connection, then closes it.
    explicit raw_scp(script behaviour);
    ~raw_scp();

    std::uint16_t port() const { return port_; }
    int connections() const { return connections_; }
    int released() const { return released_; }
    int aborted() const { return aborted_; }

private:
    struct session {
        std::unique_ptr<connection> peer;
        std::atomic<bool> over{false};
        std::thread thread;
    };

    void accept_all();

    script behaviour_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> connections_{0};
    std::atomic<int> released_{0};
    std::atomic<int> aborted_{0};
    std::mutex mutex_;
    std::list<session> sessions_;
    std::thread acceptor_;
};

/// What most tests want: accept, then answer every C-FIND with `rows`, each with FF00, and `status` at the end.
raw_scp::script answers(std::vector<bytes> rows, std::uint16_t status = 0);

/// A study row in Explicit VR Little Endian: level, UID, description.
bytes study_row(int number);

}  // namespace pons::test
