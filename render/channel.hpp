#pragma once

#include "render/protocol.hpp"
#include "render/streams.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pons::render {

/// The worker's end of the socket (render/protocol.hpp), blocking. When the client has gone, the process ends.
class channel final : public byte_source, public answer {
public:
    explicit channel(int socket);

    /// Waits for a request. Nothing: the client has gone, or does not speak this protocol.
    /// Errors: bad_request; the bytes that follow are still to be passed over.
    std::optional<result<job>> next_job();
    /// The bytes of the instance.
    std::size_t read(std::span<std::byte> into) override;

    void begin(part_info const& part) override;
    void write(std::span<std::byte const> bytes) override;
    /// The end of the answer, and of what is left of the instance.
    void finish(result<void> const& how);

private:
    bool receive(std::span<std::byte> into);
    bool receive_header();
    void send_all(std::span<std::byte const> left) const;
    void send(message kind, std::span<std::byte const> body);
    void flush();

    int socket_;
    message_header coming_{};
    std::uint32_t left_ = 0;      // of the data message at hand
    bool at_end_ = true;          // of the instance
    std::vector<std::byte> out_;  // a header, and data not yet sent
};

}  // namespace pons::render
