#pragma once

#include "upstream/coalesce/flights.hpp"
#include "upstream/trace/search_trace.hpp"

#include <functional>
#include <memory>

/// Archives around archives that write down what is asked.
namespace pons::upstream {

/// Writes each find that goes out to `inner`, and each exchange of it, into `to`, since the search of `of` began.
/// `verify` goes through. Finds, errors and cancelling as `inner`; all else is errc::unsupported.
std::unique_ptr<archive> make_watched(std::shared_ptr<archive> inner, std::shared_ptr<search_trace> of,
                                      std::shared_ptr<traced_find> to);

/// Writes each find of a search into `to`. For each find `make` gives the layers, which pass on to a `make_watched`
/// below them; `shared` are the flights that they share. Else only finds: errc::unsupported.
std::unique_ptr<archive> make_tracing(std::shared_ptr<search_trace> to, std::shared_ptr<flights const> shared,
                                      std::function<std::unique_ptr<archive>(std::shared_ptr<traced_find>)> make);

}  // namespace pons::upstream
