#pragma once

#include "proxy/dimse/carrier.hpp"
#include "proxy/dimse/operation.hpp"
#include "upstream/dimse/storage_contexts.hpp"

#include <optional>
#include <vector>

namespace pons::proxy::dimse {

/// C-MOVE: on an association of ours to the destination (`open_to_peer`), with the AE title that was called; it says
/// for whom it is (Move Originator, PS3.7 §9.1.1.1). It is opened with the first instance and kept for all: proposed
/// are, each in a context of its own, the transfer syntaxes that instances are stored in, for each SOP class that will
/// come, and both uncompressed ones, as far as there are contexts (128). For an instance that needs another one it is
/// released and opened anew. A destination that rejects an association for what it proposes is asked once more with
/// what is needed.
///
/// One that breaks off is opened anew for the next instance; when that happens `most_breaks` times in a row, or there
/// is no association to be had, it is down.
class move_carrier final : public carrier {
public:
    static constexpr unsigned most_breaks = 3;

    /// Both outlive it.
    move_carrier(operation& of, config::peer const& to);
    ~move_carrier() override;  ///< A-RELEASE

    void expect(expectation const& what) override;
    deliverable form_for(upstream::part_head const& head) override;
    result<void> begin(upstream::part_head const& head) override;
    result<void> send(std::span<std::byte const> bytes, bool last) override;
    result<std::uint16_t> response() override;
    void break_off() override { line_.reset(); }
    bool is_apart() const override { return true; }
    std::string const& down() const override { return down_; }

private:
    using storage_context = wire::storage_context;

    std::vector<storage_context> proposals_for(storage_context const& needed) const;
    void open_for(storage_context const& needed);
    void hang_up();
    result<std::uint16_t> read_response();
    template <class T>
    result<T> counted(result<T> how);
    bool proposed(storage_context const& what) const;

    operation& of_;
    config::peer const& to_;
    std::vector<std::string> classes_;
    std::vector<storage_context> needed_;  // so far
    std::vector<storage_context> proposed_;
    std::optional<wire::association> line_;
    std::string down_;
    unsigned breaks_ = 0;  // in a row
    std::uint16_t message_id_ = 0;
    std::uint8_t context_ = 0;
};

}  // namespace pons::proxy::dimse
