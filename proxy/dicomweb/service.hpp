#pragma once

#include "config/settings.hpp"
#include "proxy/render/renderer.hpp"
#include "proxy/render/shared_passes.hpp"
#include "upstream/search/source.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pons::proxy::dicomweb {

/// What the DICOMweb face of one worker works with. Lives as long as the worker's handlers.
struct service {
    config::settings const& settings;
    std::shared_ptr<std::vector<upstream::searched_source>> sources;  ///< in the order of the file
    std::shared_ptr<render::renderer> renderer = nullptr;             ///< decodes pixels; null: nobody does
    std::shared_ptr<render::shared_passes> passes = nullptr;  ///< of frames, by the renderer; null: none is shared
};

/// Whom a request is for, and under which base: all sources, or the one that its path names.
struct target {
    std::vector<upstream::searched_source*> sources;
    std::string base;  ///< absolute, without trailing slash: what RetrieveURL and Content-Location begin with
};

/// Empty `source`: all of them. No sources in the target when there is none of that name.
target make_target(service& s, std::string_view source);

/// `{base}/studies/{study}/series/{series}/instances/{instance}`, as far as UIDs are given.
std::string url_of(std::string_view base, std::string_view study, std::string_view series = {},
                   std::string_view instance = {});

}  // namespace pons::proxy::dicomweb
