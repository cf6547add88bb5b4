#include "upstream/capped/row_limit.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace pons::upstream {

namespace {

std::atomic<std::uint64_t> learned{0};

bool is_round(std::uint32_t n)
{
    return n % 50 == 0 || std::has_single_bit(n);
}

}  // namespace

row_limit::row_limit(std::string source, std::uint32_t configured, std::uint32_t least)
    : source_(std::move(source)), configured_(configured), least_(least), rows_(configured)
{
}

/// Whether an answer at this level, or at STUDY, shows that the archive does not stop at `rows`.
bool row_limit::ever_more(mapping::level at, std::uint32_t rows) const
{
    return levels_[static_cast<std::size_t>(at)].most > rows || levels_[0].most > rows;
}

row_limit::verdict row_limit::judge(mapping::level at, std::uint32_t rows, std::size_t print, time_point now)
{
    if (configured_ != 0)
        return rows >= configured_ ? verdict::cut : verdict::whole;
    std::scoped_lock const lock(mutex_);
    if (rows > said_.load(std::memory_order_relaxed))
        said_.store(0, std::memory_order_relaxed);
    auto& level = at_level(at);
    auto const known = rows_.load();
    if (known != 0 && at == mapping::level::study && rows > known) {
        spdlog::info("source {} gave {} rows: it does not stop at {}", source_, rows, known);
        rows_.store(0);
    }
    bool const more = ever_more(at, rows);
    if (rows > level.most) {
        level.most = rows;
        level.question = 0;
    }
    if (auto const limit = rows_.load(); limit != 0) {
        if (rows < limit || more || level.most > limit)
            return verdict::whole;
        return verdict::cut;
    }
    bool const is_proven =
        std::ranges::any_of(whole_, [&](proof const& p) { return p.print == print && p.until > now; });
    if (rows < least_ || more || is_proven || tells_.load(std::memory_order_relaxed))
        return verdict::whole;
    return verdict::doubtful;
}

void row_limit::says(std::uint32_t rows)
{
    tells_.store(true, std::memory_order_relaxed);
    if (rows >= least_)
        said_.store(rows, std::memory_order_relaxed);
}

void row_limit::is_whole(std::size_t print, time_point now)
{
    std::scoped_lock const lock(mutex_);
    whole_[next_whole_++ % whole_.size()] = {print, now + stays_whole};
}

void row_limit::gave(mapping::level at, std::uint32_t rows)
{
    std::scoped_lock const lock(mutex_);
    auto& level = at_level(at);
    if (rows > level.most)
        level = {.most = rows, .question = 0};
}

void row_limit::learn(std::uint32_t rows)
{
    if (configured_ != 0 || rows == 0)
        return;
    std::scoped_lock const lock(mutex_);
    auto const known = rows_.load();
    if (known != 0 && known <= rows)
        return;
    rows_.store(rows);
    levels_[0] = {};
    learned.fetch_add(1, std::memory_order_relaxed);
    spdlog::warn("source {} stops at {} rows, it seems; searches are split accordingly: set quirks.max_results",
                 source_, rows);
}

bool row_limit::may_be(mapping::level at, std::uint32_t rows) const
{
    if (configured_ != 0 || rows < least_ || tells_.load(std::memory_order_relaxed))
        return configured_ != 0 && rows >= configured_;
    std::scoped_lock const lock(mutex_);
    return levels_[static_cast<std::size_t>(at)].most <= rows;
}

bool row_limit::is_suspect(mapping::level at, std::uint32_t rows, std::size_t question)
{
    if (configured_ != 0 || rows < least_ || !is_round(rows))
        return false;
    std::scoped_lock const lock(mutex_);
    auto& level = at_level(at);
    if (rows != level.most || ever_more(at, rows))
        return false;
    auto const first = std::exchange(level.question, level.question == 0 ? question : level.question);
    return first != 0 && first != question;
}

std::string row_limit::hint() const
{
    if (!is_learned())
        return {};
    return ", which seems to stop at " + std::to_string(rows()) + " rows: set quirks.max_results";
}

std::uint64_t row_limit::learned_so_far()
{
    return learned.load(std::memory_order_relaxed);
}

}  // namespace pons::upstream
