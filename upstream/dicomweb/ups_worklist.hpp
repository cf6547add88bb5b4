#pragma once

#include "config/settings.hpp"
#include "upstream/budget.hpp"
#include "upstream/dicomweb/qido_target.hpp"
#include "upstream/under_way.hpp"
#include "upstream/worklist.hpp"

#include <memory>
#include <string>

namespace pons::upstream::dicomweb {

/// The workitems of a UPS-RS server (PS3.18 §11.9, Search) as a modality worklist: those that are SCHEDULED, each as
/// `mapping::to_worklist_item` makes it. One for each worker; `shared` are the connections of the source, which
/// `ends` closes when it is switched off.
///
/// It is asked for pages as page_walk does, however short they are. An answer that reaches `quirks.max_results`, or of
/// which the server cannot say what lies beyond because it ignores or refuses `offset`, is incomplete, unless
/// `quirks.offset` says that one page is all.
///
/// Errors: those of `find` of make_dicomweb_archive; not_found where the server has no workitems at all.
std::shared_ptr<worklist> make_worklist(config::source const& source, std::shared_ptr<budget> shared,
                                        std::shared_ptr<under_way> ends = nullptr);

/// The request target of one page. Pushed are only Patient ID, where it is one value, else the days of the scheduled
/// start, with one more at either end, since servers compare times with and without zones: they narrow, and what comes
/// is judged by the one who asks.
std::string workitems_target(std::string_view base_path, std::span<mapping::match_key const> keys, page part);

}  // namespace pons::upstream::dicomweb
