#include "upstream/tls/trouble.hpp"

#include "upstream/errc.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

namespace pons::upstream::tls {

namespace {

struct {
    problem what;
    errc code;
    char const* text;
    char const* advice;  // %: the host
} constexpr rows[] = {
    {problem::expired, errc::unauthorized, "the archive's certificate has expired",
     "Renew the certificate at the archive; if that is done, check the clock of this machine."},
    {problem::not_yet_valid, errc::unauthorized, "the archive's certificate is not valid yet",
     "Check the clock of this machine, then the dates of the certificate at the archive."},
    {problem::wrong_name, errc::unauthorized, "the archive's certificate is for another name",
     "Here: reach the archive under a name that is in its certificate. Or there: give it a certificate for %."},
    {problem::unknown_authority, errc::unauthorized,
     "the archive's certificate is from an authority that is not trusted here",
     "Name the certificate of its authority in tls.ca_file of this source (the certificate itself when it is "
     "self-signed)."},
    {problem::bad_certificate, errc::unauthorized, "the archive's certificate is not good",
     "Give the archive a certificate for servers, for the name %, with a key of today's length."},
    {problem::certificate_wanted, errc::unauthorized, "the archive asks for a certificate of ours, and there is none",
     "Name one in tls.cert_file and its key in tls.key_file of this source, from an authority that the archive "
     "trusts."},
    {problem::certificate_refused, errc::unauthorized, "the archive did not accept our certificate",
     "There: trust the authority of the certificate in tls.cert_file. Here: check that it has not expired, and is for "
     "clients."},
    {problem::no_tls, errc::unreachable, "what answers there does not speak TLS",
     "Check the port: the archive may have another one for TLS. If it has none, take TLS off this source."},
    {problem::old_version, errc::unreachable, "the archive speaks no TLS from version 1.2 on",
     "Allow TLS 1.2 or 1.3 at the archive, or put a TLS proxy before it that does."},
    {problem::no_cipher, errc::unreachable, "the archive and Pons have no TLS cipher in common",
     "Allow the ciphers of BCP 195 at the archive: ECDHE or DHE with AES-GCM."},
    {problem::unknown_host, errc::unreachable, "the archive does not know the name that it was called by",
     "Here: use the name that the archive has itself. Or there: configure TLS for %."},
    {problem::broken_off, errc::unreachable, "the archive ended the connection in the TLS handshake",
     "Check the port: most likely it does not speak TLS. Otherwise the archive's own log says why."},
    {problem::silent, errc::timed_out, "the archive did not answer the TLS handshake in time",
     "Check the port: most likely it does not speak TLS. Otherwise see whether the archive is busy."},
    {problem::cancelled, errc::cancelled, "cancelled", ""},
    {problem::settings, errc::unsupported, "the settings of tls cannot be used", "Correct the file that is named."},
    {problem::other, errc::unreachable, "the TLS handshake failed", "The archive's own log may say more."},
};

struct {
    problem what;
    char const* text;
} constexpr caller_rows[] = {
    {problem::expired, "its certificate has expired"},
    {problem::not_yet_valid, "its certificate is not valid yet"},
    {problem::unknown_authority, "its certificate is from no authority of ca_file"},
    {problem::bad_certificate, "its certificate is not good"},
    {problem::certificate_wanted, "it shows no certificate, and ca_file asks for one"},
    {problem::certificate_refused, "it did not accept our certificate"},
    {problem::no_tls, "what it says is not TLS"},
    {problem::old_version, "it speaks no TLS from version 1.2 on"},
    {problem::no_cipher, "it has no TLS cipher in common with us"},
    {problem::broken_off, "it ended the connection in the handshake"},
    {problem::silent, "it did not end the handshake in time"},
};

auto const& row_of(problem p)
{
    return *std::ranges::find(rows, p, [](auto const& r) { return r.what; });
}

int index_of_observer()
{
    static int const index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

bool is_address(std::string const& host)
{
    unsigned char any[16];
    return ::inet_pton(AF_INET, host.c_str(), any) == 1 || ::inet_pton(AF_INET6, host.c_str(), any) == 1;
}

/// A peer may write anything into its certificate.
std::string printable(std::string_view text)
{
    constexpr std::size_t longest = 80;
    std::string plain(text.substr(0, longest));
    std::ranges::replace_if(
        plain, [](unsigned char c) { return c <= ' ' || c > '~' || c == '"' || c == '\\'; }, '?');
    return plain;
}

std::string names_in(X509* certificate)
{
    constexpr int most = 5;
    std::string all;
    auto const add = [&](std::string const& name) { all += (all.empty() ? "" : ", ") + name; };
    using names = std::unique_ptr<GENERAL_NAMES, decltype([](GENERAL_NAMES* n) { GENERAL_NAMES_free(n); })>;
    names const list(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; list && i < std::min(sk_GENERAL_NAME_num(list.get()), most); ++i) {
        auto const* const name = sk_GENERAL_NAME_value(list.get(), i);
        auto const* const bytes = name->d.ia5;
        if (name->type == GEN_DNS)
            add(printable({reinterpret_cast<char const*>(ASN1_STRING_get0_data(bytes)),
                           static_cast<std::size_t>(ASN1_STRING_length(bytes))}));
        char text[INET6_ADDRSTRLEN];
        auto const size = name->type == GEN_IPADD ? ASN1_STRING_length(bytes) : 0;
        if ((size == 4 || size == 16) &&
            ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(bytes), text, sizeof text))
            add(text);
    }
    char common_name[128] = "";
    if (all.empty() && X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, common_name,
                                                 sizeof common_name) > 0)
        add(printable(common_name));
    return all.empty() ? "it has no name" : "it is for " + all;
}

std::string date_of(ASN1_TIME const* time)
{
    tm parts{};
    char text[32] = "";
    if (ASN1_TIME_to_tm(time, &parts) == 1)
        std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return text;
}

problem problem_of(long verify_error)
{
    switch (verify_error) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return problem::expired;
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return problem::not_yet_valid;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return problem::wrong_name;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_CERT_UNTRUSTED:
            return problem::unknown_authority;
        default:
            return problem::bad_certificate;
    }
}

