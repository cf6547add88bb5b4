#pragma once

#include "mapping/record.hpp"
#include "tests/support/oracle_dates.hpp"
#include "tests/support/stored_study.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a search on ImagingStudy must find, by the text of FHIR R4 and the mapping rules of fhir.md 1.4 to 1.9, written
/// apart from `mapping/search` and `mapping/tables`: slow, and as plain as can be.
namespace pons::test {

struct oracle_rules {
    std::string base;      ///< our own FHIR base
    std::int64_t now = 0;  ///< microseconds since 1970
};

/// The criteria of a request; result parameters are left aside.
class oracle {
public:
    /// Nothing: the request must be answered 400.
    static std::optional<oracle> read(std::span<std::pair<std::string, std::string> const> parameters,
                                      oracle_rules const& rules);

    /// `study` with all its series and instances, as the archive ever tells of it.
    bool matches(stored_study const& study, mapping::source_facts const& source) const;

    bool empty() const { return criteria_.empty(); }

private:
    using criterion = std::function<bool(stored_study const&, mapping::source_facts const&)>;
    std::vector<criterion> criteria_;
};

}  // namespace pons::test
