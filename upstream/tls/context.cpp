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

file_times times_of(config::tls const& settings)
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

}  // namespace

result<std::shared_ptr<ssl::context>> make_context(config::tls const& settings)
{
    auto const context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context->native_handle(), ciphers_of_1_2);
    SSL_CTX_set_default_passwd_cb(context->native_handle(), &no_password);
    context->set_verify_mode(settings.verify ? ssl::verify_peer : ssl::verify_none);

    boost::system::error_code ec;
    if (settings.ca_file.empty())
        context->set_default_verify_paths(ec);
    else
        context->load_verify_file(settings.ca_file, ec);
    if (ec)
        return fail(errc::unsupported, "tls.ca_file: cannot be read as PEM certificates");
    if (!settings.cert_file.empty())
        context->use_certificate_chain_file(settings.cert_file, ec);
    if (ec)
        return fail(errc::unsupported, "tls.cert_file: cannot be read as PEM certificates");
    if (!settings.key_file.empty())
        context->use_private_key_file(settings.key_file, ssl::context::pem, ec);
    if (ec)
        return fail(errc::unsupported,
                    "tls.key_file: cannot be read as a PEM key without a password, or does not fit tls.cert_file");
    return context;
}

result<std::shared_ptr<ssl::context>> shared_context(config::tls const& settings)
{
    static std::mutex mutex;
    static std::map<settings_key, made> all;
    settings_key const key(settings.ca_file, settings.cert_file, settings.key_file, settings.verify);
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

}  // namespace pons::upstream::tls
