#include "mapping/storage_commitment.hpp"

#include "mapping/errc.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace pons::mapping {

namespace {

constexpr tag referenced_sop_class_uid{0x00081150};
constexpr tag referenced_sop_instance_uid{0x00081155};
constexpr tag transaction_uid{0x00081195};
constexpr tag failure_reason_{0x00081197};
constexpr tag failed_sop_sequence{0x00081198};
constexpr tag referenced_sop_sequence{0x00081199};

/// Characters and length of PS3.5 §9.1; leading zeros do occur.
bool may_be_uid(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && text.find_first_not_of("0123456789.") == text.npos;
}

std::uint16_t reason_in(data_set const& item)
{
    auto const text = item.text(failure_reason_);
    std::uint16_t reason = failure_reason::none;
    std::from_chars(text.data(), text.data() + text.size(), reason);
    return reason == failure_reason::none ? failure_reason::processing_failure : reason;
}

result<void> read_items(data_set const& from, tag sequence, std::vector<sop_reference>& into)
{
    for (auto const& item : from.items(sequence)) {
        auto& one =
            into.emplace_back(sop_reference{.sop_class_uid = std::string(item.text(referenced_sop_class_uid)),
                                            .sop_instance_uid = std::string(item.text(referenced_sop_instance_uid))});
        if (sequence == failed_sop_sequence)
            one.reason = reason_in(item);
        if (!may_be_uid(one.sop_class_uid) || !may_be_uid(one.sop_instance_uid))
            return fail(errc::invalid_value, describe(sequence));
    }
    return {};
}

}  // namespace

result<storage_commitment> read_storage_commitment(std::span<std::byte const> bytes, encoding as)
{
    read_limits limits;
    limits.size = largest_storage_commitment;
    limits.elements = 30'000;
    limits.depth = 4;
    limits.standard_vr = true;
    auto const set = read_data_set(bytes, as, {}, limits);
    if (!set)
        return tl::unexpected(set.error());
    storage_commitment what;
    what.transaction_uid = set->text(transaction_uid);
    if (!may_be_uid(what.transaction_uid))
        return fail(errc::invalid_value, describe(transaction_uid));
    // Those that failed come first, so that they win.
    for (auto const sequence : {failed_sop_sequence, referenced_sop_sequence})
        if (auto const read = read_items(*set, sequence, what.instances); !read)
            return tl::unexpected(read.error());
    std::unordered_set<std::string_view> failed;
    for (auto const& one : what.instances)
        if (one.reason != failure_reason::none)
            failed.insert(one.sop_instance_uid);
    std::erase_if(what.instances, [&](sop_reference const& one) {
        return one.reason == failure_reason::none && failed.contains(one.sop_instance_uid);
    });
    if (what.instances.empty())
        return fail(errc::invalid_value, describe(referenced_sop_sequence));
    return what;
}

std::vector<std::byte> write_storage_commitment(storage_commitment const& what, encoding as)
{
    data_set set;
    set.add(transaction_uid, "UI"_vr, {what.transaction_uid});
    for (auto const sequence : {failed_sop_sequence, referenced_sop_sequence}) {
        bool const failed = sequence == failed_sop_sequence;
        auto const belongs = [&](sop_reference const& one) { return (one.reason != failure_reason::none) == failed; };
        if (std::ranges::none_of(what.instances, belongs))
            continue;
        auto* const items = set.add_sequence(sequence);
        for (auto const& one : what.instances) {
            if (!belongs(one))
                continue;
            auto& item = items->emplace_back();
            item.add(referenced_sop_class_uid, "UI"_vr, {one.sop_class_uid});
            item.add(referenced_sop_instance_uid, "UI"_vr, {one.sop_instance_uid});
            if (failed)
                item.add(failure_reason_, "US"_vr, {std::to_string(one.reason)});
        }
    }
    return write_data_set(set, as, {}).bytes;
}

}  // namespace pons::mapping
