#include "proxy/dimse/row_flow.hpp"

#include "upstream/errc.hpp"

#include <optional>
#include <utility>

namespace pons::proxy::dimse {

row_flow::row_flow(find_query const& query, std::string_view called_ae, std::string_view transfer_syntax,
                   outward<find_row>& to)
    : answers_(query, called_ae, transfer_syntax), most_(query.search.limit), to_(to)
{
}

void row_flow::offer(dicomweb::hit const& one)
{
    std::string uids(one.study->uid());
    if (auto const* const series = one.of_series())
        uids.append(1, '\\').append(series->attributes.text(mapping::tags::SeriesInstanceUID));
    if (auto const* const instance = one.of_instance())
        uids.append(1, '\\').append(instance->text(mapping::tags::SOPInstanceUID));
    if (!offered_.insert(std::move(uids)).second)
        return;
    over_ = over_ || given_ == most_;
    if (over_)
        return;
    auto row = answers_.next(one);
    if (!row)
        return;
    ++given_;
    waiting_.push_back(std::move(*row));
    coroutine_bell::ring(come_);
}

void row_flow::finish()
{
    finished_ = true;
    coroutine_bell::ring(come_);
}

awaitable<result<void>> row_flow::drain()
{
    for (;;) {
        while (!waiting_.empty()) {
            auto next = std::move(waiting_.front());
            waiting_.pop_front();
            bool const taken = co_await to_.put(std::move(next));
            if (!taken)
                co_return fail(upstream::errc::cancelled, "C-FIND");
        }
        if (finished_)
            co_return result<void>();
        co_await come_->wait();
    }
}

}  // namespace pons::proxy::dimse
