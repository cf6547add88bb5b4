#pragma once

#include "mapping/metadata_cutter.hpp"
#include "upstream/archive.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pons::upstream {

/// Turns instances into their metadata while they come (PS3.18 §10.4.1.1.2), for archives that cannot: a row each, as
/// `metadata_cutter` makes them. Bulk data is passed over in the stream; of one instance no more than
/// `metadata_cutter::max_held` is held.
///
/// Errors: errc::malformed when a data set cannot be read, too_large when too much of it is no bulk data; `where` names
/// the attribute.
class metadata_of final : public part_sink {
public:
    /// `charset_default` is for data sets that do not say what their text is in. `rows` outlives it.
    metadata_of(row_sink& rows, std::string charset_default);
    ~metadata_of();

    awaitable<result<void>> begin(part_head const& head) override;
    awaitable<result<void>> write(std::span<std::byte const> bytes) override;
    awaitable<result<void>> end() override;

    /// Whether values that are not bulk data were left out, since they are too long.
    bool lacks_values() const { return lacks_values_; }

private:
    class raw_inflater;

    result<void> put(std::span<std::byte const> bytes);

    row_sink& rows_;
    std::string const charset_default_;
    std::optional<mapping::metadata_cutter> cutter_;
    std::unique_ptr<raw_inflater> inflater_;
    std::size_t before_data_set_ = 0;
    bool lacks_values_ = false;
};

}  // namespace pons::upstream
