#include "config/checks.hpp"

#include "config/character_sets.hpp"
#include "config/crosswalk_file.hpp"
#include "config/keys.hpp"
#include "config/names.hpp"
#include "config/scalars.hpp"
#include "config/suggest.hpp"
#include "config/tls_checks.hpp"
#include "config/url.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <vector>

namespace pons::config {

namespace {

std::string folded(std::string_view text)
{
    std::string small(text);
    std::transform(small.begin(), small.end(), small.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return small;
}

// Without a kind, or with one that is not known, little can be said about the other keys.
bool kind_known(draft const& d, source const& s)
{
    auto const key = "sources." + name_in_path(s.name) + ".kind";
    return d.has(key) && std::none_of(d.diagnostics.begin(), d.diagnostics.end(),
                                      [&](diagnostic const& told) { return told.key == key; });
}

// Keys below a named entry ("sources.*.", "viewers.*.", "peers.*.") that must be there.
void check_required(draft& d, std::string_view pattern, std::string const& path, source const* of = nullptr)
{
    for (auto const& k : keys()) {
        if (!k.required || !k.path.starts_with(pattern) || (k.only && (of == nullptr || *k.only != of->kind)))
            continue;
        auto const name = k.path.substr(pattern.size());
        if (!d.has(path + std::string(name)))
            d.error(path + std::string(name),
                    "is missing" +
                        (k.only ? ", and a source of kind " + std::string(name_of(*k.only)) + " needs it" : "") +
                        "; write " + std::string(name) + ": <" + print_type(k) + '>');
    }
}

void check_kind(draft& d, source const& s, std::string const& path)
{
    constexpr std::string_view pattern = "sources.*.";
    for (auto const& k : keys()) {
        if (!k.only || *k.only == s.kind)
            continue;
        auto const key = path + std::string(k.path.substr(pattern.size()));
        if (d.has(key))
            d.error(key, "belongs to sources of kind " + std::string(name_of(*k.only)) + ", and this one is " +
                             std::string(name_of(s.kind)) + "; leave it out");
    }
}

void check_credentials(draft& d, config::credentials const& given, std::string_view address, std::string const& path)
{
    struct {
        std::string_view name;
        credentials_kind kind;
    } const parts[] = {
        {"user", credentials_kind::basic}, {"password", credentials_kind::basic}, {"token", credentials_kind::bearer}};
    auto const kind = given.kind;
    for (auto const& part : parts) {
        auto const key = path + "credentials." + std::string(part.name);
        if (part.kind == kind && !d.has(key))
            d.error(key, "is missing, and credentials of kind " + std::string(name_of(kind)) + " need it");
        else if (part.kind != kind && d.has(key))
            d.error(key, "belongs to credentials of kind " + std::string(name_of(part.kind)) + ", and these are " +
                             std::string(name_of(kind)) + "; correct kind, or leave it out");
    }
    auto const url = split_url(address);
    if (kind != credentials_kind::none && url && url->scheme == "http" && !is_loopback(url->host))
        d.warning(path + "url",
                  "sends credentials over plain http beyond loopback, where others can read them; use https");
}

/// Towards DIMSE archives: PS3.7 §D.3.3.7.
void check_user_identity(draft& d, source const& s, std::string const& path)
{
    auto const kind = s.credentials.kind;
    if (kind == credentials_kind::none)
        return;
    if (kind != credentials_kind::basic)
        d.error(path + "credentials.kind",
                "is " + std::string(name_of(kind)) + ", and sources of kind dimse only take basic");
    else if (!s.tls.enabled && !is_loopback(s.host))
        d.warning(path + "credentials.kind",
                  "sends user and password in the clear beyond loopback, where others can read them; use tls");
}

/// Of two that say otherwise of the same sets only one would count.
void check_labels(draft& d, source const& s, std::string const& path)
{
    std::map<std::string, std::string> labels;
    for (auto const& [label, meant] : s.quirks.charset_labels) {
        auto const [first, fresh] = labels.emplace(sets_named(label), label);
        if (!fresh && s.quirks.charset_labels.at(first->second) != meant)
            d.error(path + "quirks.charset_labels." + name_in_path(label),
                    "names the same sets as " + in_quotes(first->second) + ", which means others; keep one");
    }
}

void check_source(draft& d, source const& s)
{
    auto const path = "sources." + name_in_path(s.name) + '.';
    if (!d.has(path + "kind"))
        d.error(path + "kind", "is missing; write kind: dimse or kind: dicomweb");
    if (!kind_known(d, s))
        return;
    check_required(d, "sources.*.", path, &s);
    check_kind(d, s, path);
    check_credentials(d, s.credentials, s.url, path);
    if (s.kind == source_kind::dimse)
        check_user_identity(d, s, path);
    check_source_tls(d, s, path);
    check_labels(d, s, path);
    if (d.has(path + "hours") && s.timezone.empty())
        d.error(path + "hours",
                "cannot be told without the archive's clocks; write its timezone, such as Europe/Vienna");
    if ((s.worklist == worklist_kind::mwl && s.kind != source_kind::dimse) ||
        (s.worklist == worklist_kind::ups && s.kind != source_kind::dicomweb))
        d.error(path + "worklist", "is of the other protocol: mwl belongs to kind dimse, ups to kind dicomweb");
    if (s.verify == verify_mode::lenient)
        d.warning(path + "verify",
                  "lets a retrieve end as complete although nothing confirms it; strict breaks it off instead");
}

void check_names(draft& d)
{
    std::map<std::string, std::string> seen;
    for (auto const& s : d.all.sources) {
        auto const [first, fresh] = seen.emplace(folded(s.name), s.name);
        if (!fresh && first->second != s.name)
            d.error("sources." + name_in_path(s.name),
                    "differs from " + first->second + " only in case; give it another name");
    }
    for (auto const& w : d.all.worklists) {
        auto const [first, fresh] = seen.emplace(folded(w.name), w.name);
        if (!fresh)
            d.error("worklists." + name_in_path(w.name),
                    "is called like " + first->second + ", a source or another worklist; give it another name");
    }
    if (d.all.sources.empty())
        d.error("sources",
                "holds no source; write at least one, such as main-pacs: with kind, host, port and called_ae");
}

// `name`, in a value of `key`, must be a source; or a worklist, where that will do.
void check_is_source(draft& d, std::string const& key, std::string_view name, std::string_view right,
                     bool or_worklist = false)
{
    std::vector<std::string_view> known;
    for (auto const& s : d.all.sources)
        known.push_back(s.name);
    for (auto const& w : d.all.worklists)
        if (or_worklist)
            known.push_back(w.name);
    if (d.full() || std::ranges::find(known, name) != known.end())
        return;
    auto const near = nearest(name, known);
    d.error(key, in_quotes(name) + (or_worklist ? " is neither a source nor a worklist; " : " is not a source; ") +
                     (near.empty() ? std::string(right) : "did you mean " + std::string(near) + "?"));
}

constexpr std::string_view a_source = "write a name that stands below sources";
constexpr std::string_view some_sources = "write names that stand below sources";
constexpr std::string_view sources_or_worklists = "write names that stand below sources or worklists";

void check_store_to(draft& d)
{
    if (auto const& to = d.all.dicomweb.store_to; !to.empty())
        check_is_source(d, "dicomweb.store_to", to, a_source);
}

void check_routes(draft& d)
{
    for (auto const& name : d.all.federation.order)
        check_is_source(d, "federation.order", name, some_sources);
    for (auto const& route : d.all.federation.routes) {
        auto const key = "federation.routes." + name_in_path(route.name);
        check_required(d, "federation.routes.*.", key + '.');
        if (!d.has(key + ".issuer") && !d.has(key + ".modality"))
            d.error(key,
                    "does not say which studies it is about; write issuer or modality (what comes under a called AE "
                    "title is routed by dicom.ae_titles)");
        for (auto const& name : route.sources)
            check_is_source(d, key + ".sources", name, some_sources);
    }
}

/// Whoever goes through the sources goes by `federation.order`.
void put_in_order(settings& all)
{
    auto const& order = all.federation.order;
    std::ranges::stable_sort(all.sources, {}, [&](source const& s) { return std::ranges::find(order, s.name); });
}

// DESIGN section 3: the acceptor tells retrieves from clients by the called AE title.
void check_titles(draft& d)
{
    auto const& titles = d.all.dicom.ae_titles;
    if (titles.contains(d.all.dicom.ae_title))
        d.error("dicom.ae_titles." + name_in_path(d.all.dicom.ae_title),
                "is dicom.ae_title too, which leads to all sources; use another title for one of them");
    for (auto const& [title, sources] : titles)
        for (auto const& name : sources)
            check_is_source(d, "dicom.ae_titles." + name_in_path(title), name, sources_or_worklists, true);
    for (auto const& s : d.all.sources) {
        if (s.kind != source_kind::dimse || !kind_known(d, s))
            continue;
        bool const main = s.store_ae == d.all.dicom.ae_title;
        if (main || titles.contains(s.store_ae))
            d.error("sources." + name_in_path(s.name) + ".store_ae",
                    in_quotes(s.store_ae) + " is in " + (main ? "dicom.ae_title" : "dicom.ae_titles") +
                        " too, so retrieves could not be told from clients; use another title for one of them");
    }
}

void check_listeners(draft& d)
{
    auto& http = d.all.http;
    if (!is_loopback(http.listen.host) && !http.insecure)
        d.error("http.listen", in_quotes(print_address(http.listen)) +
                                   " is beyond loopback, without TLS and authentication; listen on 127.0.0.1, or write "
                                   "http.insecure: true if the network is safe");
    check_dicom_listener(d);
    if (http.listen == d.all.dicom.listen && http.listen.port != 0)
        d.error("dicom.listen", in_quotes(print_address(http.listen)) + " is http.listen too; use another port");
    if (d.has("http.public_url") || !d.has("http.listen"))
        return;
    http.public_url = "http://" + print_address(http.listen);
    if (!is_loopback(http.listen.host))
        d.warning("http.public_url",
                  "is missing, so clients are told " + http.public_url +
                      "; write the address that they can reach, such as https://pons.hospital.example");
}

// Keys of the crosswalk that say nothing to those of another kind. Those with a default may always stand there.
void check_crosswalk_kind(draft& d)
{
    using kind = crosswalk_kind;
    struct {
        std::string_view name;
        std::vector<kind> of;
        bool required;
    } const rows[] = {
        {"file", {kind::file}, true},
        {"url", {kind::fhir, kind::pixm}, true},
        {"system", {kind::pixm}, true},
        {"base", {kind::file, kind::fhir, kind::pixm}, false},
    };
    auto const chosen = d.all.crosswalk.kind;
    for (auto const& row : rows) {
        auto const key = "crosswalk." + std::string(row.name);
        bool const fits = std::ranges::find(row.of, chosen) != row.of.end();
        if (!fits && d.has(key))
            d.error(key, "does not belong to a crosswalk of kind " + std::string(name_of(chosen)) + "; leave it out");
        if (fits && row.required && !d.has(key))
            d.error(key, "is missing, and a crosswalk of kind " + std::string(name_of(chosen)) + " needs it");
    }
    bool const server = chosen == kind::fhir || chosen == kind::pixm;
    if (!server && d.all.crosswalk.credentials.kind != credentials_kind::none)
        d.error("crosswalk.credentials.kind",
                "does not belong to a crosswalk of kind " + std::string(name_of(chosen)) + ", which asks no server");
}

void check_crosswalk(draft& d)
{
    auto& c = d.all.crosswalk;
    constexpr std::string_view kind_key = "crosswalk.kind";
    if (!d.has("crosswalk") ||
        std::ranges::any_of(d.diagnostics, [&](auto const& told) { return told.key == kind_key; }))
        return;
    check_crosswalk_kind(d);
    if (c.kind == crosswalk_kind::none)
        return;
    check_credentials(d, c.credentials, c.url, "crosswalk.");
    check_web_tls(d, c.tls, "crosswalk.tls", "the crosswalk", c.url);
    if (c.base.empty() && c.kind == crosswalk_kind::fhir)
        c.base = c.url;
    for (auto const& s : d.all.sources)
        if (s.issuer.system.empty())
            d.warning("sources." + name_in_path(s.name) + ".issuer.system",
                      "is missing; with a crosswalk, searches by Patient that would ask this source are refused");
    auto const unreadable =
        std::ranges::any_of(d.diagnostics, [](auto const& told) { return told.key == "crosswalk.file"; });
    if (c.kind != crosswalk_kind::file || c.file.empty() || unreadable)
        return;
    for (auto& told : read_crosswalk_file(c.file).diagnostics)
        if (!d.full())
            d.diagnostics.push_back(std::move(told));
}

void check_worklist(draft& d, order_server const& w)
{
    auto const path = "worklists." + name_in_path(w.name) + '.';
    check_required(d, "worklists.*.", path);
    check_credentials(d, w.credentials, w.url, path);
    check_key_pair(d, path + "tls");
    if (!w.tls.verify && w.url.starts_with("https:"))
        d.warning(path + "tls.verify",
                  "lets anybody pose as the server of orders; name its authority in ca_file instead");
    for (auto const& category : w.categories)
        if (category.ends_with('|') || category == "|")
            d.error(path + "categories",
                    in_quotes(category) + " has no code; write system|code, as in http://snomed.info/sct|363679005");
}

}  // namespace

void check(draft& d)
{
    check_listeners(d);
    auto& fhir = d.all.fhir;
    if (!d.has("fhir.default_count"))
        fhir.default_count = std::min(fhir.default_count, fhir.max_count);
    if (fhir.default_count > fhir.max_count)
        d.error("fhir.default_count", "is above max_count; write " + std::to_string(fhir.max_count) + " or less");
    check_names(d);
    check_titles(d);
    check_store_to(d);
    check_routes(d);
    check_crosswalk(d);
    for (auto const& s : d.all.sources)
        check_source(d, s);
    for (auto const& w : d.all.worklists)
        check_worklist(d, w);
    for (auto const& v : d.all.viewers)
        check_required(d, "viewers.*.", "viewers." + name_in_path(v.name) + '.');
    for (auto const& p : d.all.peers) {
        auto const path = "peers." + name_in_path(p.name) + '.';
        check_required(d, "peers.*.", path);
        check_peer_tls(d, p, path);
    }
    put_in_order(d.all);
}

}  // namespace pons::config
