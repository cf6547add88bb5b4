#pragma once

#include "config/settings.hpp"
#include "upstream/federation/certain.hpp"
#include "upstream/search/source.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Which of several sources a request asks, in which order, and why not the others (DESIGN section 6). Pure.
namespace pons::upstream {

/// A source that is not asked.
struct left_out {
    searched_source const* source = nullptr;
    std::string why;  ///< for people, to stand after the source's name: "the route ct says that …"
};

struct choice {
    std::vector<searched_source*> asked;  ///< in the order in which they were given
    std::vector<left_out> not_asked;
    std::string remark;  ///< for people, why the routes that apply are not followed; empty: they are
};

/// Leaves out the sources that, by `federation.routes`, hold nothing of what the request can find. A route applies when
/// `known` proves each of its conditions. Where several apply, a source must be in each; when that leaves nobody, they
/// contradict each other (or the caller's own choice of sources), and none of them is followed: an empty answer would
/// read as "no such study".
choice choose_sources(std::vector<searched_source*> sources, config::federation const& federation,
                      certain const& known);

/// The names of the sources behind a called AE title (`dicom.ae_title`: all of them; `dicom.ae_titles`), in the order
/// of `settings.sources`. None: the title is not one of ours. They are chosen from by `choose_sources`, as those of a
/// path are.
std::vector<std::string_view> behind_title(config::settings const& settings, std::string_view called_ae_title);

/// The same of `settings.worklists`, which are no sources.
std::vector<std::string_view> worklists_behind_title(config::settings const& settings,
                                                     std::string_view called_ae_title);

}  // namespace pons::upstream
