#pragma once

#include "proxy/dimse/expectation.hpp"
#include "proxy/dimse/operation.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace pons::proxy::dimse {

/// What became of the C-STORE sub-operations of a C-GET or C-MOVE (PS3.4 C.4.2.1.5 to 8, C.4.3.1.4 to 7).
class sub_operations {
public:
    /// These are to come.
    void expect(expectation const& what);
    /// The answer to one. False, it has failed: neither Success nor a warning (PS3.7 Annex C).
    bool answered(std::string const& sop_instance_uid, std::uint16_t status);
    void failed(std::string const& sop_instance_uid);
    /// What has not come will not come: failed.
    void fail_rest();

    std::size_t remaining() const { return left_.size(); }
    std::size_t completed() const { return completed_; }
    std::size_t warned() const { return warned_; }
    std::size_t failures() const { return failed_; }

    /// Success, B000 when some did not go well, A702 when none did.
    std::uint16_t final_status() const;
    /// Numbers of sub-operations, for a response; that of the remaining ones only where there may be some.
    void put_counts(wire::command_set& into, bool with_remaining) const;

    /// Failed SOP Instance UID List (0008,0058), as the data set of a response; as many as it can hold, of 1000 at
    /// least. Empty: none has failed.
    std::vector<std::byte> failed_list(std::string_view transfer_syntax) const;

private:
    std::unordered_set<std::string> left_;
    std::vector<std::string> failed_uids_;
    std::size_t completed_ = 0;
    std::size_t warned_ = 0;
    std::size_t failed_ = 0;
};

}  // namespace pons::proxy::dimse