std::string about(problem what, long verify_error, X509* certificate)
{
    if (certificate && what == problem::wrong_name)
        return names_in(certificate);
    if (certificate && what == problem::expired)
        return "on " + date_of(X509_get0_notAfter(certificate));
    if (certificate && what == problem::not_yet_valid)
        return "it will be on " + date_of(X509_get0_notBefore(certificate));
    return X509_verify_cert_error_string(verify_error);
}

/// TLS alerts (RFC 8446 §6.2).
problem problem_of_alert(int alert, bool asked, bool have_one)
{
    switch (alert) {
        case SSL_AD_BAD_CERTIFICATE:
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
        case SSL_AD_CERTIFICATE_REVOKED:
        case SSL_AD_CERTIFICATE_EXPIRED:
        case SSL_AD_CERTIFICATE_UNKNOWN:
        case SSL_AD_UNKNOWN_CA:
        case SSL_AD_ACCESS_DENIED:
        case SSL_AD_CERTIFICATE_REQUIRED:
            return have_one ? problem::certificate_refused : problem::certificate_wanted;
        case SSL_AD_HANDSHAKE_FAILURE:  // of TLS 1.2 also when a certificate is missing
            return asked && !have_one ? problem::certificate_wanted : problem::no_cipher;
        case SSL_AD_INSUFFICIENT_SECURITY:
            return problem::no_cipher;
        case SSL_AD_PROTOCOL_VERSION:
            return problem::old_version;
        case SSL_AD_UNRECOGNIZED_NAME:
            return problem::unknown_host;
        default:
            return problem::other;
    }
}

}  // namespace

failure failure_of(trouble const& t)
{
    auto const& row = row_of(t.what);
    return {row.code, t.what == problem::settings ? t.detail : std::string("TLS: ") + row.text};
}

