#include "config/tls_checks.hpp"

#include "config/scalars.hpp"

#include <algorithm>

namespace pons::config {

namespace {

constexpr std::string_view not_enabled = "has no effect, as TLS is not enabled; write enabled: true";

bool moves(source const& s)
{
    return s.kind == source_kind::dimse && std::ranges::find(s.retrieve, retrieve_method::c_move) != s.retrieve.end();
}

}  // namespace

void check_key_pair(draft& d, std::string const& section)
{
    if (d.has(section + ".cert_file") != d.has(section + ".key_file")) {
        auto const absent = section + (d.has(section + ".key_file") ? ".cert_file" : ".key_file");
        d.error(absent, "is missing; a certificate and its key go together");
    }
}

void check_called_tls(draft& d, tls const& settings, std::string const& section, std::string_view whom,
                      std::string_view unused)
{
    if (!d.has(section))
        return;
    check_key_pair(d, section);
    bool const asked = d.has(section + ".ca_file") || d.has(section + ".cert_file") || !settings.verify;
    if (!unused.empty() && asked)
        d.warning(section, std::string(unused));
    if (unused.empty() && !settings.verify)
        d.warning(section + ".verify",
                  "lets anybody pose as " + std::string(whom) + "; name its authority in ca_file instead");
}

void check_web_tls(draft& d, tls const& settings, std::string const& section, std::string_view whom,
                   std::string_view url)
{
    if (url.starts_with("https:"))
        check_called_tls(d, settings, section, whom, "");
    else if (url.starts_with("http:"))
        check_called_tls(d, settings, section, whom, "has no effect with a plain http URL; use https");
    else
        check_key_pair(d, section);  // the URL is at fault, or there is none
}

void check_source_tls(draft& d, source const& s, std::string const& path)
{
    auto const section = path + "tls";
    if (s.kind == source_kind::dimse)
        check_called_tls(d, s.tls, section, "the archive", s.tls.enabled ? "" : not_enabled);
    else
        check_web_tls(d, s.tls, section, "the archive", s.url);
    bool const ours = d.all.dicom.tls.enabled;
    if (s.tls.enabled && moves(s) && !ours)
        d.warning(section + ".enabled",
                  "does not protect what comes by C-MOVE: that comes to dicom.listen in the clear; "
                  "write dicom.tls, or retrieve: [c-get]");
    // What it sends by C-MOVE has to come by TLS then, whatever it speaks otherwise.
    if (moves(s) && ours && !s.tls.enabled)
        d.warning(path + "retrieve",
                  "has c-move, and dicom.tls takes TLS only, while this archive is asked in the clear; see that it "
                  "sends by TLS, or write retrieve: [c-get]");
}

void check_peer_tls(draft& d, peer const& p, std::string const& path)
{
    check_called_tls(d, p.tls, path + "tls", "the peer", p.tls.enabled ? "" : not_enabled);
}

void check_dicom_listener(draft& d)
{
    auto const& dicom = d.all.dicom;
    check_key_pair(d, "dicom.tls");
    if (dicom.tls.enabled && !d.has("dicom.tls.cert_file") && !d.has("dicom.tls.key_file"))
        d.error("dicom.tls.cert_file", "is missing; whoever calls by TLS wants to see a certificate, with key_file");
    if (!dicom.tls.enabled && (d.has("dicom.tls.cert_file") || d.has("dicom.tls.ca_file")))
        d.warning("dicom.tls", "has no effect, as TLS is not enabled; write enabled: true");
    if (is_loopback(dicom.listen.host) || dicom.insecure || (dicom.tls.enabled && d.has("dicom.tls.ca_file")))
        return;
    auto const place = in_quotes(print_address(dicom.listen));
    d.error("dicom.listen",
            dicom.tls.enabled
                ? place +
                      " is beyond loopback, and without dicom.tls.ca_file anybody may call; name the authority of "
                      "the archives' certificates, or write dicom.insecure: true if the network is safe"
                : place +
                      " is beyond loopback, without TLS and authentication; write dicom.tls, listen on 127.0.0.1, "
                      "or write dicom.insecure: true if the network is safe");
}

}  // namespace pons::config
