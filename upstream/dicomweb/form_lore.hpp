#pragma once

#include "mapping/find_request.hpp"
#include "upstream/dicomweb/qido_target.hpp"

namespace pons::upstream::dicomweb {

/// What a server was seen to understand, from what it found: only then nothing is an answer to a value that had to be
/// written otherwise. Some do not decode values (pacs-quirks W1), some take wild cards for letters like others (F15,
/// W7). For one worker.
class form_lore {
public:
    /// Something was found so. Counts where one key alone decides: beside others that one may have been left aside
    /// (F5).
    void has_found(mapping::find_request const& request, query_form form);

    /// Whether a server that had it would have found what a wild card stood for: by the encoded value, which was not
    /// found either (strict), or by the wild card.
    bool is_believed(config::query_encoding asked_first) const
    {
        return wild_cards_ || (decodes_ && asked_first == config::query_encoding::strict);
    }

private:
    bool wild_cards_ = false;
    bool decodes_ = false;
};

}  // namespace pons::upstream::dicomweb
