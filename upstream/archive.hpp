#pragma once

#include "mapping/data_set.hpp"
#include "mapping/find_request.hpp"
#include "mapping/result.hpp"
#include "upstream/asio.hpp"
#include "upstream/errc.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
    std::uint32_t queries = 1;  ///< that the archive was asked for it
    std::uint32_t longest = 0;  ///< rows of the longest of their answers, repeated ones included; 0: not counted
};

/// One exchange of a find with an archive: a C-FIND, or a page of a QIDO-RS search.
struct wire_exchange {
    std::string_view what;   ///< the request target; for C-FIND how keys are sent that only ask
    unsigned status = 0;     ///< HTTP; 0: DIMSE, or no answer
    std::uint32_t rows = 0;  ///< that it brought
    clock::duration took{};
};

/// Takes the rows of a find, on the executor of the coroutine that waits for it.
struct row_sink {
    virtual void row(mapping::data_set&& row) = 0;

    /// What the rows are for, in words of ours, for one who traces the find; a literal, or it lives as long as this.
    virtual std::string_view purpose() const { return {}; }
    /// The archive was asked, and that is how it went; for one who traces the find.
    virtual void exchanged(wire_exchange const& /*one*/) {}

protected:
    ~row_sink() = default;
};

/// Which instances: those of a study, of one series of it, or one (PS3.18 §10.4.1); or several of a series (PS3.4
/// C.4.2.1.4.1, C.4.3.1.3.1).
struct retrieve_request {
    std::string study_instance_uid;
    std::string series_instance_uid;  ///< empty: every series
    std::string sop_instance_uid;     ///< empty: every instance; needs the series
    /// Of one instance: the frames that are wanted, ascending, each once, the first is 1; empty: all. An archive may
    /// bring the whole instance all the same: `part_head::frames` says which came.
    std::vector<std::uint32_t> frames = {};
    /// These instances of the series, in place of the one; empty: not so. Only `archive::retrieve` takes such a list.
    std::vector<std::string> sop_instance_uids = {};

    friend bool operator==(retrieve_request const&, retrieve_request const&) = default;
};

/// What is known of an instance before its bytes come (PS3.10 §7.1).
struct part_head {
    std::string sop_class_uid;
    std::string sop_instance_uid;
    std::string transfer_syntax_uid;
    std::size_t data_set_offset = 0;  ///< where the data set begins: after preamble, prefix and group 0002
    /// Not empty: it holds these frames of the instance only, extracted in this order and numbered from 1 (PS3.4
    /// §Y.3.3). The UID above is that of the instance they are of; the data set has one of its own.
    std::vector<std::uint32_t> frames = {};

    friend bool operator==(part_head const&, part_head const&) = default;
};

/// Takes instances one after another, each as the bytes of a PS3.10 file, on the executor of the coroutine that
/// retrieves: `begin`, any number of `write`s, `end`. The archive is not read on until a call is done: that is the
/// backpressure. An error ends the retrieve and is its result; errc::cancelled: nobody listens any more.
///
/// An instance that has begun and does not end is a broken one; nothing takes it back.
struct part_sink {
    virtual awaitable<result<void>> begin(part_head const& head) = 0;
    virtual awaitable<result<void>> write(std::span<std::byte const> bytes) = 0;  ///< valid until it is done
    virtual awaitable<result<void>> end() = 0;

protected:
    ~part_sink() = default;
};

/// Takes one value of an instance, little endian (PS3.18 §8.7.3.3), on the executor of the coroutine that retrieves:
/// `begin`, any number of `write`s; the backpressure and errors of part_sink.
struct bulk_sink {
    /// `encapsulated`: what comes are the fragments of encapsulated pixel data, one after the other (PS3.5 §A.4).
    virtual awaitable<result<void>> begin(bool encapsulated) = 0;
    virtual awaitable<result<void>> write(std::span<std::byte const> bytes) = 0;  ///< valid until it is done

protected:
    ~bulk_sink() = default;
};

/// When to ask again for what an archive lists and did not bring: it may be fetching that from slow storage.
inline constexpr std::chrono::seconds while_it_is_fetched{30};

/// How a retrieve ended well.
struct retrieved {
    std::uint32_t instances = 0;
    /// Instances that the archive itself counted as completed, where it counts; they are not always those that came.
    std::uint32_t completed = 0;
    std::vector<issue> issues;
};