std::string sentence(trouble const& t)
{
    std::string const text = row_of(t.what).text;
    return t.detail.empty() ? text : text + " (" + t.detail + ")";
}

std::string sentence_about_caller(trouble const& t)
{
    auto const row = std::ranges::find(caller_rows, t.what, [](auto const& r) { return r.what; });
    std::string const text = row != std::end(caller_rows) ? row->text : "the handshake failed";
    return t.detail.empty() ? text : text + " (" + t.detail + ")";
}

std::string advice(trouble const& t, std::string const& host)
{
    std::string text = row_of(t.what).advice;
    if (auto const at = text.find('%'); at != std::string::npos)
        text.replace(at, 1, host);
    return text;
}

int observer::verified(int good, X509_STORE_CTX* chain)
{
    auto const* const over =
        static_cast<SSL const*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* const self = over ? static_cast<observer*>(SSL_get_ex_data(over, index_of_observer())) : nullptr;
    if (!good && self) {
        self->verify_error_ = X509_STORE_CTX_get_error(chain);
        self->detail_ =
            about(problem_of(self->verify_error_), self->verify_error_, X509_STORE_CTX_get_current_cert(chain));
    }
    return good;
}

int observer::asked_for_certificate(SSL*, void* self)
{
    static_cast<observer*>(self)->certificate_asked_ = true;
    return 1;
}

void observer::watch_caller(SSL* over)
{
    SSL_set_ex_data(over, index_of_observer(), this);
    if (SSL_get_verify_mode(over) != SSL_VERIFY_NONE)
        SSL_set_verify(over, SSL_get_verify_mode(over), &observer::verified);
}

void observer::watch(SSL* over, std::string const& host)
{
    watch_caller(over);
    SSL_set_cert_cb(over, &observer::asked_for_certificate, this);
    auto* const check = SSL_get0_param(over);
    if (is_address(host)) {
        X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str());
    } else {
        SSL_set_tlsext_host_name(over, host.c_str());
        X509_VERIFY_PARAM_set1_host(check, host.c_str(), host.size());
    }
}

trouble observer::explain(SSL const* over, unsigned long error) const
{
    if (verify_error_ != X509_V_OK)
        return {problem_of(verify_error_), detail_};
    bool const have_one = SSL_get_certificate(over) != nullptr;
    auto const reason = ERR_GET_REASON(error);
    if (error == 0 || ERR_GET_LIB(error) != ERR_LIB_SSL || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        // TLS 1.3 ends our handshake before the peer has looked at our certificate, and its alert may be lost with the
        // connection. Who does not like it does not part with close_notify, though.
        bool const parted_well = error == 0 && (SSL_get_shutdown(over) & SSL_RECEIVED_SHUTDOWN) != 0;
        if (certificate_asked_ && !(have_one && parted_well))
            return {have_one ? problem::certificate_refused : problem::certificate_wanted,
                    "it ended the connection where a certificate of ours was due"};
        return {problem::broken_off};
    }
    if (reason > SSL_AD_REASON_OFFSET) {
        auto const what = problem_of_alert(reason - SSL_AD_REASON_OFFSET, certificate_asked_, have_one);
        auto const* const words = ERR_reason_error_string(error);
        return {what, words && what == problem::other ? words : ""};
    }
    switch (reason) {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
        case SSL_R_RECORD_LENGTH_MISMATCH:
            return {problem::no_tls};
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_UNSUPPORTED_SSL_VERSION:
        case SSL_R_WRONG_SSL_VERSION:
            return {problem::old_version};
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return {problem::certificate_wanted};
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_NO_CIPHERS_AVAILABLE:
        case SSL_R_WRONG_CIPHER_RETURNED:
        case SSL_R_DH_KEY_TOO_SMALL:
            return {problem::no_cipher};
        default:
            break;
    }
    auto const* const words = ERR_reason_error_string(error);
    return {problem::other, words ? words : ""};
}

}  // namespace pons::upstream::tls
