#pragma once

#include "config/settings.hpp"
#include "upstream/asio.hpp"
#include "upstream/crosswalk/counts.hpp"
#include "upstream/crosswalk/crosswalk.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace pons::upstream {

class lookups;

/// A patient who is being asked about, and those who wait. Its members are guarded by the mutex of `lookups`, except
/// where it says otherwise.
struct lookup {
    /// One who waits: woken on the executor of its own worker.
    struct waiter {
        explicit waiter(executor where) : timer(where) {}
        steady_timer timer;
        bool landed = false;  // touched on its own executor only
    };

    lookup(std::string what, executor where) : id(std::move(what)), on(where) {}

    std::string const id;
    executor const on;                         ///< of the worker whose crosswalk is asked
    asio::cancellation_signal cancel;          ///< touched on `on` only
    std::optional<result<known_patient>> how;  ///< there when it has ended; then only read
    std::exception_ptr thrown;                 ///< instead of it
    std::list<std::shared_ptr<waiter>> waiting;
    std::size_t takers = 0;
};

/// What is known of patients, and who is being asked about. What is kept is bounded in number, the least lately used
/// going first, and in time; that a patient is not known is kept for a shorter time, and failures not at all.
///
/// Shared by all workers; a mutex guards it, held for a few instructions and never across a wait.
class lookups : public std::enable_shared_from_this<lookups> {
public:
    lookups(config::crosswalk const& settings, std::shared_ptr<crosswalk_counts> counts);

    crosswalk_counts& counts() const { return *counts_; }

    /// What is kept of a patient: the ids, or crosswalk_errc::unknown_patient. Nothing: it has to be asked for.
    std::optional<result<known_patient>> kept(std::string const& id, time_point now);

    /// One who waits for a lookup, until it goes.
    class place {
    public:
        place(place&& other) noexcept = default;
        place& operator=(place&&) = delete;
        ~place() { forget(); }

        lookup& of() const { return *of_; }
        std::shared_ptr<lookup> const& shared() const { return of_; }
        lookup::waiter& waiting() const { return *waiting_; }
        bool is_first() const { return first_; }  ///< the caller has to begin it

        /// Waits no more. The last one cancels the lookup.
        void leave();

    private:
        friend class lookups;
        place(std::shared_ptr<lookups> in, std::shared_ptr<lookup> of, executor here, bool first);
        bool forget();

        std::shared_ptr<lookups> in_;
        std::shared_ptr<lookup> of_;
        std::shared_ptr<lookup::waiter> waiting_;
        bool first_;
    };

    /// A place in the lookup of the same patient, or in a new one.
    place join(std::string const& id, executor here);

    /// The lookup has ended: keeps what is worth it, wakes all who wait. Logs when the crosswalk fails from now on, and
    /// when it answers again.
    void land(std::shared_ptr<lookup> const& of, std::exception_ptr thrown, result<known_patient> how, time_point now);

    std::size_t size() const;  ///< patients kept

private:
    struct entry {
        std::string id;
        result<known_patient> what;
        time_point until;
    };

    void watch(result<known_patient> const& how);                                         // with the mutex held
    void keep(std::string const& id, result<known_patient> const& what, time_point now);  // with the mutex held

    std::size_t const most_;
    clock::duration const time_;
    clock::duration const unknown_time_;
    std::shared_ptr<crosswalk_counts> const counts_;

    std::mutex mutable mutex_;
    std::list<entry> entries_;  // the lately used in front
    std::unordered_map<std::string, std::list<entry>::iterator> by_id_;
    std::unordered_map<std::string, std::shared_ptr<lookup>> flying_;
    bool failing_ = false;
};

/// A crosswalk around one worker's `inner` whose equal lookups are one, on whichever worker they are asked, and whose
/// answers are kept.
///
/// A lookup has the time that `crosswalk.timeout` gives, whoever waits; each caller waits until its own deadline. One
/// who leaves leaves the others waiting; the last one cancels it. Errors as `inner`.
std::shared_ptr<crosswalk> make_shared_lookups(std::shared_ptr<crosswalk> inner, std::shared_ptr<lookups> shared,
                                               config::crosswalk const& settings);

}  // namespace pons::upstream
