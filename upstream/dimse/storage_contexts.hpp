#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace pons::upstream::dimse {

/// What an instance needs to be stored: a presentation context of its SOP class with its transfer syntax alone.
struct storage_context {
    std::string sop_class;
    std::string transfer_syntax;

    friend bool operator==(storage_context const&, storage_context const&) = default;
};

/// The contexts in which a source has stored something of late, so that one association can propose all that the next
/// study will need. Shared by the workers of a pool; locked briefly.
class recent_contexts {
public:
    /// The latest first.
    std::vector<storage_context> all() const;
    void stored(storage_context const& in);
    void forget();  ///< the source did not like to be offered so many

    static constexpr std::size_t most = 32;

private:
    std::mutex mutable mutex_;
    std::deque<storage_context> known_;
};

}  // namespace pons::upstream::dimse
