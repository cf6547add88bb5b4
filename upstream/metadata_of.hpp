#pragma once

#include "mapping/metadata_cutter.hpp"
#include "upstream/archive.hpp"
#include "upstream/data_set_bytes.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace pons::upstream {

/// Turns instances into their metadata while they come (PS3.18 §10.4.1.1.2), for archives that cannot: a row each, as
/// `metadata_cutter` makes them. Bulk data is passed over in the stream; of one instance no more than
/// `metadata_cutter::max_held` is held.
///
/// Errors: errc::malformed when a data set cannot be read, too_large when too much of it is no bulk data; `where` names
/// the attribute.
class metadata_of final : public part_sink {
public:
    /// `text`: how the source writes it. `rows` outlives it.
    metadata_of(row_sink& rows, mapping::source_text text);

    awaitable<result<void>> begin(part_head const& head) override;
    awaitable<result<void>> write(std::span<std::byte const> bytes) override;
    awaitable<result<void>> end() override;

    /// Whether values that are not bulk data were left out, since they are too long.
    bool lacks_values() const { return lacks_values_; }

private:
    row_sink& rows_;
    mapping::source_text const text_;
    std::optional<mapping::metadata_cutter> cutter_;
    std::optional<data_set_bytes> bytes_;
    bool lacks_values_ = false;
};

/// What is told when it `lacks_values`.
inline issue values_left_out()
{
    return {issue::kind::incomplete, "values that are too long are not in the metadata"};
}

}  // namespace pons::upstream
