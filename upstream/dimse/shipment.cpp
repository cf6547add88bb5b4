#include "upstream/dimse/shipment.hpp"

namespace pons::upstream::dimse {

// --- the coroutine -----------------------------------------------------------------------------------------------

shipment::wants shipment::now()
{
    std::scoped_lock const lock(mutex_);
    if (ending_)
        return wants::over;
    if (open_ && !ring_.full())
        return wants::bytes;
    if (!open_ && !whole_ && !last_)
        return wants::instance;
    rung();
    return wants::nothing;
}

void shipment::begin(part_head const& head)
{
    std::scoped_lock const lock(mutex_);
    head_ = head;
    open_ = true;
    read_.notify_all();
}

std::span<std::byte const> shipment::put(std::span<std::byte const> bytes)
{
    std::scoped_lock const lock(mutex_);
    auto const rest = ring_.append(bytes);
    read_.notify_all();
    return rest;
}

void shipment::end()
{
    std::scoped_lock const lock(mutex_);
    open_ = false;
    whole_ = true;
    read_.notify_all();
}

void shipment::no_more()
{
    std::scoped_lock const lock(mutex_);
    last_ = true;
    read_.notify_all();
}

bool shipment::begun() const
{
    std::scoped_lock const lock(mutex_);
    return begun_;
}

result<stored> shipment::ending()
{
    std::scoped_lock const lock(mutex_);
    return std::move(*ending_);
}

// --- the worker --------------------------------------------------------------------------------------------------

/// False when it is lost.
template <class Condition>
bool shipment::wait(std::unique_lock<std::mutex>& lock, time_point until, Condition const& news)
{
    while (!gone() && !too_late_ && !news())
        too_late_ = read_.wait_until(lock, until) == std::cv_status::timeout && !news();
    return !gone() && !too_late_;
}

std::optional<part_head> shipment::next(time_point until)
{
    std::unique_lock lock(mutex_);
    if (!wait(lock, until, [&] { return head_.has_value() || last_; }))
        return {};
    auto const taken = std::exchange(head_, std::nullopt);
    return taken;
}

/// The worker is done with the piece that it has.
void shipment::put_back()
{
    if (!out_)
        return;
    if (!out_->bytes.empty())
        ring_.pop();
    if (out_->last)
        whole_ = false;
    out_.reset();
    begun_ = true;
    ring();
}

std::optional<shipment::piece> shipment::next_piece(time_point until)
{
    std::unique_lock lock(mutex_);
    put_back();
    if (!wait(lock, until, [&] { return ring_.blocks() > 1 || whole_; }))
        return {};
    piece p;
    p.last = whole_ && ring_.blocks() <= 1;
    if (ring_.blocks() > 0)
        p.bytes = ring_.front();
    out_ = p;
    return p;
}

void shipment::sent()
{
    std::scoped_lock const lock(mutex_);
    put_back();
}

bool shipment::skip(time_point until)
{
    for (bool last = out_ && out_->last; !last;) {  // only the worker writes it
        auto const piece = next_piece(until);
        if (!piece)
            return false;
        last = piece->last;
    }
    sent();
    return true;
}

bool shipment::lost() const
{
    std::scoped_lock const lock(mutex_);
    return gone() || too_late_;
}

void shipment::told(part_head const& head, std::uint16_t status, std::string comment)
{
    stored::instance one;
    one.sop_class_uid = head.sop_class_uid;
    one.sop_instance_uid = head.sop_instance_uid;
    one.status = status;
    one.comment = std::move(comment);
    std::scoped_lock const lock(mutex_);
    told_.instances.push_back(std::move(one));
}

void shipment::finish(result<void> how)
{
    std::scoped_lock const lock(mutex_);
    if (ending_)
        return;
    ended();
    if (how)
        ending_.emplace(std::move(told_));
    else
        ending_.emplace(tl::unexpected(std::move(how.error())));
    read_.notify_all();
    ring();
}

}  // namespace pons::upstream::dimse
