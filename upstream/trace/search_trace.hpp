#pragma once

#include "mapping/search/judge.hpp"
#include "upstream/archive.hpp"

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What one search asked of one source, and what became of it (DESIGN law 7).
namespace pons::upstream {

/// How a find ended; while it has not, the error is empty and `ended` is false.
struct traced_end {
    bool ended = false;
    clock::duration took{};
    std::uint32_t rows = 0;
    bool truncated = false;
    std::optional<failure> error;
};

/// A query that went out to the archive.
struct traced_query {
    /// A C-FIND, or a page.
    struct exchange {
        std::string what;
        unsigned status = 0;
        std::uint32_t rows = 0;
        clock::duration took{};
    };
    find_request request;
    std::string why;       ///< empty: it is the find itself
    clock::duration at{};  ///< after the search began
    traced_end end;
    std::vector<exchange> exchanges;
};

/// A question of the search, of which the layers may make several queries, or none.
struct traced_find {
    enum class shared {
        no,
        on_its_way,  ///< with an equal query of somebody else
        kept         ///< an answer that was kept
    };
    find_request request;
    std::string why;
    clock::duration at{};
    traced_end end;
    std::vector<issue> issues;
    std::list<traced_query> queries;  ///< those that went out for it
    shared from = shared::no;
};

/// Belongs to one search, and is touched on its executor only. A query that outlives the search still writes into it.
class search_trace {
public:
    explicit search_trace(time_point began = clock::now()) : began_(began) {}

    /// How long ago the search began.
    clock::duration now() const { return clock::now() - began_; }

    std::shared_ptr<traced_find> begin(find_request const& request, std::string_view why);
    std::vector<std::shared_ptr<traced_find>> const& finds() const { return finds_; }

    /// The criteria that studies are held against, so that `refuse` can tell which one did it.
    void judge_by(std::span<mapping::search::criterion const> criteria);
    /// A study was looked at and left out for a criterion.
    void refuse(mapping::study_record const& study, std::span<mapping::tag const> untold = {});

    /// So many rows or studies were left out; `why` is a literal without a value of any.
    void drop(std::string_view why, std::size_t how_many = 1);
    /// Reasons in the order in which they first came, with how many.
    std::vector<std::pair<std::string, std::uint32_t>> const& dropped() const { return dropped_; }

    /// Before the studies are put together once more.
    void forget_dropped() { dropped_.clear(); }

    std::uint32_t matched = 0;      ///< studies that met all criteria, of this page and others
    std::uint32_t given = 0;        ///< studies that this source gave to the page
    std::optional<failure> failed;  ///< why its part of the search failed
    std::vector<issue> issues;      ///< what it told along with its answer

private:
    time_point const began_;
    std::vector<std::shared_ptr<traced_find>> finds_;
    std::vector<std::pair<std::string, mapping::search::judge>> judges_;
    std::vector<std::pair<std::string, std::uint32_t>> dropped_;
};

}  // namespace pons::upstream
