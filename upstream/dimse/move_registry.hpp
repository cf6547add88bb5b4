#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/budget.hpp"
#include "upstream/dimse/instance_taker.hpp"
#include "upstream/instance_uids.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Which C-MOVE of ours a C-STORE that comes in belongs to.
namespace pons::upstream::dimse {

/// One C-MOVE that waits for its instances, between the thread that has asked for it and those that receive.
///
/// Shared by these; locked briefly.
class waiting_move {
public:
    waiting_move(std::uint16_t message_id, config::source const& source, retrieve_request what,
                 std::vector<std::string> const& expected, std::shared_ptr<instance_taker> taker,
                 std::function<void()> news);

    std::uint16_t message_id() const { return message_id_; }

    /// The transfer syntax to take where the archive offers several in one context; empty: the first. To be said before
    /// the archive is asked.
    void prefer(std::string transfer_syntax);

    // --- the threads that receive ----------------------------------------------------------------------------------

    /// An instance of it, which is under way until this goes. Null when it was too late. The C-MOVE must outlive it.
    class part {
    public:
        explicit part(waiting_move* of) : of_(of) {}
        part(part&& other) noexcept : of_(std::exchange(other.of_, nullptr)), delivered_(other.delivered_) {}
        part& operator=(part&&) = delete;
        ~part();

        explicit operator bool() const { return of_ != nullptr; }
        instance_taker& taker() const { return *of_->taker_; }
        std::string const& source() const { return of_->source_; }
        void delivered(std::string const& sop_instance_uid);

    private:
        waiting_move* of_;
        bool delivered_ = false;
    };
    part begin();

    // --- the one that has asked ------------------------------------------------------------------------------------

    struct progress {
        std::uint32_t delivered = 0;  ///< instances that were handed on
        std::size_t different = 0;    ///< the same without those that came again
        std::uint32_t under_way = 0;
        bool broken = false;    ///< one was begun and not delivered
        bool complete = false;  ///< all that were expected have been delivered, where it is known what those are
        time_point last;        ///< when an instance began or ended, or the beginning
    };
    progress now() const;

    /// What was agreed on associations to our store provider which were perhaps for this one.
    struct negotiated {
        bool reached = false;             ///< there was one
        bool otherwise = false;           ///< on one it was not what is preferred here
        std::vector<std::string> others;  ///< the transfer syntaxes that could have been preferred
    };
    negotiated associations() const;
    std::size_t expected() const { return expected_.size(); }

private:
    friend class move_registry;

    std::uint16_t const message_id_;
    std::string const source_;
    std::string const store_ae_;
    std::string const archive_ae_;
    std::string const our_ae_;
    retrieve_request const what_;
    std::set<std::string, std::less<>> const expected_;
    std::shared_ptr<instance_taker> const taker_;
    std::function<void()> const news_;

    std::mutex mutable mutex_;
    std::set<std::string, std::less<>> missing_;
    std::set<std::size_t> seen_;  // hashes of UIDs
    progress progress_;
    negotiated negotiated_;
    std::string preferred_;
    bool closed_ = false;
};

/// A C-STORE sub-operation, as far as it is known. Empty, zero: not there.
struct sub_operation {
    std::string called_ae;
    std::string calling_ae;
    std::string originator_ae;        ///< Move Originator Application Entity Title (0000,1030)
    std::uint16_t originator_id = 0;  ///< Move Originator Message ID (0000,1031)
    std::string sop_instance_uid;
    instance_uids in;
};

/// All C-MOVEs that wait for instances, and the message ids that they go by.
///
/// One for the process, since archives give back nothing but the AE title and message id of the C-MOVE. Shared by all
/// threads; locked briefly.
class move_registry {
public:
    /// The sources that may be asked by C-MOVE.
    explicit move_registry(std::span<config::source const> sources);

    /// A C-MOVE that will be sent with the message id which is given here; no other has it meanwhile. `expected`: SOP
    /// Instance UIDs, where known. `news` is called, on any thread, when an instance has ended.
    ///
    /// Errors: errc::overloaded when all 65,535 ids are taken.
    result<std::shared_ptr<waiting_move>> enter(config::source const& source, retrieve_request const& what,
                                                std::vector<std::string> const& expected,
                                                std::shared_ptr<instance_taker> taker, std::function<void()> news);

    /// From here on its instances are late. Those under way go on.
    void leave(waiting_move& move);

    /// An association is being opened to us, before it is known what for; of several transfer syntaxes in one context
    /// `others` might be taken instead of the first. Gives the one to take, or nothing for the first: what a C-MOVE
    /// prefers that waits for its first association, else what all prefer that wait for one from there.
    std::string opened(std::string const& called_ae, std::string const& calling_ae,
                       std::vector<std::string> const& others);

    /// How many associations an archive may open to us at once by these titles: more than we have with it, since it may
    /// send each series, or each instance, on another and not yet have closed the last. 0: they belong to none of ours.
    std::uint32_t places(std::string const& called_ae, std::string const& calling_ae) const;
    /// Whether one of the archives with these titles stands at that address: its `host` is that number, or a C-MOVE has
    /// reached it there. An archive may send from others as well.
    bool stands_at(std::string const& called_ae, std::string const& calling_ae, std::string const& address) const;
    /// That source was reached there just now.
    void reached(std::string const& source, std::string const& address);
    /// The same as `places` of all archives that call `called_ae`.
    std::uint32_t places(std::string const& called_ae) const;
    /// A C-MOVE waits for what is sent there.
    bool is_waiting(std::string const& called_ae) const;

    /// The C-MOVE that it is a sub-operation of, or null: to be refused.
    ///
    /// By move originator, where the archive tells it and it is one of us; its id is then decisive. Else by calling AE
    /// title and study, when only one C-MOVE waits for that study (an AE title that belongs to none of our archives
    /// may be another one of any of them); else by SOP Instance UID within what one C-MOVE expects. In every case
    /// an instance that is known to be of another study or series is refused, unless it is expected by its UID.
    std::shared_ptr<waiting_move> find(sub_operation const& what);

    /// Whether the archive tells the move originator, so that several C-MOVEs for one study can be told apart.
    bool tells_originator(std::string const& source) const;

    /// The transfer syntax in which a source has brought lately what it could not bring in the first that it offers;
    /// empty: none.
    std::string moved_in(std::string const& source) const;
    void moved_in(std::string const& source, std::string transfer_syntax);

    /// For the time of a C-MOVE from an archive that does not: one at a time for each source and study, the next waits
    /// (see `budget::acquire`).
    std::shared_ptr<budget> turns(config::source const& source, std::string const& study_instance_uid);

private:
    using moves = std::vector<std::shared_ptr<waiting_move>>;

    bool is_ours(std::string const& ae) const;
    bool was_given(std::uint16_t id) const;
    moves candidates(std::string const& called_ae, std::string const& calling_ae) const;

    struct habits {
        std::vector<std::string> addresses;  // the last one first
        bool tells_originator = false;
        std::string moved_in;
    };
    struct archive_titles {
        std::string source;
        std::string archive_ae;
        std::string store_ae;
        std::string our_ae;
        std::uint32_t places;
    };
    std::vector<archive_titles> const titles_;
    std::uint16_t const first_id_;

    std::mutex mutable mutex_;
    std::map<std::uint16_t, std::shared_ptr<waiting_move>> waiting_;
    std::uint32_t given_ = 0;  // how many ids have been given, from the first on
    std::uint16_t next_id_;
    std::map<std::string, habits> habits_;  // by source
    std::map<std::pair<std::string, std::string>, std::weak_ptr<budget>> turns_;
};

}  // namespace pons::upstream::dimse
