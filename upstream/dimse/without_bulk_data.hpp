#pragma once

#include "upstream/dimse/c_get.hpp"
#include "upstream/dimse/contents.hpp"
#include "upstream/metadata_of.hpp"

#include <optional>
#include <string>

/// Composite Instance Retrieve Without Bulk Data (PS3.4 Annex Z): an archive that has it sends a study's metadata, and
/// not its pixels to be dropped here.
namespace pons::upstream::dimse {

/// How to fetch `request` so, when `known` is what the archive says that it holds. Nothing, where it does not tell the
/// instances and their classes, or holds some of whose bulk data, once left out, nobody can say where it was: the
/// samples of waveforms stand within the items of a sequence.
std::optional<get_attempt> plan_without_bulk_data(retrieve_request const& request, contents const& known);

/// Adds to a row of metadata the places of the values that the archive has left out (Table Z.1-1), as
/// `metadata_cutter` would have; the attributes that are there tell which they are.
void add_left_out(mapping::data_set& row);

/// Turns such instances into their metadata as they come. Errors as `metadata_of`.
class bare_metadata final : private row_sink, public part_sink {
public:
    /// `rows` outlives it.
    bare_metadata(row_sink& rows, mapping::source_text text) : to_(rows), parts_(*this, std::move(text)) {}

    awaitable<result<void>> begin(part_head const& head) override { return parts_.begin(head); }
    awaitable<result<void>> write(std::span<std::byte const> bytes) override { return parts_.write(bytes); }
    awaitable<result<void>> end() override { return parts_.end(); }

    std::uint32_t rows() const { return rows_; }
    bool lacks_values() const { return parts_.lacks_values(); }

private:
    void row(mapping::data_set&& one) override;

    row_sink& to_;
    metadata_of parts_;
    std::uint32_t rows_ = 0;
};

}  // namespace pons::upstream::dimse
