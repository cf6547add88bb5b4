#pragma once

#include "mapping/result.hpp"
#include "upstream/archive.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pons::upstream::dicomweb {

/// Gives instances to a sink as their bytes come: holds back what it takes to see whose they are, no more than
/// `max_file_head` before the data set and as much of it, and passes on what follows uncopied.
class part_writer {
public:
    /// `asked` is of what they must be. Both outlive it.
    part_writer(retrieve_request const& asked, part_sink& to) : asked_(asked), to_(to) {}

    /// `media_type` is the Content-Type of the part, empty when it has none; `length` its Content-Length.
    /// Errors: errc::malformed (it is no instance, by its type).
    result<void> begin(std::string_view media_type, std::optional<std::uint64_t> length);
    /// Errors: those of `read_file_head` and of the sink; errc::malformed for an instance of another study or series.
    awaitable<result<void>> put(std::string_view bytes);
    /// Errors: as `put`; errc::malformed when it ends within its meta information, or is not as long as it said.
    awaitable<result<void>> end();

    std::uint32_t instances() const { return instances_; }
    /// Whether the sink was ever given anything.
    bool begun() const { return begun_; }

private:
    awaitable<result<void>> try_begin(std::string_view all, bool whole);

    retrieve_request const& asked_;
    part_sink& to_;
    std::string held_;
    std::size_t looked_at_ = 0;  // of what is held
    std::string transfer_syntax_;
    std::optional<std::uint64_t> length_;
    std::uint64_t size_ = 0;
    bool passing_ = false;  // the head is through
    bool begun_ = false;
    std::uint32_t instances_ = 0;
};

}  // namespace pons::upstream::dicomweb
