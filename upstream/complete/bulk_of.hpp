#pragma once

#include "mapping/metadata_cutter.hpp"
#include "upstream/archive.hpp"
#include "upstream/data_set_bytes.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pons::upstream {

/// Cuts one value out of an instance while it comes, little endian whatever the instance is, and hands it on; nothing
/// of it is held.
///
/// Errors: those of the sink; errc::malformed when the data set cannot be read, too_large when it has too many
/// elements; cancelled once the value was handed on and much more would follow.
class bulk_of final : public part_sink {
public:
    /// `to` outlives it.
    bulk_of(std::string place, bulk_sink& to);

    awaitable<result<void>> begin(part_head const& head) override;
    awaitable<result<void>> write(std::span<std::byte const> bytes) override;
    awaitable<result<void>> end() override;

    /// Whether the sink was called; whether all of the value was handed on.
    bool begun() const { return begun_; }
    bool whole() const { return whole_; }

    /// What may still come behind the value before the archive is told to stop: that costs an association.
    static constexpr std::size_t most_passed_over = 1 << 20;

private:
    awaitable<result<void>> hand_on();
    std::span<std::byte const> in_little_endian(std::span<std::byte const> piece);

    std::string const place_;
    bulk_sink& to_;
    std::optional<data_set_bytes> bytes_;
    std::optional<mapping::metadata_cutter> cutter_;
    std::size_t width_ = 1;  // of a number in the value, when its bytes have to be turned round
    std::vector<std::byte> turned_;
    std::size_t carried_ = 0;  // of turned_: bytes of a number that is not whole
    std::size_t passed_over_ = 0;
    bool begun_ = false;
    bool whole_ = false;
};

}  // namespace pons::upstream
