#pragma once

#include "mapping/find_request.hpp"
#include "upstream/archive.hpp"
#include "upstream/dicomweb/qido_target.hpp"

namespace pons::upstream::dicomweb {

/// What a server was seen to understand, from what it found: only then nothing is an answer to a value that had to be
/// written otherwise. Some do not decode values (pacs-quirks W1), some take wild cards for letters like others (F15,
/// W7). For one worker.
class form_lore {
public:
    /// Whether a server that had it would have found what a wild card stood for: by the encoded value, which was not
    /// found either (strict), or by the wild card.
    bool is_believed(config::query_encoding asked_first) const
    {
        return wild_cards_ || (decodes_ && asked_first == config::query_encoding::strict);
    }

private:
    friend class telling_rows;
    bool wild_cards_ = false;
    bool decodes_ = false;
};

/// Passes on what comes for a request, and learns from it. That counts where one key alone narrows, and every row meets
/// it: servers leave keys aside (F4, F5). `request` and `to` outlive it.
class telling_rows final : public row_sink {
public:
    telling_rows(mapping::find_request const& request, query_form form, row_sink& to);

    void row(mapping::data_set&& one) override;
    std::string_view purpose() const override { return to_.purpose(); }
    void exchanged(wire_exchange const& one) override { to_.exchanged(one); }

    /// When all has come.
    void teach(form_lore& lore) const;

private:
    row_sink& to_;
    mapping::key const* key_ = nullptr;  // null: nothing that comes would tell anything
    bool by_wild_card_ = false;
    bool by_encoded_ = false;
    bool any_ = false;
    bool all_meet_ = true;
};

}  // namespace pons::upstream::dicomweb
