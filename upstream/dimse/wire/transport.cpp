#include "upstream/dimse/wire/transport.hpp"

#include "upstream/dimse/wire/toolkit.hpp"
#include "upstream/tls/context.hpp"

namespace pons::upstream::dimse {

tl::expected<transport, tls::trouble> secure(descriptor socket, config::source const& source, patience const& how_long)
{
    transport made{std::move(socket)};
    if (!source.tls.enabled)
        return made;
    set_up_dcmtk();  // OpenSSL writes without MSG_NOSIGNAL; DCMTK has SIGPIPE ignored
    auto const context = tls::shared_context(source.tls);
    if (!context)
        return tl::unexpected(tls::trouble{tls::problem::settings, context.error().where});
    auto session = tls_session::begin(made.socket.get(), (*context)->native_handle(), source.host, how_long);
    if (!session)
        return tl::unexpected(session.error());
    made.tls = std::move(*session);
    return made;
}

}  // namespace pons::upstream::dimse
