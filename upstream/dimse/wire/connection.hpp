#pragma once

#include "upstream/dimse/wire/transport.hpp"
#include "upstream/dimse/wire/waiting.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/dcmlayer.h>
#include <dcmtk/dcmnet/dcmtrans.h>

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <vector>

/// Only for the .cpp files of this folder: the rest of Pons sees no DCMTK.
namespace pons::upstream::dimse {

class connection;

/// What an association knows about its connection, also after DCMTK has destroyed that.
struct link {
    transport made;                     ///< its socket until DCMTK has taken that over; its TLS for good
    connection* over = nullptr;         ///< while DCMTK holds it
    patience how_long{};                ///< for each read and write from now on
    readiness last = readiness::ready;  ///< why the last read or write gave up, if it did
    bool rubbish = false;               ///< the answer to A-ASSOCIATE-RQ was none, and DCMTK has not seen it
};

/// DCMTK's way to the socket, plain or by TLS. It waits with our patience instead of DCMTK's whole seconds, reads
/// ahead, gathers what makes up one message into one write, and keeps the peer's Nagle algorithm moving (TCP_QUICKACK
/// is not sticky). Without these every exchange costs 40 to 90 ms.
class connection final : public DcmTCPConnection {
public:
    connection(int fd, link& of);
    ~connection() override;

    /// Holds what is written back until `flush`, or until 128 KiB have come together.
    void hold() { held_ = true; }
    bool flush();

    bool buffered() const { return filled() > 0 || (link_.made.tls && link_.made.tls->pending()); }
    /// Waits for bytes without giving any away, so that giving up here leaves the association whole. What TLS has to
    /// say for itself is no input; the end of the connection is.
    readiness await_input();
    /// The same without waiting.
    bool has_input();
    /// Reads until that many bytes lie in the buffer, at most `largest_fill`. False when it gave up or the connection
    /// ended, which the link tells apart; what has come stays.
    bool fill(std::size_t wanted);
    std::size_t filled() const { return end_ - begin_; }
    /// As many of these, taken out; they last until the next call.
    std::span<std::byte const> take(std::size_t size);
    /// What has come, at least a byte and no more than fit, put there; from the socket where nothing is buffered. None
    /// when `fill` would say false.
    std::span<std::byte const> take_into(std::span<std::byte> to);

    static constexpr std::size_t largest_fill = 64;

    ssize_t read(void* to, size_t size) override;
    ssize_t write(void* from, size_t size) override;
    OFBool networkDataAvailable(int timeout) override;
    void close() override;

private:
    tls_session::attempt put(std::span<std::byte const> from);
    short pull();
    bool has_sound_answer();
    void acknowledge_at_once();
    ssize_t receive(std::span<iovec const> to);
    ssize_t receive(std::span<std::byte> to);

    link& link_;
    bool held_ = false;
    bool answered_ = false;  // the first PDU has come
    std::vector<std::byte> out_;
    std::vector<std::byte> in_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// Lets DCMTK open its association over the connected socket of the `link` that this thread has put here.
class transport_layer final : public DcmTransportLayer {
public:
    static link*& link_of_this_thread();
    DcmTransportConnection* createConnection(DcmNativeSocketType opened, OFBool secure) override;
};

}  // namespace pons::upstream::dimse
