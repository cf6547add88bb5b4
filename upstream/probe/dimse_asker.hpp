#pragma once

#include "upstream/guard/gate.hpp"
#include "upstream/probe/question.hpp"

#include "config/settings.hpp"

#include <memory>

namespace pons::upstream::probe {

/// Asks by C-FIND over one association, which is opened with the first question and again when it broke. What the guard
/// refuses (`enabled`, `hours`, `limits.require_any_of`) is not asked. A question takes 15 s at most, or the timeouts
/// of the source where they are shorter; `max_rows` is kept by C-CANCEL.
class dimse_asker final : public asker {
public:
    explicit dimse_asker(config::source const& source);
    ~dimse_asker();

    answer ask(question const& q) override;

private:
    struct line;
    config::source const source_;
    gate gate_;
    std::unique_ptr<line> line_;
};

}  // namespace pons::upstream::probe
