#pragma once

#include "tests/support/key_matching.hpp"
#include "tests/support/stored_study.hpp"
#include "upstream/archive.hpp"
#include "upstream/search/source.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// An archive in memory that misbehaves as it is told to (pacs-quirks A1 to A3 as switches).
namespace pons::test {

struct quirks {
    matching_rules matching;
    bool relational = false;           ///< else a query without the UIDs above its level is refused
    bool uid_lists_at_series = false;  ///< a list of Study Instance UIDs at SERIES level; else only the first counts
    bool refuses_uid_lists = false;    ///< answers such a list with nothing
    std::set<mapping::tag> ignored;    ///< keys that are left aside
    std::set<mapping::tag> refused;    ///< keys that it does not have: errc::refused
    std::set<mapping::tag> dropped;    ///< attributes that no answer holds
    bool omits_empty = false;          ///< rows lack what has no value, as QIDO-RS servers answer
    std::uint32_t sparse = 0;          ///< each so-many-th study is told by UID, Patient ID and Study Date; 0: none
    bool sparse_by_uid = true;         ///< also when it is asked for by its UID
    bool echoes = true;  ///< else: Modalities in Study and UIDs above the level are not in an answer to a key of them
    bool foreign_rows = false;                 ///< SERIES level without the study's UID as a key: rows of all studies
    std::uint32_t repeats = 0;                 ///< every so many-th row comes twice; 0: none
    bool repeats_differ = false;               ///< the second time with another description and modality
    std::uint32_t cap = 0;                     ///< rows of one answer; 0: all
    bool cap_is_announced = false;             ///< `truncated` is set; else it is silent
    bool cap_is_known = true;                  ///< a silent one: to the configuration
    std::uint32_t min_chars = 0;               ///< finds nothing by a text of fewer letters, wild cards not counted
    std::uint32_t refuses_above = 0;           ///< errc::too_broad for more matches than that; 0: never
    std::optional<std::uint32_t> fails_after;  ///< errc::aborted after so many rows
    bool asynchronous = true;                  ///< answers from a later turn of the executor
};

/// What an archive was asked, and how it went.
struct record_of_queries {
    std::vector<mapping::find_request> requests;
    std::vector<std::string> faults;  ///< requests that break the standard: refused
    std::uint32_t running = 0;
    std::uint32_t most_running = 0;
    std::uint32_t cancelled = 0;
    std::uint32_t held_back = 0;  ///< answers that lacked matches because of the cap
    std::uint64_t rows = 0;

    std::size_t count(mapping::level at) const;
};

/// Its data and its record are shared with the test; they outlive it. Single-threaded.
class scripted_archive final : public upstream::archive {
public:
    scripted_archive(std::vector<stored_study> const& studies, quirks how, record_of_queries& log);

    awaitable<result<upstream::found>> find(mapping::find_request const& request, upstream::row_sink& rows,
                                            time_point deadline) override;
    awaitable<result<void>> verify(time_point deadline) override;

    /// From now on every query waits until `release`.
    void hold() { held_ = true; }
    void release();

private:
    struct answer;

    awaitable<bool> wait_while_held();
    void find_rows(mapping::find_request const& request, answer& out) const;
    bool meets_all(mapping::data_set const& stored, mapping::find_request const& request, mapping::level at) const;
    bool takes_series_of(stored_study const& study, mapping::find_request const& request) const;
    mapping::data_set shown(stored_study const& study, stored_series const* series, mapping::data_set const* instance,
                            mapping::find_request const& request) const;
    bool has_short_text(mapping::find_request const& request) const;
    bool is_sparse(stored_study const& study, mapping::find_request const& request) const;

    std::vector<stored_study> const& studies_;
    quirks how_;
    record_of_queries& log_;
    bool held_ = false;
    std::vector<steady_timer*> waiting_;
};

/// A source around a scripted archive, its abilities and limits as the archive's are: what a configuration without
/// mistakes would say. `limit`: what was learned of it before; null: nothing. `empty_values`: whether the configuration
/// says that the archive matches them, where it does.
upstream::searched_source make_source(std::vector<stored_study> const& studies, quirks const& how,
                                      std::shared_ptr<mapping::source_facts const> facts, record_of_queries& log,
                                      std::shared_ptr<upstream::row_limit> limit = nullptr, bool empty_values = true);

/// What a configuration without mistakes would say of its limit.
std::shared_ptr<upstream::row_limit> make_limit(quirks const& how);

/// What an archive that drops attributes ever tells of a study.
stored_study visible_part(stored_study const& study, std::set<mapping::tag> const& dropped);

}  // namespace pons::test
