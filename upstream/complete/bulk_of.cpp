#include "upstream/complete/bulk_of.hpp"

#include <algorithm>
#include <utility>

namespace pons::upstream {

namespace {

/// How many bytes are one number (PS3.5 §7.3).
std::size_t width_of(mapping::vr as)
{
    using namespace mapping;
    if (as == "OW"_vr || as == "US"_vr || as == "SS"_vr || as == "AT"_vr)
        return 2;
    if (as == "OF"_vr || as == "OL"_vr || as == "FL"_vr || as == "SL"_vr || as == "UL"_vr)
        return 4;
    if (as == "OD"_vr || as == "OV"_vr || as == "FD"_vr || as == "SV"_vr || as == "UV"_vr)
        return 8;
    return 1;
}

}  // namespace

bulk_of::bulk_of(std::string place, bulk_sink& to) : place_(std::move(place)), to_(to) {}

awaitable<result<void>> bulk_of::begin(part_head const& head)
{
    bytes_.emplace(head);
    cutter_.emplace(bytes_->form(), place_);
    co_return result<void>();
}

awaitable<result<void>> bulk_of::write(std::span<std::byte const> bytes)
{
    if (whole_) {
        passed_over_ += bytes.size();
        if (passed_over_ > most_passed_over)
            co_return fail(errc::cancelled);
        co_return result<void>();
    }
    bytes_->put(bytes);
    while (!whole_) {
        auto const plain = bytes_->next();
        if (!plain)
            co_return tl::unexpected(plain.error());
        if (plain->empty())
            break;
        auto const cut = cutter_->put(*plain);
        // What comes behind the value need not be readable.
        if (!cut && !cutter_->whole())
            co_return unreadable(cut.error());
        result<void> const handed = co_await hand_on();
        if (!handed)
            co_return handed;
    }
    co_return result<void>();
}

awaitable<result<void>> bulk_of::hand_on()
{
    if (!cutter_->found())
        co_return result<void>();
    auto const& value = *cutter_->found();
    if (!std::exchange(begun_, true)) {
        if (bytes_->form() == mapping::encoding::explicit_be)
            width_ = width_of(value.as);
        result<void> const begun = co_await to_.begin(value.encapsulated);
        if (!begun)
            co_return begun;
    }
    for (auto const piece : cutter_->pieces()) {
        auto const now = in_little_endian(piece);
        if (now.empty())
            continue;
        result<void> const written = co_await to_.write(now);
        if (!written)
            co_return written;
    }
    whole_ = cutter_->whole();
    co_return result<void>();
}

/// Numbers may be cut anywhere: the beginning of one waits for its end.
std::span<std::byte const> bulk_of::in_little_endian(std::span<std::byte const> piece)
{
    if (width_ == 1)
        return piece;
    turned_.erase(turned_.begin(), turned_.end() - static_cast<std::ptrdiff_t>(carried_));
    turned_.insert(turned_.end(), piece.begin(), piece.end());
    carried_ = turned_.size() % width_;
    auto const whole = std::span(turned_).first(turned_.size() - carried_);
    for (std::size_t at = 0; at < whole.size(); at += width_)
        std::ranges::reverse(whole.subspan(at, width_));
    return whole;
}

awaitable<result<void>> bulk_of::end()
{
    if (!whole_ && begun_) {
        whole_ = bytes_->may_end() && cutter_->whole_at_end();
        if (!whole_)
            co_return fail(errc::malformed, "data set of an instance that is cut off");
    }
    co_return result<void>();
}

}  // namespace pons::upstream
