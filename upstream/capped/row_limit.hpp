#pragma once

#include "mapping/levels.hpp"
#include "upstream/asio.hpp"
#include "upstream/capped/answer_lengths.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

namespace pons::upstream {

/// What is known of the number of rows after which an archive stops: said by the configuration, or learned from what it
/// did. Many archives stop without a word (pacs-quirks F11).
///
/// It is taken for one number that does not change, for all levels alike, or larger below STUDY. An answer with more
/// rows refutes what was learned; what is configured is believed. Lengths count for an hour (`answer_lengths`), for a
/// limit may be set, or lowered, at any time.
///
/// Shared by all workers; a mutex guards it, held for a few instructions and never across a wait.
class row_limit {
public:
    /// No archive is known that stops below this without a word, and most patients have fewer studies.
    static constexpr std::uint32_t never_a_limit = 20;
    /// Two answers of so many rows, and none of more, are worth a look.
    static constexpr std::uint32_t hardly_a_limit = 5;

    /// `configured`: 0 when nothing is. `least`: no answer of fewer rows is doubted.
    explicit row_limit(std::string source, std::uint32_t configured = 0, std::uint32_t least = never_a_limit);

    /// The number of rows; 0: none is known. Waits for nothing.
    std::uint32_t rows() const { return rows_.load(std::memory_order_relaxed); }
    /// The same, or else the length of an answer of which the archive said that it is not all: no use in asking for
    /// more at once.
    std::uint32_t longest_answer() const
    {
        auto const known = rows();
        return known != 0 ? known : said_.load(std::memory_order_relaxed);
    }
    bool is_learned() const { return configured_ == 0 && rows() != 0; }

    enum class verdict {
        whole,     ///< it did not end for the limit
        cut,       ///< as many rows as the limit
        doubtful,  ///< more rows did not come, or not since another answer of as many: a limit that nobody knows?
        unlikely   ///< such a limit is not to be expected, but its parts are worth asking for
    };
    /// Of an answer of `rows` rows, after which the archive said that this is all. `question` tells questions apart (0:
    /// this was a part of one, and only a longest answer is doubted), `print` answers and the questions that they are
    /// to.
    verdict judge(mapping::level at, std::uint32_t rows, std::size_t question, std::size_t print, time_point now);

    /// That answer turned out to be all, as of `now`. Another one of as many rows may still be cut.
    void is_whole(mapping::level at, std::uint32_t rows, std::size_t print, time_point now);
    /// The same, by what says nothing of its length.
    void is_whole(std::size_t print, time_point now);
    bool was_whole(std::size_t print, time_point now) const;
    static constexpr std::chrono::seconds stays_whole{30};
    /// It cannot be found out of that one: it is not worth another look for a while, unless none is longer.
    void stays_open(mapping::level at, std::uint32_t rows, time_point now);
    /// Whether one of as many was looked into lately, and is not worth another look therefore.
    bool is_left(mapping::level at, std::uint32_t rows, time_point now) const;
    /// The archive gave so many rows.
    void gave(mapping::level at, std::uint32_t rows, time_point now);
    /// An answer of so many rows turned out not to be all. Logs it once.
    void learn(mapping::level at, std::uint32_t rows, time_point now);
    /// It said of an answer of so many rows that this is not all: what it does not say of an answer is then not so. A
    /// refusal is no such word: an archive that is busy refuses as well (A700).
    void says(std::uint32_t rows);

    /// Whether no answer at this level was longer than that. For where counts contradict an answer: limits may be lower
    /// below STUDY, so that longer answers there are no proof.
    bool may_be(mapping::level at, std::uint32_t rows, time_point now) const;

    /// For answers that are not doubted by more than their number: whether another one, to another question, had as
    /// many rows, none had more, one of as many was not found whole lately, and the number is a round one (of fifties,
    /// or a power of two).
    bool is_suspect(mapping::level at, std::uint32_t rows, std::size_t question, time_point now);

    /// " , which seems to stop at 500 rows: set quirks.max_results"; empty when that is no news.
    std::string hint() const;

    /// How many limits were learned, for metrics: of all sources of the process.
    static std::uint64_t learned_so_far();

private:
    struct of_level {
        answer_lengths lengths;
        std::uint32_t suspect = 0;  // what was asked about last,
        std::size_t question = 0;   // and for which question first
    };
    struct proof {
        std::size_t print = 0;
        time_point until{};
    };

    of_level& at_level(mapping::level at) { return levels_[static_cast<std::size_t>(at)]; }
    bool has_more(mapping::level at, std::uint32_t rows, time_point now) const;
    void note(mapping::level at, std::uint32_t rows, std::size_t question, time_point now);
    bool is_proven(std::size_t print, time_point now) const;

    std::string const source_;
    std::uint32_t const configured_;
    std::uint32_t const least_;
    std::atomic<std::uint32_t> rows_;
    std::atomic<std::uint32_t> said_{0};
    std::atomic<bool> tells_{false};
    std::mutex mutable mutex_;
    std::array<of_level, 3> levels_{};
    std::array<proof, 16> whole_{};
    std::size_t next_whole_ = 0;
};

}  // namespace pons::upstream
