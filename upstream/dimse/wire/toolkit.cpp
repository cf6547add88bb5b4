#include "upstream/dimse/wire/toolkit.hpp"

#include "upstream/dimse/wire/connection.hpp"

#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dul.h>
#include <dcmtk/oflog/oflog.h>

#include <new>

namespace pons::upstream::dimse {

namespace {

T_ASC_Network* make_network()
{
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    dcmDisableGethostbyaddr.set(OFTrue);
    dcmConnectionTimeout.set(5);
    dcmSocketSendTimeout.set(60);
    dcmSocketReceiveTimeout.set(60);
    dcmAssociatePDUSizeLimit.set(256 * 1024);

    // One for the process and never given back: making one writes to tables that other threads read.
    T_ASC_Network* network = nullptr;
    if (ASC_initializeNetwork(NET_REQUESTOR, 0, 30, &network).bad())
        throw std::bad_alloc();
    static transport_layer layer;
    ASC_setTransportLayer(network, &layer, 0);
    return network;
}

}  // namespace

void* set_up_dcmtk()
{
    static T_ASC_Network* const network = make_network();
    return network;
}

}  // namespace pons::upstream::dimse
