#pragma once

#include "mapping/codecs/date_search.hpp"
#include "upstream/archive.hpp"
#include "upstream/capped/any_study.hpp"
#include "upstream/capped/row_limit.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pons::upstream {

/// What is remembered of a row: where a part of the question must find it again.
struct noted_row {
    std::optional<mapping::codecs::local_days> day;
    std::optional<std::uint16_t> minute;
    std::string modalities;        ///< "CT\\SR"
    std::uint32_t last_given = 0;  ///< the number of the answer that it was last in
    std::size_t print = 0;         ///< of what it says of a study
};

/// How one query went.
struct answer {
    std::uint32_t number = 0;
    std::uint32_t received = 0;          ///< rows, repeated ones included
    std::uint32_t fresh = 0;             ///< of them, which no answer before had
    std::size_t print = 0;               ///< of the question, and of its UIDs in any order
    std::vector<noted_row const*> rows;  ///< in the order in which they came, those without a UID left out
    bool cut = false;                    ///< not all: as known, as announced, or refused as too much
    bool doubtful = false;               ///< nobody knows
    bool unlikely = false;               ///< and it is hardly to be expected: doubtful, but not worth a word
    std::vector<issue> issues;

    std::vector<mapping::codecs::local_days> days() const;
};

/// The queries that one find is made of. Each row goes on to the one who asked when it first comes, up to as many as
/// were asked for; that of a study once more where it says something else than before.
class asker {
public:
    /// No find costs an archive more queries: 5,000 studies in answers of 200, or of 50, are had in so many.
    static constexpr std::uint32_t most_queries = 400;
    /// A day among those of ten years, and half an hour of it, are found in fewer; an archive that refuses all of that
    /// refuses everything.
    static constexpr std::uint32_t most_refusals = 24;

    /// All that is referred to outlives it.
    asker(archive& inner, row_limit& limit, find_request const& request, std::uint32_t most, row_sink& to,
          time_point deadline);

    /// Asks for a part of it. Errors: those of the archive, but for too_broad, which is a cut answer, unless the
    /// archive has answered nothing and refused `most_refusals` times; errc::cancelled.
    awaitable<result<answer>> ask(find_request request);
    /// The rows that a wider question brings, up to `most`; they go nowhere. Errors: those of the archive; once it
    /// found so many too_broad, it is not asked for as many again.
    awaitable<result<std::uint32_t>> count(find_request request, std::uint32_t most);

    /// Whether a question brings the row of `uid`; the rows go nowhere. Errors: those of the archive.
    awaitable<result<bool>> brings(find_request request, std::string const& uid);

    /// Gets to know a study that the archive holds. Errors and cancelling: as `ask_for_any_study`.
    awaitable<result<any_study>> find_any(known_studies& known);

    /// Why the next queries are asked, a literal, for one who traces them; empty: it is the find itself.
    void because(std::string_view why) { why_ = why; }

    /// False when no more rows are wanted, or too many queries were needed.
    bool may_go_on();

    /// Something is missing, or may be.
    void incomplete(std::string text);
    /// What the archive remarked along with an answer that counts. An answer of which the parts are asked for does not
    /// count: what it lacked is not lacking then.
    void keep_issues(answer const& from, bool counts);

    /// Why the archive refused each of the queries, if it did.
    std::optional<failure> const& refusal() const { return refusal_; }

    bool has_seen(std::string const& uid) const { return seen_.contains(uid); }
    /// The same for the UID of a level by itself, below STUDY as well.
    bool has_given(std::string const& uid) const;
    /// The UID of a study that was seen, if one was that can be asked for.
    std::string any_study() const;
    /// Rows that came with a day in `range`, or in `slice` of one, which were not in `a`.
    bool lost(answer const& a, mapping::codecs::da_range const& range) const;
    bool lost(answer const& a, mapping::codecs::local_days day, std::uint16_t from, std::uint16_t to) const;

    row_limit& limit() { return limit_; }
    mapping::level at() const { return at_; }
    found finish() &&;

private:
    struct taker;
    void take(mapping::data_set&& row, answer& a);

    archive& inner_;
    row_limit& limit_;
    mapping::level const at_;
    std::uint32_t const most_;  // 0: all
    row_sink& to_;
    time_point const deadline_;
    std::unordered_map<std::string, noted_row> seen_;
    std::string uid_;
    std::uint32_t delivered_ = 0;
    bool enough_ = false;
    bool answered_ = false;
    std::uint32_t refusals_ = 0;
    std::uint32_t refused_count_ = UINT32_MAX;
    std::optional<failure> refusal_;  // while nothing was answered
    found all_;
    std::string_view why_;
};

}  // namespace pons::upstream
