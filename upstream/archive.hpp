#pragma once

#include "mapping/data_set.hpp"
#include "mapping/find_request.hpp"
#include "mapping/result.hpp"
#include "upstream/asio.hpp"
#include "upstream/errc.hpp"

#include <cstdint>
#include <vector>

/// The one interface between the faces that clients see and the archives behind (DESIGN section 3).
namespace pons::upstream {

using mapping::find_request;
using mapping::key;

/// How a find ended well.
struct found {
    std::uint32_t rows = 0;
    /// More matches exist or may exist: `max_rows` was reached, or the archive said that it held some back.
    bool truncated = false;
    std::vector<issue> issues;  ///< what could not be had or read, for the one who asked
};

/// Takes the rows of a find, on the executor of the coroutine that waits for it.
struct row_sink {
    virtual void row(mapping::data_set&& row) = 0;

protected:
    ~row_sink() = default;
};

/// One source, or several behind one face.
struct archive {
    virtual ~archive() = default;

    /// Finds what matches `request`: one data set per match goes to `rows` as it comes, in no order; archives may
    /// ignore keys, repeat rows and leave out attributes. No match is success without rows (PS3.18 §8.3.4.4.1,
    /// PS3.4 C.4.1). `deadline` bounds the whole, time in the queue included.
    ///
    /// Errors: any errc; rows that came before an error are worth nothing as an answer.
    /// Cancelling (terminal): the query ends at the archive (C-CANCEL or a closed connection), the result is
    /// errc::cancelled.
    virtual awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) = 0;

    /// C-ECHO (PS3.7 §9.1.5), or a QIDO-RS search for one study. Errors and cancelling as `find`.
    virtual awaitable<result<void>> verify(time_point deadline) = 0;
};

}  // namespace pons::upstream
