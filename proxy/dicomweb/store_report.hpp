#pragma once

#include "mapping/data_set.hpp"
#include "proxy/dicomweb/store_source.hpp"
#include "proxy/http/exchange.hpp"
#include "upstream/archive.hpp"

#include <string>
#include <string_view>

namespace pons::proxy::dicomweb {

/// What became of a store (PS3.18 §10.5.3).
struct store_report {
    http::status status = http::status::ok;
    mapping::data_set data_set;  ///< the Store Instances Response Module
    std::size_t stored = 0;
    std::size_t failed = 0;
};

/// 200 when everything was stored, 202 when some were not or with a warning, 409 when nothing was (Table 10.5.3-1).
/// Retrieve URLs lead to Pons, below `base`. `stored` is what the archive said of the instances that were given, in
/// the same order; statuses are its own.
store_report report_store(store_account const& account, upstream::stored const& stored, std::string_view base,
                          std::string_view study_uid);

}  // namespace pons::proxy::dicomweb
