#include "upstream/metadata_of.hpp"

#include <utility>

namespace pons::upstream {

metadata_of::metadata_of(row_sink& rows, mapping::source_text text) : rows_(rows), text_(std::move(text)) {}

awaitable<result<void>> metadata_of::begin(part_head const& head)
{
    bytes_.emplace(head);
    cutter_.emplace(bytes_->form());
    co_return result<void>();
}

awaitable<result<void>> metadata_of::write(std::span<std::byte const> bytes)
{
    bytes_->put(bytes);
    for (;;) {
        auto const plain = bytes_->next();
        if (!plain)
            co_return tl::unexpected(plain.error());
        if (plain->empty())
            co_return result<void>();
        auto const cut = cutter_->put(*plain);
        if (!cut)
            co_return unreadable(cut.error());
    }
}

awaitable<result<void>> metadata_of::end()
{
    if (!bytes_->may_end())
        co_return fail(errc::malformed, "deflated data set of an instance");
    auto row = cutter_->end(text_);
    lacks_values_ = lacks_values_ || cutter_->lacks_values();
    cutter_.reset();
    if (!row)
        co_return unreadable(row.error());
    rows_.row(std::move(*row));
    co_return result<void>();
}

}  // namespace pons::upstream
