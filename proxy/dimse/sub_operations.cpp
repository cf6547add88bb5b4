#include "proxy/dimse/sub_operations.hpp"

#include "mapping/dicom_stream.hpp"
#include "upstream/dimse/wire/encoding.hpp"

#include <algorithm>
#include <limits>

namespace pons::proxy::dimse {

namespace {

using element = wire::command_element;
using mapping::operator""_vr;

constexpr mapping::tag failed_sop_instance_uid_list{0x00080058};
constexpr std::size_t most_listed = 1000;  // of 64 characters and a separator: an attribute holds 65534

std::uint16_t as_number(std::size_t count)
{
    return static_cast<std::uint16_t>(std::min<std::size_t>(count, std::numeric_limits<std::uint16_t>::max()));
}

}  // namespace

void sub_operations::expect(expectation const& what)
{
    for (auto const& one : what.instances)
        left_.insert(one.sop_instance_uid);
}

bool sub_operations::answered(std::string const& sop_instance_uid, std::uint16_t status)
{
    if (status != status::success && !status::is_warning(status)) {
        failed(sop_instance_uid);
        return false;
    }
    left_.erase(sop_instance_uid);
    ++(status == status::success ? completed_ : warned_);
    return true;
}

void sub_operations::failed(std::string const& sop_instance_uid)
{
    left_.erase(sop_instance_uid);
    ++failed_;
    if (failed_uids_.size() < most_listed)
        failed_uids_.push_back(sop_instance_uid);
}

void sub_operations::fail_rest()
{
    for (auto const rest = std::move(left_); auto const& uid : rest)
        failed(uid);
    left_.clear();
}

std::uint16_t sub_operations::final_status() const
{
    if (failed_ == 0 && warned_ == 0)
        return status::success;
    return completed_ + warned_ > 0 ? status::some_sub_operations_failed : status::sub_operations_not_performed;
}

void sub_operations::put_counts(wire::command_set& into, bool with_remaining) const
{
    if (with_remaining)
        into.set(element::number_of_remaining_suboperations, as_number(remaining()));
    into.set(element::number_of_completed_suboperations, as_number(completed_));
    into.set(element::number_of_failed_suboperations, as_number(failed_));
    into.set(element::number_of_warning_suboperations, as_number(warned_));
}

std::vector<std::byte> sub_operations::failed_list(std::string_view transfer_syntax) const
{
    if (failed_uids_.empty())
        return {};
    mapping::data_set list;
    if (list.begin(failed_sop_instance_uid_list, "UI"_vr))
        for (auto const& uid : failed_uids_)
            list.value(uid);
    return mapping::write_data_set(list, wire::encoding_of(transfer_syntax), {}).bytes;
}

}  // namespace pons::proxy::dimse
