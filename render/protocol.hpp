#pragma once

#include "mapping/result.hpp"
#include "render/errc.hpp"
#include "render/job.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// How `pons-render` and its client talk, over one stream socket that is the worker's standard input.
///
///     message  = kind (1 byte), zero (3 bytes), length of the body (4 bytes, little endian), body
///     client   : request, data*, end                 again and again, one job at a time
///     worker   : (part, data*)*, (done | failed)
///
/// Both sides send at the same time: the worker answers while the instance still comes, and may be done before all of
/// it has come. It then passes over what is left, up to `end`, and is ready for the next request. A client that wants
/// no more ends the process. The bytes of an instance are those of a PS3.10 file.
///
/// Bodies of request, part and failed are lines "key value\n" in ASCII; a key that the reader does not know is a fault,
/// so that both sides are of one version. The first line of a request is "pons-render 1".
namespace pons::render {

enum class message : std::uint8_t {
    request = 1,
    data = 2,
    end = 3,
    part = 16,
    done = 17,
    failed = 18,
};

inline constexpr std::size_t header_size = 8;
inline constexpr std::uint32_t max_chunk = 256 * 1024;  ///< of data
inline constexpr std::uint32_t max_text = 64 * 1024;    ///< of any other body
inline constexpr std::size_t max_frames_listed = 4096;

struct message_header {
    message kind = message::data;
    std::uint32_t length = 0;
};

std::array<std::byte, header_size> to_bytes(message_header header);

/// Nothing when the kind is unknown or the length beyond what that kind may have.
std::optional<message_header> to_header(std::span<std::byte const, header_size> bytes);

/// Errors of the three readers: errc::bad_request; `where` names the key.
std::string to_text(job const& asked);
result<job> to_job(std::string_view text);

std::string to_text(part_info const& part);
result<part_info> to_part(std::string_view text);

/// A failure with an errc; other codes become errc::crashed.
std::string to_text(failure const& why);
/// The failure that was sent, or errc::bad_request when it cannot be read.
failure to_failure(std::string_view text);

}  // namespace pons::render
