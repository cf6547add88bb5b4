#pragma once

#include "upstream/dimse/shipment.hpp"
#include "upstream/dimse/storage_contexts.hpp"

/// C-STORE (PS3.7 §9.1.1, PS3.4 Annex B).
namespace pons::upstream::dimse {

/// Statuses that Pons itself gives to an instance that the archive was not asked to store, or did not answer for
/// (PS3.7 Annex C, PS3.18 §10.5.3).
namespace store_status {
inline constexpr std::uint16_t processing_failure = 0x0110;           ///< the association broke, or could not be opened
inline constexpr std::uint16_t sop_class_not_supported = 0x0122;      ///< its presentation context was not accepted
inline constexpr std::uint16_t transfer_syntax_unsupported = 0xC122;  ///< for its transfer syntax
inline constexpr std::uint16_t cannot_understand = 0xC000;            ///< a UID that is none
}  // namespace store_status

/// Stores instances one after another, as they are: the data set goes out in PDVs as it comes, in a context of its SOP
/// class with its transfer syntax alone, so that nothing is converted on the way. One of odd length, which no data set
/// has but broken ones do, gets a NUL at its end: peers take odd PDVs for an error or wait for more (PS3.8 §E.1).
///
/// An association that has the context of an instance is used again; else it is released and another one opened, with
/// that context, those of this store so far, and those of the stores before (`recent_contexts`): mixed studies need one
/// or two. An archive that rejects an association for what it proposes is asked once more with the one context that is
/// needed. It is the worker's own association, so that the source never has more than its limit, and stays for the next
/// store.
///
/// Deadlines: the errand's for the first association, `timeouts.transfer` for the whole; the archive must take bytes
/// within the stall budget, and answer within `timeouts.first_response`.
///
/// | what happens                                   | the instance                   | the others                     |
/// | ---------------------------------------------- | ------------------------------ | ------------------------------ |
/// | C-STORE-RSP                                    | its status, as it is           | go on                          |
/// | its context is not accepted                    | 0122, or C122                  | go on                          |
/// | the association breaks, or no answer comes     | 0110: A-ABORT, never a last PDV | go on, on a new association |
/// | that happens `most_breaks` times in a row      | 0110                           | 0110, and nothing more is sent |
/// | a further association cannot be opened         | 0110                           | 0110, and nothing more is sent |
///
/// Ends: success when the archive has answered for any of them, or refused its context; else the first error. A giver
/// who has gone in the middle of an instance: A-ABORT, so that the archive keeps nothing of it.
class store_errand final : public shipment {
public:
    static constexpr unsigned most_breaks = 3;

    /// `recent` belongs to the pool.
    store_errand(executor home, time_point deadline, recent_contexts& recent)
        : shipment(std::move(home), deadline), recent_(recent)
    {
    }

    void work(workbench& at) override;

private:
    recent_contexts& recent_;
};

}  // namespace pons::upstream::dimse
