#pragma once

#include "mapping/data_set.hpp"
#include "upstream/archive.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pons::upstream {

/// Data sets without bulk data that were made of retrieved instances, kept for a short time: a viewer asks for the
/// metadata of a study, of its series and of its instances one after the other, and an archive that speaks DIMSE sends
/// all pixels each time (DESIGN section 5). They are kept by study and instance, so that what came for a study answers
/// for its series, and series for their study. What is kept is no listing: who answers from it asks the archive first
/// which instances there are (docs/decisions/0011).
///
/// Bounded in bytes, by an estimate that is rather too high, those of retrieves that still run included; the study that
/// was not used for longest goes first, and one that is larger than all of it is not kept. What is too old goes when
/// the cache is used next.
///
/// Shared: one object per source, used by every worker thread; a mutex guards it, held for as long as looking up takes
/// and never across a wait. Nothing in it is ever changed: data sets that are held outside live on.
class metadata_cache {
public:
    struct bounds {
        std::uint64_t size = 0;          ///< bytes; 0: nothing is kept
        std::chrono::milliseconds time;  ///< since the retrieve ended
    };
    using data_sets = std::vector<std::shared_ptr<mapping::data_set const>>;

    explicit metadata_cache(bounds most, std::function<time_point()> now = &clock::now);

    /// Whether something of `what` is kept, so that it is worth asking the archive what there is.
    bool may_hold(retrieve_request const& what);

    /// The data sets of these instances of a study, in their order; none unless all of them are kept.
    data_sets find(std::string const& study, std::vector<std::string> const& instances);

    /// The archive may have changed: nothing that is kept now is given out any more.
    void forget();

    /// What is kept now, that of running retrieves included.
    std::uint64_t bytes() const;

    /// The data sets of one retrieve. They go with it unless `keep` is called, which is for the one who knows that the
    /// retrieve brought everything. For one thread; outlived by the cache.
    class gathering {
    public:
        /// What does not fit the request (another study or series, no SOP Instance UID) is not kept.
        gathering(metadata_cache& to, retrieve_request const& what);
        gathering(gathering const&) = delete;
        gathering& operator=(gathering const&) = delete;
        ~gathering() { give_up(); }

        void add(mapping::data_set const& one);
        /// Keeps them if they are those of `instances`.
        void keep(std::unordered_set<std::string> const& instances);

    private:
        friend class metadata_cache;
        struct one {
            std::string series;
            std::shared_ptr<mapping::data_set const> row;
            std::uint64_t bytes = 0;
        };
        void give_up();

        metadata_cache& to_;
        retrieve_request const what_;
        std::unordered_map<std::string, one> all_;  // by SOP Instance UID
        std::uint64_t bytes_ = 0;
        bool over_ = false;  // nothing more is gathered
    };

private:
    struct instance {
        std::shared_ptr<mapping::data_set const> row;
        std::uint64_t bytes = 0;
        time_point until;
    };
    struct study {
        std::string uid;
        std::unordered_map<std::string, instance> instances;  // by SOP Instance UID
        std::unordered_set<std::string> series;
        std::uint64_t bytes = 0;
        time_point until;  // the latest of its instances
    };
    using place = std::list<study>::iterator;

    // With the mutex held; what is dropped ends after that.
    std::list<study> drop_old();
    void drop(place one, std::list<study>& gone);
    place use(std::string const& uid);

    bool reserve(std::uint64_t bytes);
    void give_back(std::uint64_t bytes);
    void keep(gathering& all);

    bounds const most_;
    std::function<time_point()> const now_;
    std::mutex mutable mutex_;
    std::list<study> studies_;  // the one used last first
    std::unordered_map<std::string, place> by_uid_;
    std::uint64_t bytes_ = 0;
};

}  // namespace pons::upstream
