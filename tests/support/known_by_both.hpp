#pragma once

#include "tests/support/fixed_archive.hpp"

namespace pons::test {

/// Knows patient P1 by another number as well, OLD1, finds by both, and tells P1.
struct known_by_both final : upstream::archive {
    explicit known_by_both(fixed_state& of) : whole(of) {}

    awaitable<result<upstream::found>> find(mapping::find_request const& request, upstream::row_sink& rows,
                                            time_point deadline) override
    {
        auto as_known = request;
        for (auto& k : as_known.keys)
            if (k.attribute == mapping::tags::PatientID)
                std::ranges::replace(k.values, "OLD1", "P1");
        result<upstream::found> how = co_await whole.find(as_known, rows, deadline);
        co_return how;
    }
    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }

    fixed_archive whole;
};

}  // namespace pons::test