/// Gives instances to store one after another, each as the bytes of a PS3.10 file, on the executor of the coroutine
/// that stores: `next`, then `read` until it gives nothing. It is not asked on until the bytes went out: that is the
/// backpressure. An error ends the store and is its result; errc::cancelled: whoever sent them has gone.
struct instance_source {
    /// The next instance, which was begun; nothing after the last one.
    virtual awaitable<result<std::optional<part_head>>> next() = 0;
    /// Some of its bytes, from the preamble on; none at its end. Valid until the next call.
    virtual awaitable<result<std::span<std::byte const>>> read() = 0;

protected:
    ~instance_source() = default;
};

/// What became of instances that were to be stored (PS3.18 §10.5.3, PS3.4 §B.2.3).
struct stored {
    struct instance {
        std::string sop_class_uid;
        std::string sop_instance_uid;
        /// 0: stored; B000 to BFFF: stored, with a warning; any other: not stored, and why.
        std::uint16_t status = 0;
        std::string retrieve_url;  ///< where the archive says that it is, if it does
        /// Error Comment (0000,0902) of a failure, as the archive wrote it: for the sender of the instance alone, since
        /// it may tell of the patient.
        std::string comment = {};

        friend bool operator==(instance const&, instance const&) = default;
    };
    std::vector<instance> instances;  ///< each that was given, in the order given
    std::string retrieve_url;         ///< of the study
    std::vector<issue> issues;
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

    /// Retrieves the instances of `request`, as stored: transfer syntax and data set are those of the archive, bit by
    /// bit. They come in any order; one may come twice where the archive sends it twice, unless a layer above drops it.
    /// `deadline` bounds the time to the first byte; then the stall budget (20 s without progress) and
    /// `timeouts.transfer` of the source hold.
    ///
    /// Errors: any errc; not_found when the archive holds none of it; not_yet, with retry_after, while a near-line
    /// archive fetches them; incomplete when some are missing and will not come. What was written before an error has
    /// been written: the one who asked breaks its answer off. For a list of instances also unsupported, before anything
    /// was written, where the archive cannot be asked for one.
    /// Cancelling (terminal): C-CANCEL, an abort or a closed connection; the result is errc::cancelled.
    virtual awaitable<result<retrieved>> retrieve(retrieve_request const& request, part_sink& parts,
                                                  time_point deadline);

    /// The data sets of the same instances without their bulk data (PS3.18 §10.4.1.1.2), where the archive can do that
    /// itself. A binary attribute that is not empty has the place of its value as its one value (`mapping::is_binary`):
    /// BulkDataURI as the archive wrote it, a data URL, or tags and item numbers, "54000100/1/54001010". Errors also:
    /// unsupported, before any row; a layer above then makes them of the instances.
    virtual awaitable<result<found>> retrieve_metadata(retrieve_request const& request, row_sink& rows,
                                                       time_point deadline);

    /// One value of the instance that `request` names with all its UIDs: the one at `place`, tags and item numbers, as
    /// in metadata. Deadlines as `retrieve`; it ends well only when all of the value was written.
    ///
    /// Errors: any errc; not_found when there is no such instance, or no such value in it; unsupported, before
    /// anything was written, where the archive cannot do that itself; a layer above then cuts it out of the instance.
    /// Cancelling as `retrieve`.
    virtual awaitable<result<void>> retrieve_bulk(retrieve_request const& request, std::string const& place,
                                                  bulk_sink& to, time_point deadline);

    /// Stores instances, sending each on as it comes. What an archive did with them is told for each one; only what it
    /// said that it stored counts as stored. `deadline` bounds the time until the archive takes the first byte; then
    /// the stall budget and `timeouts.transfer` hold. After an error nothing is known of any of them.
    ///
    /// Errors: any errc, and those of `instances`.
    /// Cancelling (terminal): an abort or a closed connection; the result is errc::cancelled.
    virtual awaitable<result<stored>> store(instance_source& instances, time_point deadline);

    /// C-ECHO (PS3.7 §9.1.5), or a QIDO-RS search for one study. Errors and cancelling as `find`.
    virtual awaitable<result<void>> verify(time_point deadline) = 0;
};

}  // namespace pons::upstream
