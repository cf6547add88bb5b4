#pragma once

#include "upstream/archive.hpp"

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace pons::upstream {

/// Keeps the rows of finds, each once: archives repeat rows, and several queries may find the same. The same UID in two
/// studies is two rows.
class unique_rows final : public row_sink {
public:
    /// `by` is the unique key of the level asked, `purpose` a literal.
    explicit unique_rows(mapping::tag by, std::string_view purpose = {}) : by_(by), purpose_(purpose) {}

    std::string_view purpose() const override { return purpose_; }
    std::uint32_t repeated() const { return received - unusable - static_cast<std::uint32_t>(rows.size()); }

    void row(mapping::data_set&& row) override
    {
        ++received;
        std::string uid(row.text(by_));
        if (uid.empty()) {
            ++unusable;
            return;
        }
        if (by_ != mapping::tags::StudyInstanceUID)
            uid.append(1, '\\').append(row.text(mapping::tags::StudyInstanceUID));
        if (seen_.insert(std::move(uid)).second)
            rows.push_back(std::move(row));
    }

    std::vector<mapping::data_set> rows;
    std::uint32_t received = 0;
    std::uint32_t unusable = 0;  ///< without a UID: told, never silently dropped

private:
    mapping::tag by_;
    std::string_view purpose_;
    std::unordered_set<std::string> seen_;
};

}  // namespace pons::upstream
