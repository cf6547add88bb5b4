#include "upstream/dicomweb/tls_context.hpp"

#include "upstream/errc.hpp"

namespace pons::upstream::dicomweb {

namespace ssl = boost::asio::ssl;

result<std::shared_ptr<ssl::context>> make_tls_context(config::tls const& tls)
{
    auto const context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_verify_mode(tls.verify ? ssl::verify_peer : ssl::verify_none);

    boost::system::error_code ec;
    if (tls.ca_file.empty())
        context->set_default_verify_paths(ec);
    else
        context->load_verify_file(tls.ca_file, ec);
    if (ec)
        return fail(errc::unsupported, "tls.ca_file: cannot be read as PEM certificates");
    if (!tls.cert_file.empty())
        context->use_certificate_chain_file(tls.cert_file, ec);
    if (ec)
        return fail(errc::unsupported, "tls.cert_file: cannot be read as PEM certificates");
    if (!tls.key_file.empty())
        context->use_private_key_file(tls.key_file, ssl::context::pem, ec);
    if (ec)
        return fail(errc::unsupported, "tls.key_file: cannot be read as a PEM key, or does not fit tls.cert_file");
    return context;
}

}  // namespace pons::upstream::dicomweb
