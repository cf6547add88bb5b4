#pragma once

#include "proxy/dicomweb/instance_layout.hpp"
#include "proxy/dicomweb/store_metadata.hpp"
#include "proxy/dicomweb/store_source.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pons::proxy::dicomweb {

/// The instances in a body of metadata and bulk data (PS3.18 §10.5.1.4): parts of metadata, then a part for each
/// value that has a BulkDataURI, which is its Content-Location, letter by letter. Nothing is fetched from anywhere
/// else.
///
/// An instance is given as soon as the last of its values has begun to come, which passes through; those before it are
/// held, `most_held` bytes in all. A value whose length must be known (all but compressed single frames) and which has
/// no Content-Length is held too. So one value for each instance may come in any order, whatever its size.
///
/// Refused, and told in `account`: what `store_metadata` and `lay_out` refuse, instances of which a value did not come,
/// and parts that no instance waits for.
///
/// Errors, which end it all: those of `part_reader`; mapping::errc::invalid_value (no metadata first), too_long (more
/// than `most_parts`); upstream::errc::too_large (of metadata, or of what is to be held).
class web_instances final : public store_source {
public:
    static constexpr std::size_t most_held = 16 << 20;

    web_instances(http::request_body& body, std::string_view boundary, metadata_format format, std::string study_uid);

    /// Reads the metadata and what comes up to the first instance.
    awaitable<result<void>> begin() override;
    awaitable<result<std::optional<upstream::part_head>>> next() override;
    awaitable<result<std::span<std::byte const>>> read() override;

private:
    using head = std::optional<upstream::part_head>;

    struct value : bulk_value {
        bool came = false;
        std::size_t held = 0;            // counted in held_
        std::vector<std::size_t> users;  // instances that are not done
    };

    awaitable<result<void>> read_metadata();
    void index();
    awaitable<result<head>> find_next();
    awaitable<result<head>> take_part();
    awaitable<result<void>> hold(value& v, std::size_t instance, bool last);
    awaitable<result<void>> hold_more(value& v);
    bool may_begin(value const& v, described_instance const& of, bool last) const;
    result<head> give(std::size_t instance);
    void release(std::size_t instance);
    awaitable<result<bool>> next_fragment(bulk_value& v);
    tl::unexpected<failure> too_much();

    metadata_format const format_;
    store_metadata metadata_;
    std::map<std::string, value, std::less<>> values_;
    std::vector<std::size_t> missing_;   // values of each instance that have not come
    std::deque<std::size_t> ready_;      // instances that miss nothing
    std::optional<result<head>> first_;  // found in `begin`
    bool part_begun_ = false;            // that of the first value, behind the metadata
    std::size_t parts_seen_ = 0;
    std::size_t held_ = 0;

    std::optional<std::size_t> current_;
    std::vector<layout_piece> pieces_;
    std::size_t piece_ = 0;
    std::size_t at_ = 0;  // in the piece
    std::string fragment_;
};

}  // namespace pons::proxy::dicomweb
