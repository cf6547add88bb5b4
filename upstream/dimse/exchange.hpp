#pragma once

#include "mapping/data_set.hpp"
#include "upstream/archive.hpp"
#include "upstream/dimse/wire/association.hpp"

#include "config/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

/// C-ECHO and C-FIND over an open association (PS3.7 §9.1.5, §9.1.2). Everything here blocks the calling thread.
namespace pons::upstream::dimse {

/// Who asks, seen from the thread that does the work.
struct asker {
    virtual bool row(mapping::data_set&& row, std::size_t size) = 0;  ///< false: enough, nobody listens any more
    virtual void pause() = 0;                                         ///< the next row will be waited for
    virtual void end(result<found> how) = 0;                          ///< once, after the last row
    virtual bool worth_draining() const = 0;  ///< after C-CANCEL: the association will be needed again

protected:
    ~asker() = default;
};

struct find_command {
    mapping::data_set identifier;  ///< from to_identifier
    std::uint32_t max_rows = 0;    ///< 0: all
    bool of_worklist = false;  ///< Modality Worklist (PS3.4 Annex K) instead of Study Root; rows have all attributes
};

/// The information model that it asks.
char const* sop_class_of(find_command const& what);

/// What an exchange has left behind.
struct aftermath {
    bool in_step = false;     ///< the association can take the next command
    bool unanswered = false;  ///< it broke before anything was received; `asker::end` has not been called
    failure why;              ///< when unanswered
};

/// Asks and tells `who` everything, `end` included. `until` bounds the whole; an interruption of it (`by`) makes the
/// result errc::cancelled and ends the query at the archive by C-CANCEL (PS3.7 §9.3.2.3); so do `max_rows` and a `who`
/// who has enough. After C-CANCEL the rest is drained for up to 500 ms, unless interrupted anew.
///
/// Responses: FF00 and FF01 bring a row, 0000 ends, an identifier with it is ignored. Every other status is an error,
/// whatever came before: A700 too_broad, else refused. A row that cannot be read costs that row and is told as an
/// issue.
aftermath c_find(association& over, find_command const& what, config::source const& source, asker& who,
                 time_point until, interruption& by);

/// Errors: as the calls of `association`; refused: a status other than Success.
aftermath c_echo(association& over, config::source const& source, asker& who, time_point until, interruption& by);

/// What associations for these two propose, and nothing else: some archives reject more, or answer it at random.
association_request proposals(config::source const& source);
/// The same for a worklist.
association_request worklist_proposals(config::source const& source);

/// The same with who we are, where the source has credentials (PS3.7 §D.3.3.7).
association_request introduced(association_request what, config::source const& source);

/// Name, TCP, TLS where the source has it, and A-ASSOCIATE, `introduced`, with the deadlines of the source.
tl::expected<association, refusal> open_association(config::source const& source, association_request const& what,
                                                    patience const& how_long);

}  // namespace pons::upstream::dimse
