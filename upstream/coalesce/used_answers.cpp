#include "upstream/coalesce/used_answers.hpp"

namespace pons::upstream {

used_answers::~used_answers()
{
    for (auto const& [in, of] : all_)
        if (auto const one = of.lock())
            in->release(*one, is_awaited_);
}

void used_answers::add(std::shared_ptr<flights> const& in, std::shared_ptr<flight> const& of)
{
    all_.emplace_back(in, of);
    in->hold(*of);
}

}  // namespace pons::upstream
