#pragma once

#include "proxy/dimse/carrier.hpp"
#include "proxy/dimse/operation.hpp"

namespace pons::proxy::dimse {

/// C-GET: on the association that asked, in contexts of which the peer is SCP by role selection (PS3.7 §D.3.3.4). Every
/// error is the end of that association: a data set that has begun cannot be taken back otherwise.
class get_carrier final : public carrier {
public:
    /// `cancelled` is set when a C-CANCEL of the operation comes in place of an answer. Both outlive it.
    get_carrier(operation& of, bool& cancelled) : of_(of), cancelled_(cancelled) {}

    deliverable form_for(upstream::part_head const& head) override;
    std::string_view without_form(upstream::part_head const& head) const override;
    result<void> begin(upstream::part_head const& head) override;
    result<void> send(std::span<std::byte const> bytes, bool last) override;
    result<std::uint16_t> response() override;
    void break_off() override { of_.over.abort(); }
    bool is_apart() const override { return false; }
    std::string const& down() const override { return down_; }

private:
    bool takes(std::string_view sop_class) const;
    wire::presentation_context const* context_of(std::string_view sop_class, std::string_view syntax) const;

    operation& of_;
    bool& cancelled_;
    std::string const down_;
    std::uint16_t message_id_ = 0;
    std::uint8_t context_ = 0;
};

}  // namespace pons::proxy::dimse
