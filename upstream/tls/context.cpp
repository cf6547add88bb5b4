#include "upstream/tls/context.hpp"

#include "upstream/errc.hpp"

#include <filesystem>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

namespace pons::upstream::tls {

namespace ssl = boost::asio::ssl;

namespace {

// Those of TLS 1.3 are all good.
constexpr auto ciphers_of_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM";

/// OpenSSL would ask at the terminal.
int no_password(char*, int, int, void*)
{
    return 0;
}

using file_times = std::vector<std::filesystem::file_time_type>;

template <class Settings>
file_times times_of(Settings const& settings)
{
    file_times times;
    for (auto const& file : {settings.ca_file, settings.cert_file, settings.key_file}) {
        std::error_code absent;
        times.push_back(std::filesystem::last_write_time(file, absent));
    }
    return times;
}

struct made {
    std::shared_ptr<ssl::context> context;
    file_times times;
};

using settings_key = std::tuple<std::string, std::string, std::string, bool>;

settings_key key_of(config::tls const& s)
{
    return {s.ca_file, s.cert_file, s.key_file, s.verify};
}

settings_key key_of(config::listener_tls const& s)
{
    return {s.ca_file, s.cert_file, s.key_file, true};
}

std::shared_ptr<ssl::context> make_bare(ssl::context::method side)
{
    auto context = std::make_shared<ssl::context>(side);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context->native_handle(), ciphers_of_1_2);
    SSL_CTX_set_default_passwd_cb(context->native_handle(), &no_password);
    return context;
}

/// Our own certificate and its key, if there are any.
result<void> use_identity(ssl::context& context, std::string const& cert_file, std::string const& key_file)
{
    boost::system::error_code ec;
    if (!cert_file.empty())
        context.use_certificate_chain_file(cert_file, ec);
    if (ec)
        return fail(errc::unsupported, "tls.cert_file: cannot be read as PEM certificates");
    if (!key_file.empty())
        context.use_private_key_file(key_file, ssl::context::pem, ec);
    if (ec)
        return fail(errc::unsupported,
                    "tls.key_file: cannot be read as a PEM key without a password, or does not fit tls.cert_file");
    return {};
}

tl::unexpected<failure> no_authorities()
{
    return fail(errc::unsupported, "tls.ca_file: cannot be read as PEM certificates");
}

/// A map for each kind of settings.
template <class Settings>
result<std::shared_ptr<ssl::context>> shared(Settings const& settings)
{
    static std::mutex mutex;
    static std::map<settings_key, made> all;
    auto const key = key_of(settings);
    auto const times = times_of(settings);
    std::scoped_lock const lock(mutex);
    auto const before = all.find(key);
    if (before != all.end() && before->second.times == times)
        return before->second.context;
    auto context = make_context(settings);
    if (context)
        all.insert_or_assign(key, made{*context, times});
    else if (before != all.end())
        return before->second.context;
    return context;
}

}  // namespace

result<std::shared_ptr<ssl::context>> make_context(config::tls const& settings)
{
    auto context = make_bare(ssl::context::tls_client);
    context->set_verify_mode(settings.verify ? ssl::verify_peer : ssl::verify_none);
    boost::system::error_code ec;
    if (settings.ca_file.empty())
        context->set_default_verify_paths(ec);
    else
        context->load_verify_file(settings.ca_file, ec);
    if (ec)
        return no_authorities();
    if (auto const used = use_identity(*context, settings.cert_file, settings.key_file); !used)
        return tl::unexpected(used.error());
    return context;
}

result<std::shared_ptr<ssl::context>> make_context(config::listener_tls const& settings)
{
    auto context = make_bare(ssl::context::tls_server);
    auto* const native = context->native_handle();
    SSL_CTX_set_dh_auto(native, 1);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(native, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(native, 0);
    if (!settings.ca_file.empty()) {
        boost::system::error_code ec;
        context->load_verify_file(settings.ca_file, ec);
        auto* const names = SSL_load_client_CA_file(settings.ca_file.c_str());
        if (ec || !names)
            return no_authorities();
        SSL_CTX_set_client_CA_list(native, names);  // owns them from here on
        context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    }
    if (auto const used = use_identity(*context, settings.cert_file, settings.key_file); !used)
        return tl::unexpected(used.error());
    return context;
}

result<std::shared_ptr<ssl::context>> shared_context(config::tls const& settings)
{
    return shared(settings);
}

result<std::shared_ptr<ssl::context>> shared_context(config::listener_tls const& settings)
{
    return shared(settings);
}

}  // namespace pons::upstream::tls
