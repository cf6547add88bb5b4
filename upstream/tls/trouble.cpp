#include "upstream/tls/trouble.hpp"

#include "upstream/errc.hpp"

#include <algorithm>
#include <iterator>

namespace pons::upstream::tls {

namespace {

struct {
    problem what;
    errc code;
    char const* text;    // @: the other side
    char const* advice;  // %: the host
} constexpr rows[] = {
    {problem::expired, errc::unauthorized, "@'s certificate has expired",
     "Renew the certificate at the archive; if that is done, check the clock of this machine."},
    {problem::not_yet_valid, errc::unauthorized, "@'s certificate is not valid yet",
     "Check the clock of this machine, then the dates of the certificate at the archive."},
    {problem::wrong_name, errc::unauthorized, "@'s certificate is for another name",
     "Here: reach the archive under a name that is in its certificate. Or there: give it a certificate for %."},
    {problem::unknown_authority, errc::unauthorized, "@'s certificate is from an authority that is not trusted here",
     "Name the certificate of its authority in tls.ca_file of this source (the certificate itself when it is "
     "self-signed)."},
    {problem::bad_certificate, errc::unauthorized, "@'s certificate is not good",
     "Give the archive a certificate for servers, for the name %, with a key of today's length."},
    {problem::certificate_wanted, errc::unauthorized, "@ asks for a certificate of ours, and there is none",
     "Name one in tls.cert_file and its key in tls.key_file of this source, from an authority that the archive "
     "trusts."},
    {problem::certificate_refused, errc::unauthorized, "@ did not accept our certificate",
     "There: trust the authority of the certificate in tls.cert_file. Here: check that it has not expired, and is for "
     "clients."},
    {problem::no_tls, errc::unreachable, "what answers there does not speak TLS",
     "Check the port: the archive may have another one for TLS. If it has none, take TLS off this source."},
    {problem::old_version, errc::unreachable, "@ speaks no TLS from version 1.2 on",
     "Allow TLS 1.2 or 1.3 at the archive, or put a TLS proxy before it that does."},
    {problem::no_cipher, errc::unreachable, "@ and Pons have no TLS cipher in common",
     "Allow the ciphers of BCP 195 at the archive: ECDHE or DHE with AES-GCM."},
    {problem::unknown_host, errc::unreachable, "@ does not know the name that it was called by",
     "Here: use the name that the archive has itself. Or there: configure TLS for %."},
    {problem::broken_off, errc::unreachable, "@ ended the connection in the TLS handshake",
     "Check the port: most likely it does not speak TLS. Otherwise the archive's own log says why."},
    {problem::silent, errc::timed_out, "@ did not answer the TLS handshake in time",
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

std::string filled(std::string text, party const& whom)
{
    auto const at = text.find('@');
    if (at == std::string::npos)
        return text;
    constexpr std::string_view possessive = "@'s";
    if (text.compare(at, possessive.size(), possessive) == 0)
        return text.replace(at, possessive.size(), whom.possessive);
    return text.replace(at, 1, whom.name);
}

}  // namespace

failure failure_of(trouble const& t, party const& whom)
{
    auto const& row = row_of(t.what);
    return {row.code, t.what == problem::settings ? t.detail : "TLS: " + filled(row.text, whom)};
}

std::string sentence(trouble const& t, party const& whom)
{
    auto const text = filled(row_of(t.what).text, whom);
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

}  // namespace pons::upstream::tls
