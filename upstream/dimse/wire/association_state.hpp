#pragma once

#include "upstream/dimse/wire/association.hpp"
#include "upstream/dimse/wire/connection.hpp"

#include <dcmtk/dcmnet/assoc.h>

/// Only for association*.cpp.
namespace pons::upstream::dimse {

struct association::state {
    dimse::link link;
    T_ASC_Association* dcmtk = nullptr;
    std::string peer_address;
    std::vector<presentation_context> contexts;
    std::vector<refused_context> refused;
    std::size_t fragment_size = 0;
    std::uint16_t message_id = 0;
    bool in_step = true;  ///< what comes next is the beginning of a PDU, or known to be within one

    std::size_t pdu_left = 0;  ///< of the P-DATA-TF PDU that has begun, behind the PDV that has begun
    std::size_t pdv_left = 0;
    fragment pdv;  ///< the one that has begun

    void begin(patience const& how_long)
    {
        link.how_long = how_long;
        link.last = readiness::ready;
    }

    ~state()
    {
        link.how_long = {};  // nothing that DCMTK does from here on may wait
        if (dcmtk)
            ASC_destroyAssociation(&dcmtk);
    }
};

}  // namespace pons::upstream::dimse
