#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/asio.hpp"
#include "upstream/diagnosis.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pons::upstream::dimse {
class acceptor;
class move_registry;
}  // namespace pons::upstream::dimse

namespace pons::proxy::cli::doctor {

/// Our own side of C-MOVE: the store AE titles of all sources at `dicom.listen`, as `pons serve` has them.
class store_side {
public:
    /// Listens, if some source is asked by C-MOVE.
    explicit store_side(config::settings const& settings);
    ~store_side();

    std::shared_ptr<upstream::dimse::move_registry> const& moves() const { return moves_; }
    /// False when `dicom.listen` could not be opened: most likely Pons serves already.
    bool listens() const { return door_ != nullptr; }
    /// A file of `dicom.tls` that cannot be used, if that was why; else empty.
    std::string const& unusable() const { return unusable_; }
    bool by_tls() const { return by_tls_; }

    /// How often somebody has called us so far.
    struct called {
        std::uint64_t connections = 0;
        std::uint64_t rejected = 0;     ///< most likely for a wrong AE title
        std::uint64_t without_tls = 0;  ///< in the clear where TLS is wanted, or the other way round
    };
    called calls() const;

private:
    std::shared_ptr<upstream::dimse::move_registry> moves_;
    std::unique_ptr<upstream::dimse::acceptor> door_;
    std::string unusable_;
    bool by_tls_ = false;
};

/// Looks for a study, of the last days if there is one, and retrieves one instance of it that is
/// likely to be small, to nowhere, in each of the configured ways: WADO-RS, or C-GET and C-MOVE. One stage for what was
/// found, one for each way; a way that cannot be tried is told with `ok`, and one that fails while another works.
/// Nothing of it names a patient or a UID.
///
/// Waits for `timeouts.total` with each question and each retrieve at most; an archive that sends is let finish within
/// `timeouts.transfer`.
awaitable<std::vector<upstream::stage>> try_retrieve(config::source const& source, config::address const& dicom,
                                                     store_side const& ours);

/// The same for an instance that is known, without looking for one; `what` names it with all its UIDs.
awaitable<std::vector<upstream::stage>> try_retrieve_of(upstream::retrieve_request const& what,
                                                        config::source const& source, config::address const& dicom,
                                                        store_side const& ours);

}  // namespace pons::proxy::cli::doctor
