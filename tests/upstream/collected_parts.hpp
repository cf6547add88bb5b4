#pragma once

#include "upstream/archive.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pons::test {

/// The UIDs of a data set, explicit VR little endian.
inline std::string data_set_of(std::string const& uid, std::string const& sop_class = "1.2.840.10008.5.1.4.1.1.7")
{
    auto const element = [](char number, std::string value) {
        if (value.size() % 2 != 0)
            value += '\0';
        return std::string{'\x08', '\0', number, '\0', 'U', 'I', static_cast<char>(value.size()), '\0'} + value;
    };
    return element('\x16', sop_class) + element('\x18', uid);
}

/// A PS3.10 file with as much in it as a retrieve looks at (PS3.10 §7.1).
inline std::string dicom_file(std::string const& uid, std::string const& data_set,
                              std::string const& syntax = "1.2.840.10008.1.2.1",
                              std::string const& sop_class = "1.2.840.10008.5.1.4.1.1.7")
{
    auto const element = [](char number, std::string const& vr, std::string value) {
        if (value.size() % 2 != 0)
            value += '\0';
        std::string all{'\x02', '\0', number, '\0'};
        return all + vr + static_cast<char>(value.size()) + '\0' + value;
    };
    auto const group = std::string("\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01", 14) + element('\x02', "UI", sop_class) +
                       element('\x03', "UI", uid) + element('\x10', "UI", syntax);
    std::string const length{static_cast<char>(group.size()), '\0', '\0', '\0'};
    return std::string(128, '\0') + "DICM" + element('\0', "UL", length) + group + data_set;
}
inline std::string dicom_file(std::string const& uid)
{
    std::string const rows("\x28\0\x10\0US\2\0\1\0", 10);  // behind all that tells whose it is
    return dicom_file(uid, data_set_of(uid) + rows + "more");
}

/// What a retrieve gave, and a receiver that fails as told.
struct collected_parts final : upstream::part_sink {
    struct part {
        upstream::part_head head;
        std::string bytes;
        bool ended = false;
    };
    std::vector<part> parts;
    std::function<result<void>()> on_begin = [] { return result<void>(); };
    std::function<result<void>()> on_write = [] { return result<void>(); };
    std::vector<std::string> faults;  ///< calls that cannot be

    awaitable<result<void>> begin(upstream::part_head const& head) override
    {
        if (!parts.empty() && !parts.back().ended)
            faults.emplace_back("begun within another");
        parts.push_back({head, {}, false});
        co_return on_begin();
    }
    awaitable<result<void>> write(std::span<std::byte const> bytes) override
    {
        if (parts.empty() || parts.back().ended)
            faults.emplace_back("written outside");
        else
            parts.back().bytes.append(reinterpret_cast<char const*>(bytes.data()), bytes.size());
        co_return on_write();
    }
    awaitable<result<void>> end() override
    {
        if (parts.empty() || parts.back().ended)
            faults.emplace_back("ended outside");
        else
            parts.back().ended = true;
        co_return result<void>();
    }

    /// "1.2 1.3 (1.4)": UIDs in the order they came, those that did not end in parentheses.
    std::string uids() const
    {
        std::string all;
        for (auto const& p : parts)
            all.append(all.empty() ? "" : " ")
                .append(p.ended ? p.head.sop_instance_uid : "(" + p.head.sop_instance_uid + ")");
        return all;
    }
};

}  // namespace pons::test
