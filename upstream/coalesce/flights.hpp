#pragma once

#include "upstream/archive.hpp"
#include "upstream/asio.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <vector>

namespace pons::upstream {

class flights;

/// One query on its way, or its answer that is kept, and those who wait for it. Its members are guarded by the mutex of
/// `flights`, except where it says otherwise.
struct flight {
    /// One who waits: woken on the executor of its own worker.
    struct waiter {
        explicit waiter(executor on) : timer(on) {}
        steady_timer timer;
        bool landed = false;  // touched on its own executor only
    };

    flight(find_request what, executor where) : request(std::move(what)), on(where) {}

    find_request const request;
    executor const on;                    ///< of the worker whose archive is asked
    asio::cancellation_signal cancel;     ///< touched on `on` only
    std::vector<mapping::data_set> rows;  ///< written by the query; read, and given away, when it has landed
    std::optional<result<found>> how;     ///< there when it has landed
    std::exception_ptr thrown;            ///< instead of it
    std::list<std::shared_ptr<waiter>> waiting;
    std::size_t takers = 0;                                               ///< those who have not taken their rows
    bool is_awaited_later = false;                                        ///< someone was told to come back for it
    std::size_t holders = 0;                                              ///< searches that have used it and go on
    bool is_kept = false;                                                 ///< it has landed, and more may come for it
    std::uint64_t bytes = 0;                                              ///< of its rows, while it is kept
    time_point landed_at;                                                 ///< while it is kept
    time_point shown_until;                                               ///< to those who come, while it is kept
    std::multimap<time_point, std::shared_ptr<flight>>::iterator ending;  ///< while it is kept
};

/// What is kept of answers, and for how long.
struct answer_bounds {
    std::uint64_t size = 0;                    ///< bytes of kept answers; 0: none is kept
    std::chrono::milliseconds time{};          ///< that an answer is kept
    std::chrono::milliseconds empty_time{};    ///< that one without a match is
    std::chrono::milliseconds awaited_time{};  ///< that one is, at least, for which someone was told to come back
    /// That one is at most, since it came, however often its search is tried.
    std::chrono::milliseconds longest_time = std::chrono::minutes(10);
};

/// The queries of one source that are on their way, and their answers, kept for a short time, so that the next equal
/// query costs the archive nothing. Answers are kept as they came, errors never. Who may see an answer is judged where
/// it is shown: what is kept here was asked for in Pons's own name.
///
/// Bounded in bytes, by an estimate that is rather too high: what would go soonest goes first, what a search that runs
/// has used stays, and an answer for which there is no room so is not kept. What is too old goes when a query comes or
/// ends; until then it is nobody's who comes, but if a search holds it, it may be given out again (`release`).
///
/// Shared by all workers; a mutex guards it, held for as long as looking up takes and never across a wait. Of flights
/// there are never more than requests that wait at the source, which other limits bound.
class flights : public std::enable_shared_from_this<flights> {
public:
    explicit flights(answer_bounds most = {}, std::function<time_point()> now = &clock::now);

    /// One who waits for a flight, until it goes.
    class place {
    public:
        place(place&& other) noexcept = default;
        place& operator=(place&&) = delete;
        ~place() { forget(); }

        flight& of() const { return *of_; }
        std::shared_ptr<flight> const& shared() const { return of_; }
        flight::waiter& waiting() const { return *waiting_; }
        bool is_first() const { return first_; }  ///< the caller has to begin it

        /// Waits no more. The last one cancels the query, unless someone was told to come back.
        void leave();
        /// Waits no more, but somebody will ask again: the query goes on and its answer is kept. False: none is kept
        /// here, and this was a `leave`.
        bool leave_for_later();
        /// Gives the rows, when they have landed; the last one gets them uncopied, if they are not kept.
        void take(row_sink& rows);

    private:
        friend class flights;
        place(std::shared_ptr<flights> in, std::shared_ptr<flight> of, executor here, bool first);
        bool forget();

        std::shared_ptr<flights> in_;
        std::shared_ptr<flight> of_;
        std::shared_ptr<flight::waiter> waiting_;
        bool first_;
    };

    /// Which answers will do: also those that are kept, or none that came before it was asked for.
    enum class accepts { kept, on_its_way };
    /// A place in the flight of an equal request, which may have landed, or in a new one.
    place join(find_request const& request, executor here, accepts which = accepts::kept);

    /// The query has ended; wakes all who wait.
    void land(std::shared_ptr<flight> const& of, std::exception_ptr thrown, result<found> how);

    /// A search uses it: if it is kept, or will be, it stays until as many have released it.
    void hold(flight& of);
    /// The search has ended. `awaited`: somebody was told to come back for it, so who comes gets this answer from now
    /// on for `awaited_time`, unless there is a later one, which is kept in its place; where memory does not suffice
    /// for that, nobody gets it.
    void release(flight& of, bool awaited) noexcept;

    /// The archive has changed: nobody who comes from now on gets an answer that was asked for before.
    void forget_answers();

    enum class state { none, on_its_way, kept };
    /// What an equal request would meet now.
    state state_of(find_request const& request) const;

    std::size_t size() const;     ///< queries on their way
    std::uint64_t bytes() const;  ///< of kept answers

private:
    struct by_request {
        using is_transparent = void;
        std::size_t operator()(find_request const& r) const;
        std::size_t operator()(std::shared_ptr<flight> const& f) const { return (*this)(f->request); }
    };
    struct equal_request {
        using is_transparent = void;
        static find_request const& of(find_request const& r) { return r; }
        static find_request const& of(std::shared_ptr<flight> const& f) { return f->request; }
        bool operator()(auto const& a, auto const& b) const { return of(a) == of(b); }
    };

    // With the mutex held.
    void keep(std::shared_ptr<flight> const& of, std::uint64_t bytes);
    bool make_room(std::uint64_t bytes);
    bool is_past(flight const& one) const;
    void show_again(flight& of);
    void end_at(flight& kept, time_point when);
    void drop_old();
    void drop(flight& kept);
    void take_out(flight const& one);

    answer_bounds const most_;
    std::function<time_point()> const now_;
    std::mutex mutable mutex_;
    std::unordered_set<std::shared_ptr<flight>, by_request, equal_request> all_;
    std::multimap<time_point, std::shared_ptr<flight>> endings_;  // of those that are kept, also those not in all_
    std::uint64_t bytes_ = 0;
};

}  // namespace pons::upstream
