#include "upstream/capped/answer_lengths.hpp"

#include <algorithm>
#include <bit>

namespace pons::upstream {

void answer_lengths::note(std::uint32_t rows, std::size_t question, time_point now)
{
    if (rows == 0)
        return;
    std::erase_if(all_, [&](length const& one) { return one.until <= now; });
    refute_below(rows);
    if (all_.empty() || all_.back().rows != rows)
        all_.push_back({rows, question, {}});
    auto& last = all_.back();
    last.until = now + kept;
    if (last.question == 0)
        last.question = question;
}

void answer_lengths::refute_below(std::uint32_t rows)
{
    while (!all_.empty() && all_.back().rows < rows)
        all_.pop_back();
}

std::uint32_t answer_lengths::most(time_point now) const
{
    auto const first = std::ranges::find_if(all_, [&](length const& one) { return one.until > now; });
    return first == all_.end() ? 0 : first->rows;
}

bool answer_lengths::is_repeated(std::uint32_t rows, std::size_t question, time_point now) const
{
    return question != 0 && std::ranges::any_of(all_, [&](length const& one) {
               return one.rows == rows && one.until > now && one.question != 0 && one.question != question;
           });
}

void answer_lengths::not_again(std::uint32_t rows, time_point now)
{
    left_[next_left_++ % left_.size()] = {rows, 0, now + left_alone};
}

bool answer_lengths::is_left(std::uint32_t rows, time_point now) const
{
    return std::ranges::any_of(left_, [&](length const& one) { return one.rows == rows && one.until > now; });
}

bool is_round(std::uint32_t rows)
{
    return rows % 50 == 0 || std::has_single_bit(rows);
}

}  // namespace pons::upstream
