#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/asio.hpp"
#include "upstream/capped/answer_lengths.hpp"
#include "upstream/dicomweb/qido_target.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pons::upstream::dicomweb {

/// UIDs that came already. One table and one text for all: a search sees thousands.
class uid_set {
public:
    /// False when it is there already.
    bool insert(std::string_view uid);

private:
    struct slot {
        std::size_t hash = 0;
        std::uint32_t offset = 0;
        std::uint32_t size = 0;  // 0: free
    };

    void grow();

    std::vector<slot> slots_;
    std::size_t count_ = 0;
    std::string text_;
};

/// What a server's pages taught us, kept from search to search, for each level.
struct page_lore {
    answer_lengths pages;   ///< a server that sends a page so long does not cut at less
    std::uint32_t cap = 0;  ///< a page so long was cut without a Warning; 0: none was
    struct answer {
        std::size_t fingerprint = 0;
        time_point until{};
    };
    std::array<answer, 8> checked{};  ///< found to be whole a moment ago
    std::size_t next_checked = 0;
};

/// How many rows to ask for at a time, and which pages may have been cut without a word.
struct page_terms {
    std::uint32_t limit = 1000;
    /// No server is known that cuts studies, series or instances below this in silence, and most patients have fewer:
    /// not worth a request.
    std::uint32_t doubted_from = 20;
};

/// Decides which pages of a QIDO-RS or UPS-RS search to ask for, and whether the whole was had (PS3.18 §8.3.4.4,
/// §10.6.3.4, §11.9).
///
/// A page goes on where the one before ended, but for one row, so that rows that moved in between are noticed. The end
/// is a page that is not full and came without a Warning; because some servers cut at a length of their own and say
/// nothing, a page longer than any of the last hour is checked by asking for what lies beyond it. Servers that ignore
/// `limit` or `offset` repeat themselves, which ends the walk. When it cannot be known that nothing is missing,
/// `truncated` is set.
class page_walk {
public:
    /// `max_rows`: 0 for all. `question` tells what was asked for from other questions (`hash_of`).
    page_walk(config::quirks const& quirks, std::uint32_t max_rows, page_lore& lore, time_point now,
              std::size_t question, page_terms terms = {});

    /// What to ask for next.
    page next();

    enum class verdict { deliver, repeat, drop, stop };
    /// To be called for each row of a page, in order. `uid` is empty when the row has none. `repeat`: the same study,
    /// series or instance once more in one page, which is no doing of the walk's.
    verdict row(std::string_view uid);

    /// After the last row of a page; `more`: the server said that there are more. True when another page is to be asked
    /// for.
    bool end_page(bool more);

    /// Whether this page only checks the one before: its refusal is no failure of the search, but leaves it open
    /// whether there is more.
    bool checking() const { return checking_; }
    void check_was_refused();

    std::uint32_t in_page() const { return in_page_; }  ///< rows of the page, repeated ones included
    std::uint32_t rows() const { return delivered_; }
    bool truncated() const { return truncated_; }
    /// What was odd, once the walk is over.
    std::vector<issue> issues() const;

private:
    void nothing_beyond();
    bool end_first_page(bool more);
    bool end_later_page(bool more);
    bool go_on(std::uint32_t rows);
    bool is_full(bool more) const;
    std::size_t fingerprint() const;
    bool is_doubtful() const;

    config::quirks const& quirks_;
    std::uint32_t const max_rows_;
    page_lore& lore_;
    time_point const now_;
    std::size_t const question_;
    page_terms const terms_;
    uid_set seen_;

    // the walk
    std::uint32_t limit_ = 0;
    std::uint32_t offset_ = 0;
    bool first_page_ = true;
    bool checking_ = false;
    std::size_t in_question_ = 0;  // what is checked
    bool by_cap_only_ = false;     // this page was asked for because the one before reached the learned cap
    bool overlaps_ = false;
    std::string very_first_;
    std::string boundary_;  // the last row of the page before
    // the page
    std::uint32_t in_page_ = 0;
    std::uint32_t new_in_page_ = 0;
    std::uint32_t repeated_in_page_ = 0;
    bool boundary_seen_ = false;
    bool begins_like_the_first_ = false;
    std::string last_;
    // the whole
    std::uint32_t delivered_ = 0;
    std::uint32_t repeated_ = 0;
    std::uint32_t page_before_ = 0;
    bool cut_ = false;
    bool truncated_ = false;
    bool moved_ = false;
    bool offset_ignored_ = false;
    bool cannot_page_ = false;
    bool refuses_offset_ = false;
};

}  // namespace pons::upstream::dicomweb
