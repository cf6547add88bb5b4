#include "config/keys.hpp"

#include <iterator>

namespace pons::config {

namespace {

constexpr std::uint64_t KiB = 1024;
constexpr std::uint64_t MiB = 1024 * KiB;
constexpr std::uint64_t GiB = 1024 * MiB;

constexpr range between(milliseconds low, milliseconds high)
{
    return {static_cast<std::uint64_t>(low.count()), static_cast<std::uint64_t>(high.count())};
}

constexpr range wait = between(1ms, 1h);
constexpr range brief = between(0ms, 10min);
constexpr range port{1, 65535};

template <auto... Members>
slot all(place& p)
{
    return &(p.all.*....*Members);
}

template <auto... Members>
slot src(place& p)
{
    return &((*p.source).*....*Members);
}

template <auto... Members>
slot orders(place& p)
{
    return &((*p.worklist).*....*Members);
}

template <auto... Members>
slot per(place& p)
{
    return &((*p.peer).*....*Members);
}

constexpr auto dimse = source_kind::dimse;
constexpr auto dicomweb = source_kind::dicomweb;

// clang-format off
constexpr key rows[] = {
    {.path = "http.listen", .at = all<&settings::http, &http::listen>,
     .meaning = "Where clients reach Pons; port 0 lets the system choose"},
    {.path = "http.public_url", .at = all<&settings::http, &http::public_url>, .form = &forms::base_url,
     .meaning = "The address that clients are told, in Endpoint and links; made from `http.listen` when left out"},
    {.path = "http.insecure", .at = all<&settings::http, &http::insecure>,
     .meaning = "Allows to listen beyond loopback without TLS and authentication"},
    {.path = "http.threads", .at = all<&settings::http, &http::threads>, .within = {1, 64},
     .meaning = "Worker threads"},
    {.path = "http.max_connections", .at = all<&settings::http, &http::max_connections>, .within = {1, 1'000'000},
     .meaning = "Client connections at once"},
    {.path = "http.max_header", .at = all<&settings::http, &http::max_header>, .within = {KiB, MiB}, .size = true,
     .meaning = "The header of one request"},
    {.path = "http.max_body", .at = all<&settings::http, &http::max_body>, .within = {KiB, GiB}, .size = true,
     .meaning = "The body of one request"},
    {.path = "http.header_timeout", .at = all<&settings::http, &http::header_timeout>, .within = wait,
     .meaning = "How long a client may take to send a request's header"},
    {.path = "http.body_timeout", .at = all<&settings::http, &http::body_timeout>, .within = wait,
     .meaning = "How long a client may take to send a request's body"},
    {.path = "http.idle_timeout", .at = all<&settings::http, &http::idle_timeout>, .within = wait,
     .meaning = "How long a connection may wait for its next request"},
    {.path = "http.write_timeout", .at = all<&settings::http, &http::write_timeout>, .within = wait,
     .meaning = "How long a client may take to accept an answer"},
    {.path = "http.stall_timeout", .at = all<&settings::http, &http::stall_timeout>, .within = wait,
     .meaning = "How long a client may take nothing of an answer that is sent while it is made"},
    {.path = "http.request_timeout", .at = all<&settings::http, &http::request_timeout>, .within = wait,
     .meaning = "How long a search may take as a whole"},
    {.path = "http.shutdown_timeout", .at = all<&settings::http, &http::shutdown_timeout>, .within = between(0ms, 1h),
     .meaning = "How long requests in flight may take after SIGTERM"},
    {.path = "http.gzip_above", .at = all<&settings::http, &http::gzip_above>, .within = {0, GiB}, .size = true,
     .meaning = "Larger answers are compressed when the client allows it; 0: never"},
    {.path = "http.cors_origins", .at = all<&settings::http, &http::cors_origins>, .form = &forms::web_origin,
     .meaning = "Sites whose pages may ask, as viewers in a browser do; `*` for any; left out: none"},

    {.path = "dicom.listen", .at = all<&settings::dicom, &dicom::listen>,
     .meaning = "Where DICOM peers reach Pons; port 0 lets the system choose"},
    {.path = "dicom.ae_title", .at = all<&settings::dicom, &dicom::ae_title>, .form = &forms::ae_title,
     .meaning = "The called AE title that leads to all sources"},
    {.path = "dicom.ae_titles.*", .at = [](place& p) -> slot { return p.title; }, .form = &forms::ae_title,
     .meaning = "A further called AE title, and the sources and worklists it leads to",
     .enter = [](place& p, std::string_view name) { p.title = &p.all.dicom.ae_titles[std::string(name)]; }},
    {.path = "dicom.tls.enabled", .at = all<&settings::dicom, &dicom::tls, &listener_tls::enabled>,
     .meaning = "Whether `dicom.listen` takes TLS, and nothing else; else it takes none"},
    {.path = "dicom.tls.cert_file", .at = all<&settings::dicom, &dicom::tls, &listener_tls::cert_file>,
     .form = &forms::readable_file, .meaning = "PEM file of our own certificate, which callers check"},
    {.path = "dicom.tls.key_file", .at = all<&settings::dicom, &dicom::tls, &listener_tls::key_file>,
     .form = &forms::readable_file, .meaning = "PEM file of its key"},
    {.path = "dicom.tls.ca_file", .at = all<&settings::dicom, &dicom::tls, &listener_tls::ca_file>,
     .form = &forms::readable_file,
     .meaning = "PEM file of the authorities whose certificates callers must show; left out: anybody may call"},
    {.path = "dicom.insecure", .at = all<&settings::dicom, &dicom::insecure>,
     .meaning = "Allows to listen beyond loopback without `dicom.tls` and its `ca_file`"},
    {.path = "dicom.any_caller", .at = all<&settings::dicom, &dicom::any_caller>,
     .meaning = "Whoever is not among `peers` is served as well"},
    {.path = "dicom.max_associations", .at = all<&settings::dicom, &dicom::max_associations>, .within = {1, 1024},
     .meaning = "Associations at once, of all callers together; each has a thread. What archives open at `store_ae` comes "
                "besides: twice `limits.associations` of the source, at least 16"},
    {.path = "dicom.associations_per_peer", .at = all<&settings::dicom, &dicom::associations_per_peer>,
     .within = {1, 1024}, .meaning = "Of them with one calling AE title"},
    {.path = "dicom.idle_timeout", .at = all<&settings::dicom, &dicom::idle_timeout>, .within = wait,
     .meaning = "How long an association may wait for its next message"},
    {.path = "dicom.silence_timeout", .at = all<&settings::dicom, &dicom::silence_timeout>, .within = wait,
     .meaning = "How long a peer may be silent within a message, or take nothing of one of ours"},
    {.path = "dicom.operation_timeout", .at = all<&settings::dicom, &dicom::operation_timeout>, .within = wait,
     .meaning = "How long a C-FIND may take as a whole, each search for what a retrieve is to bring (an hour for all), "
                "and a source until it takes an instance"},
    {.path = "dicom.commitment_timeout", .at = all<&settings::dicom, &dicom::commitment_timeout>,
     .within = between(1s, 24h),
     .meaning = "How long an archive may take to say what it keeps (storage commitment); after that, each instance is "
                "reported as failed with 0110H, and the peer may ask again"},
    {.path = "dicom.pending_interval", .at = all<&settings::dicom, &dicom::pending_interval>,
     .within = between(0ms, 1h),
     .meaning = "How often one who waits for a C-GET or C-MOVE hears that it goes on (Pending) while the archive brings "
                "nothing; 0: never"},

    {.path = "paging.key", .at = all<&settings::paging, &paging::key>, .form = &forms::sealing_key, .secret = true,
     .meaning =
         "Seals page tokens, the same on every replica; left out: a random one, and tokens end with the process"},

    {.path = "fhir.default_version", .at = all<&settings::fhir, &fhir::default_version>, .form = &forms::fhir_version,
     .meaning = "The FHIR version at `/fhir`"},
    {.path = "fhir.search_depth", .at = all<&settings::fhir, &fhir::search_depth>,
     .meaning = "How deep the entries of a search go"},
    {.path = "fhir.allow_unbounded", .at = all<&settings::fhir, &fhir::allow_unbounded>,
     .meaning = "Allows searches without a key that narrows them"},
    {.path = "fhir.max_candidates", .at = all<&settings::fhir, &fhir::max_candidates>, .within = {1, 1'000'000},
     .meaning = "Studies that one search may look at before it is refused as too costly"},
    {.path = "fhir.max_fan_out", .at = all<&settings::fhir, &fhir::max_fan_out>, .within = {1, 1'000'000},
     .meaning = "SERIES and IMAGE queries that one search may cost"},
    {.path = "fhir.default_count", .at = all<&settings::fhir, &fhir::default_count>, .within = {1, 1000},
     .meaning = "Entries of a page when the client does not say"},
    {.path = "fhir.max_count", .at = all<&settings::fhir, &fhir::max_count>, .within = {1, 1000},
     .meaning = "Entries of a page at most, whatever the client says"},
    {.path = "fhir.explain", .at = all<&settings::fhir, &fhir::explain>,
     .meaning = "What `$explain` tells clients of a search: nothing, what would be asked of the archives, or, with "
                "`_trace=true`, also what was asked and came of it, at the cost of the search"},
    {.path = "fhir.explain_values", .at = all<&settings::fhir, &fhir::explain_values>,
     .meaning = "Whether `$explain` shows the values of keys, and the archives' hosts; else only how long a value is"},

    {.path = "dicomweb.empty", .at = all<&settings::dicomweb, &config::dicomweb::empty>,
     .meaning = "What a search without results answers: 200 and an empty list, or 204"},
    {.path = "dicomweb.max_results", .at = all<&settings::dicomweb, &config::dicomweb::max_results>,
     .within = {1, 100'000}, .meaning = "Results of one answer at most, whatever `limit` says"},
    {.path = "dicomweb.max_candidates", .at = all<&settings::dicomweb, &config::dicomweb::max_candidates>,
     .within = {1, 1'000'000}, .meaning = "Studies that one search may look at before it is refused as too costly"},
    {.path = "dicomweb.max_fan_out", .at = all<&settings::dicomweb, &config::dicomweb::max_fan_out>,
     .within = {1, 1'000'000}, .meaning = "SERIES and IMAGE queries that one search may cost"},
    {.path = "dicomweb.store_to", .at = all<&settings::dicomweb, &config::dicomweb::store_to>, .form = &forms::name,
     .meaning = "The source that gets what is stored at `/dicomweb/studies`, and by C-STORE at an AE title of several "
                "sources; not needed where there is one only"},

    {.path = "log.level", .at = all<&settings::log, &log::level>, .form = &forms::log_level,
     .meaning = "What is logged; nothing of it names a patient"},

    {.path = "federation.partial", .at = all<&settings::federation, &federation::partial>,
     .meaning = "When a source cannot be asked and another has matches: answer, and say so, or refuse with 503"},
    {.path = "federation.order", .at = all<&settings::federation, &federation::order>, .form = &forms::source,
     .meaning = "Which source comes first where several hold a study and do not agree, or hold as much of it; those left out follow, "
                "as they stand in the file"},
    {.path = "federation.routes.*", .form = &forms::name,
     .meaning = "What holds of your archives, by a name of your own: studies that meet all its conditions are at some sources only; "
                "searches that can find no other studies are sent there alone",
     .enter = [](place& p, std::string_view name) {
         p.route = &p.all.federation.routes.emplace_back();
         p.route->name = name;
     }},
    {.path = "federation.routes.*.issuer", .at = [](place& p) -> slot { return &p.route->issuer; }, .form = &forms::text,
     .meaning = "Condition: who gave the patient id, `Identifier.system` or Issuer of Patient ID (0010,0021)"},
    {.path = "federation.routes.*.modality", .at = [](place& p) -> slot { return &p.route->modality; },
     .form = &forms::modality, .meaning = "Condition: a series has one of these modalities"},
    {.path = "federation.routes.*.sources", .at = [](place& p) -> slot { return &p.route->sources; },
     .form = &forms::source, .required = true, .meaning = "The only ones that hold anything of such studies"},
    {.path = "crosswalk.kind", .at = all<&settings::crosswalk, &crosswalk::kind>,
     .meaning = "Who knows the Patient ids that the EHR searches by: a table, its FHIR server, a PIX manager; none: they "
                "are the archives' own"},
    {.path = "crosswalk.file", .at = all<&settings::crosswalk, &crosswalk::file>, .form = &forms::readable_file,
     .meaning = "For file: a CSV with the columns patient, system and value, read at start"},
    {.path = "crosswalk.url", .at = all<&settings::crosswalk, &crosswalk::url>, .form = &forms::base_url,
     .meaning = "For fhir and pixm: the FHIR base to which `/Patient` is added"},
    {.path = "crosswalk.system", .at = all<&settings::crosswalk, &crosswalk::system>, .form = &forms::uri,
     .meaning = "For pixm: the assigning authority that stands for the EHR's Patient ids in `sourceIdentifier`"},
    {.path = "crosswalk.base", .at = all<&settings::crosswalk, &crosswalk::base>, .form = &forms::base_url,
     .meaning = "The EHR's FHIR base: absolute references to Patients below it are understood too; for fhir `url` when "
                "left out"},
    {.path = "crosswalk.check_identifiers", .at = all<&settings::crosswalk, &crosswalk::check_identifiers>,
     .meaning = "For fhir: whether the server is also asked which other Patients have the identifiers found"},
    {.path = "crosswalk.credentials.kind", .at = all<&settings::crosswalk, &crosswalk::credentials, &credentials::kind>,
     .meaning = "How Pons authenticates itself (RFC 7617, RFC 6750)"},
    {.path = "crosswalk.credentials.user", .at = all<&settings::crosswalk, &crosswalk::credentials, &credentials::user>,
     .form = &forms::user, .meaning = "For basic"},
    {.path = "crosswalk.credentials.password",
     .at = all<&settings::crosswalk, &crosswalk::credentials, &credentials::password>, .form = &forms::secret,
     .secret = true, .meaning = "For basic"},
    {.path = "crosswalk.credentials.token",
     .at = all<&settings::crosswalk, &crosswalk::credentials, &credentials::token>, .form = &forms::bearer_token,
     .secret = true, .meaning = "For bearer"},
    {.path = "crosswalk.tls.ca_file", .at = all<&settings::crosswalk, &crosswalk::tls, &tls::ca_file>,
     .form = &forms::readable_file,
     .meaning = "PEM file of the authorities that are believed; left out: the system's"},
    {.path = "crosswalk.tls.cert_file", .at = all<&settings::crosswalk, &crosswalk::tls, &tls::cert_file>,
     .form = &forms::readable_file, .meaning = "PEM file of our own certificate"},
    {.path = "crosswalk.tls.key_file", .at = all<&settings::crosswalk, &crosswalk::tls, &tls::key_file>,
     .form = &forms::readable_file, .meaning = "PEM file of its key"},
    {.path = "crosswalk.tls.verify", .at = all<&settings::crosswalk, &crosswalk::tls, &tls::verify>,
     .meaning = "Whether the server's certificate and name are checked"},
    {.path = "crosswalk.unknown", .at = all<&settings::crosswalk, &crosswalk::unknown>,
     .meaning = "A search for a Patient that is not known: an empty list that says so, or 403"},
    {.path = "crosswalk.timeout", .at = all<&settings::crosswalk, &crosswalk::timeout>, .within = wait,
     .meaning = "For all that is asked about one Patient"},
    {.path = "crosswalk.time", .at = all<&settings::crosswalk, &crosswalk::time>, .within = between(0ms, 24h),
     .meaning = "How long the answer is kept; 0: not"},
    {.path = "crosswalk.unknown_time", .at = all<&settings::crosswalk, &crosswalk::unknown_time>,
     .within = between(0ms, 1h), .meaning = "How long it is kept that a Patient is not known; 0: not"},
    {.path = "crosswalk.max_patients", .at = all<&settings::crosswalk, &crosswalk::max_patients>,
     .within = {1, 1'000'000}, .meaning = "Answers that are kept"},
    {.path = "crosswalk.connections", .at = all<&settings::crosswalk, &crosswalk::connections>, .within = {1, 64},
     .meaning = "Connections to the server at once"},

    {.path = "sources.*", .form = &forms::name, .meaning = "An archive, by a name of your own; at least one",
     .enter = [](place& p, std::string_view name) {
         p.source = &p.all.sources.emplace_back();
         p.source->name = name;
     }},
    {.path = "sources.*.kind", .at = src<&source::kind>, .required = true,
     .meaning = "The protocol that the archive speaks"},
    {.path = "sources.*.enabled", .at = src<&source::enabled>,
     .meaning = "With `false` nothing is asked of the archive, and what would need it is answered 503"},
    {.path = "sources.*.hours", .at = src<&source::hours>, .form = &forms::hours,
     .meaning = "Hours of the day in which the archive may be asked, by its `timezone`, such as `06:00-22:00`; several with "
                "commas; left out: all"},
    {.path = "sources.*.host", .at = src<&source::host>, .form = &forms::host, .only = dimse, .required = true,
     .meaning = "The archive's host"},
    {.path = "sources.*.port", .at = src<&source::port>, .within = port, .only = dimse, .required = true,
     .meaning = "The archive's DICOM port"},
    {.path = "sources.*.called_ae", .at = src<&source::called_ae>, .form = &forms::ae_title, .only = dimse,
     .required = true,
     .meaning = "The archive's AE title"},
    {.path = "sources.*.calling_ae", .at = src<&source::calling_ae>, .form = &forms::ae_title, .only = dimse,
     .meaning = "Our AE title towards the archive, which must know it"},
    {.path = "sources.*.store_ae", .at = src<&source::store_ae>, .form = &forms::ae_title, .only = dimse,
     .meaning = "Our AE title as a C-MOVE destination; the archive must know it with the address of `dicom.listen`"},
    {.path = "sources.*.retrieve", .at = src<&source::retrieve>, .only = dimse,
     .meaning = "The ways to fetch images, the preferred one first"},
    {.path = "sources.*.url", .at = src<&source::url>, .form = &forms::base_url, .only = dicomweb, .required = true,
     .meaning = "The archive's DICOMweb base, to which `/studies` is added"},
    {.path = "sources.*.credentials.kind", .at = src<&source::credentials, &credentials::kind>,
     .meaning = "How Pons authenticates itself (RFC 7617, RFC 6750); towards dimse by user and passcode (PS3.7 D.3.3.7)"},
    {.path = "sources.*.credentials.user", .at = src<&source::credentials, &credentials::user>, .form = &forms::user,
     .meaning = "For basic"},
    {.path = "sources.*.credentials.password", .at = src<&source::credentials, &credentials::password>,
     .form = &forms::secret, .secret = true, .meaning = "For basic"},
    {.path = "sources.*.credentials.token", .at = src<&source::credentials, &credentials::token>,
     .form = &forms::bearer_token, .only = dicomweb, .secret = true, .meaning = "For bearer"},
    {.path = "sources.*.tls.enabled", .at = src<&source::tls, &tls::enabled>, .only = dimse,
     .meaning = "DICOM over TLS; for what C-MOVE brings see `dicom.tls`; for dicomweb the URL's scheme says it"},
    {.path = "sources.*.tls.ca_file", .at = src<&source::tls, &tls::ca_file>, .form = &forms::readable_file,
     .meaning = "PEM file of the authorities that are believed; left out: the system's"},
    {.path = "sources.*.tls.cert_file", .at = src<&source::tls, &tls::cert_file>, .form = &forms::readable_file,
     .meaning = "PEM file of our own certificate"},
    {.path = "sources.*.tls.key_file", .at = src<&source::tls, &tls::key_file>, .form = &forms::readable_file,
     .meaning = "PEM file of its key"},
    {.path = "sources.*.tls.verify", .at = src<&source::tls, &tls::verify>,
     .meaning = "Whether the archive's certificate and name are checked"},
    {.path = "sources.*.timezone", .at = src<&source::timezone>, .form = &forms::time_zone,
     .meaning = "Where the archive's times are local, and the modalities of its `ups` worklist are; left out: times without "
                "an offset are told as dates"},
    {.path = "sources.*.issuer.system", .at = src<&source::issuer, &issuer::system>, .form = &forms::uri,
     .meaning = "`Identifier.system` of its patient ids"},
    {.path = "sources.*.issuer.namespace", .at = src<&source::issuer, &issuer::namespace_id>, .form = &forms::long_text,
     .meaning = "Issuer of Patient ID (0010,0021) that means the same"},
    {.path = "sources.*.issuer.accession_system", .at = src<&source::issuer, &issuer::accession_system>,
     .form = &forms::uri, .meaning = "`Identifier.system` of accession numbers without an issuer of their own"},
    {.path = "sources.*.accession.trim", .at = src<&source::accession, &accession::trim>,
     .meaning = "Spaces at both ends of accession numbers do not count"},
    {.path = "sources.*.accession.pad", .at = src<&source::accession, &accession::pad>, .within = {0, 16},
     .meaning = "Accession numbers are filled with zeros from the left to this length; 0: not"},
    {.path = "sources.*.accession.prefix", .at = src<&source::accession, &accession::prefix>,
     .form = &forms::short_text,
     .meaning = "Put before an accession number that lacks it"},
    {.path = "sources.*.verify", .at = src<&source::verify>,
     .meaning = "Whether a retrieve that nothing confirms as complete is broken off (strict) or ends (lenient)"},
    {.path = "sources.*.commitment", .at = src<&source::commitment>,
     .meaning = "How storage commitment is settled: `forward` asks the archive by N-ACTION (dimse, which must know `store_ae`; else as `none`), "
                "`by_query` looks whether it lists the instances, `none` commits to nothing"},
    {.path = "sources.*.worklist", .at = src<&source::worklist>,
     .meaning = "The worklist for modalities that it has: `mwl`, C-FIND (dimse only), or `ups`, UPS-RS (dicomweb only)"},
    {.path = "sources.*.limits.associations", .at = src<&source::limits, &limits::associations>, .within = {1, 256},
     .meaning = "Associations or HTTP connections to the archive at once"},
    {.path = "sources.*.limits.queue_length", .at = src<&source::limits, &limits::queue_length>, .within = {0, 100'000},
     .meaning = "Requests that may wait for one of them"},
    {.path = "sources.*.limits.queue", .at = src<&source::limits, &limits::queue>, .within = between(0ms, 1h),
     .meaning = "How long they may wait"},
    {.path = "sources.*.limits.operations", .at = src<&source::limits, &limits::operations>, .within = {0, 10'000},
     .only = dimse,
     .meaning = "Operations of one association before it is released; 1: each has its own; 0: as many as come"},
    {.path = "sources.*.limits.max_answer", .at = src<&source::limits, &limits::max_answer>,
     .within = {64 * KiB, 64 * GiB},
     .size = true, .meaning = "The answer to one query"},
    {.path = "sources.*.limits.max_rows", .at = src<&source::limits, &limits::max_rows>, .within = {1, 10'000'000},
     .meaning = "Rows of one query before it is cancelled"},
    {.path = "sources.*.limits.require_any_of", .at = src<&source::limits, &limits::require_any_of>,
     .form = &forms::search_key,
     .meaning = "Queries without one of these keys are refused before the archive hears of them; left out: none is needed"},
    {.path = "sources.*.limits.min_chars", .at = src<&source::limits, &limits::min_chars>, .within = {0, 64},
     .meaning = "Characters, wild cards not counted, that the key must have which narrows a query"},
    {.path = "sources.*.breaker.failures", .at = src<&source::breaker, &breaker::failures>, .within = {0, 1000},
     .meaning = "After so many failures in a row the archive is left alone for a while; 0: never"},
    {.path = "sources.*.breaker.pause", .at = src<&source::breaker, &breaker::pause>, .within = between(1ms, 1h),
     .meaning = "How long; twice as long after each trial that fails, up to eight times"},
    {.path = "sources.*.timeouts.connect", .at = src<&source::timeouts, &timeouts::connect>, .within = wait,
     .meaning = "For the name and the connection"},
    {.path = "sources.*.timeouts.association", .at = src<&source::timeouts, &timeouts::association>, .within = wait,
     .meaning = "For opening an association"},
    {.path = "sources.*.timeouts.first_response", .at = src<&source::timeouts, &timeouts::first_response>,
     .within = wait,
     .meaning = "For the first row or byte of an answer"},
    {.path = "sources.*.timeouts.between_responses", .at = src<&source::timeouts, &timeouts::between_responses>,
     .within = wait, .meaning = "For each further row or byte"},
    {.path = "sources.*.timeouts.total", .at = src<&source::timeouts, &timeouts::total>, .within = wait,
     .meaning = "For one query as a whole"},
    {.path = "sources.*.timeouts.search", .at = src<&source::timeouts, &timeouts::search>, .within = wait,
     .meaning = "For each step of a search over several sources, however many queries it takes; never more than three quarters of the "
                "time that the search has left"},
    {.path = "sources.*.timeouts.transfer", .at = src<&source::timeouts, &timeouts::transfer>, .within = wait,
     .meaning = "For one retrieve or store as a whole; without progress it ends after 20 s"},
    {.path = "sources.*.timeouts.idle", .at = src<&source::timeouts, &timeouts::idle>, .within = wait,
     .meaning = "After so long without work an association or connection is closed; stay below what the archive does"},
    {.path = "sources.*.metadata_cache.size", .at = src<&source::metadata_cache, &metadata_cache::size>,
     .within = {0, 64 * GiB}, .size = true,
     .meaning = "Metadata that Pons made of images, kept in memory; 0: none is"},
    {.path = "sources.*.metadata_cache.time", .at = src<&source::metadata_cache, &metadata_cache::time>,
     .within = wait,
     .meaning = "For how long; which images there are is asked each time"},
    {.path = "sources.*.answer_cache.size", .at = src<&source::answer_cache, &answer_cache::size>,
     .within = {0, 64 * GiB}, .size = true,
     .meaning = "Answers to searches, kept in memory for the next equal one; 0: none is, and a search that is too slow is cancelled"},
    {.path = "sources.*.answer_cache.time", .at = src<&source::answer_cache, &answer_cache::time>,
     .within = brief,
     .meaning = "For how long; 0: only those that someone was told to come back for"},
    {.path = "sources.*.answer_cache.empty_time", .at = src<&source::answer_cache, &answer_cache::empty_time>,
     .within = brief,
     .meaning = "For how long when nothing matched"},
    {.path = "sources.*.quirks.preset", .at = src<&source::quirks, &quirks::preset>, .form = &forms::preset,
     .meaning = "What is known about the product; single quirks win over it"},
    {.path = "sources.*.quirks.query_encoding", .at = src<&source::quirks, &quirks::query_encoding>,
     .only = dicomweb, .meaning = R"(`minimal` leaves `^ , \` in queries as they are, and puts `?` for what has to be encoded)"},
    {.path = "sources.*.quirks.charset_default", .at = src<&source::quirks, &quirks::charset_default>,
     .form = &forms::any_character_set, .only = dimse,
     .meaning = "For answers without Specific Character Set that are not UTF-8"},
    {.path = "sources.*.quirks.charset_labels.*", .at = [](place& p) -> slot { return p.label; },
     .form = &forms::any_character_set,
     .meaning = "What a Specific Character Set means where the archive labels text wrongly: `ISO_IR 100: ISO_IR 144`",
     .enter = [](place& p, std::string_view name) { p.label = &p.source->quirks.charset_labels[std::string(name)]; }},
    {.path = "sources.*.quirks.charset_query", .at = src<&source::quirks, &quirks::charset_query>,
     .form = &forms::character_set, .only = dimse, .meaning = "For keys that are not ASCII"},
    {.path = "sources.*.quirks.name_matching", .at = src<&source::quirks, &quirks::name_matching>,
     .meaning = "Whether names are matched with regard to case; `insensitive` still counts accents"},
    {.path = "sources.*.quirks.universal", .at = src<&source::quirks, &quirks::universal>, .only = dimse,
     .meaning = "What keys are sent with that only ask: `empty` ones, or `*` for archives that take an empty key as a "
                "search for empty values; what `*` finds nothing for, is asked again with `*` in texts and UIDs only. "
                "`unknown`: empty, and until a first row has come what is not found is asked for once more with `*`"},
    {.path = "sources.*.quirks.wildcards", .at = src<&source::quirks, &quirks::wildcards>,
     .meaning = "`*` and `?` are wild cards; if not, Pons sends none, and judges more by itself"},
    {.path = "sources.*.quirks.modalities_in_study", .at = src<&source::quirks, &quirks::modalities_in_study>,
     .meaning = "Modalities in Study (0008,0061) is matched and returned"},
    {.path = "sources.*.quirks.series_by_uid_list", .at = src<&source::quirks, &quirks::series_by_uid_list>,
     .meaning = "Queries for series take a list of Study Instance UIDs"},
    {.path = "sources.*.quirks.relational", .at = src<&source::quirks, &quirks::relational>,
     .meaning = "Queries for series and instances need not name the UIDs above"},
    {.path = "sources.*.quirks.empty_value_matching", .at = src<&source::quirks, &quirks::empty_value_matching>,
     .meaning = "`\"\"` finds studies where the attribute is empty"},
    {.path = "sources.*.quirks.without_bulk_data", .at = src<&source::quirks, &quirks::without_bulk_data>,
     .only = dimse,
     .meaning = "Metadata is asked for by C-GET without bulk data (PS3.4 Annex Z) until the archive has shown that it "
                "does not know it; if not, Pons fetches the instances and drops the pixels"},
    {.path = "sources.*.quirks.frame_level", .at = src<&source::quirks, &quirks::frame_level>,
     .only = dimse,
     .meaning = "A few frames of a large instance are asked for by C-GET at FRAME level (PS3.4 Annex Y) until the "
                "archive has shown that it does not know it; if not, Pons fetches the instance and cuts them out"},
    {.path = "sources.*.quirks.leading_spaces", .at = src<&source::quirks, &quirks::leading_spaces>,
     .meaning = "Identifiers are compared without leading spaces, as PS3.5 says; else what is not found is asked for "
                "again as `*value`"},
    {.path = "sources.*.quirks.max_results", .at = src<&source::quirks, &quirks::max_results>,
     .within = {0, 10'000'000},
     .meaning = "Rows after which the archive stops, silently or not; 0: not known, and found out by asking for the halves "
                "of an answer that is longer than all before; a number beyond all answers: it never does"},
    {.path = "sources.*.quirks.page_limit", .at = src<&source::quirks, &quirks::page_limit>, .within = {0, 100'000},
     .only = dicomweb, .meaning = "The QIDO-RS `limit` to ask for; 0: 1000"},
    {.path = "sources.*.quirks.offset", .at = src<&source::quirks, &quirks::offset>, .only = dicomweb,
     .meaning = "The QIDO-RS `offset` works"},
    {.path = "sources.*.quirks.study_id", .at = src<&source::quirks, &quirks::study_id>,
     .meaning = "Study ID (0020,0010) may be a key; if not, an identifier that may be one is told as incomplete unless "
                "another key narrows"},
    {.path = "sources.*.quirks.not_found_is_empty", .at = src<&source::quirks, &quirks::not_found_is_empty>,
     .only = dicomweb, .meaning = "404 is how QIDO-RS says that nothing matches; else it is an error"},
    {.path = "sources.*.quirks.accept", .at = src<&source::quirks, &quirks::accept>, .form = &forms::media_type,
     .only = dicomweb, .meaning = "The Accept header of QIDO-RS requests"},

    {.path = "worklists.*", .form = &forms::name,
     .meaning = "A FHIR server whose ServiceRequests are a worklist for modalities, by a name of your own that no source has",
     .enter = [](place& p, std::string_view name) {
         p.worklist = &p.all.worklists.emplace_back();
         p.worklist->name = name;
     }},
    {.path = "worklists.*.url", .at = orders<&order_server::url>, .form = &forms::base_url, .required = true,
     .meaning = "Its FHIR base (R4, R4B or R5), to which `/ServiceRequest` is added"},
    {.path = "worklists.*.credentials.kind", .at = orders<&order_server::credentials, &credentials::kind>,
     .meaning = "How Pons authenticates itself (RFC 7617, RFC 6750)"},
    {.path = "worklists.*.credentials.user", .at = orders<&order_server::credentials, &credentials::user>,
     .form = &forms::user, .meaning = "For basic"},
    {.path = "worklists.*.credentials.password", .at = orders<&order_server::credentials, &credentials::password>,
     .form = &forms::secret, .secret = true, .meaning = "For basic"},
    {.path = "worklists.*.credentials.token", .at = orders<&order_server::credentials, &credentials::token>,
     .form = &forms::bearer_token, .secret = true, .meaning = "For bearer"},
    {.path = "worklists.*.tls.ca_file", .at = orders<&order_server::tls, &tls::ca_file>, .form = &forms::readable_file,
     .meaning = "PEM file of the authorities that are believed; left out: the system's"},
    {.path = "worklists.*.tls.cert_file", .at = orders<&order_server::tls, &tls::cert_file>,
     .form = &forms::readable_file, .meaning = "PEM file of our own certificate"},
    {.path = "worklists.*.tls.key_file", .at = orders<&order_server::tls, &tls::key_file>,
     .form = &forms::readable_file, .meaning = "PEM file of its key"},
    {.path = "worklists.*.tls.verify", .at = orders<&order_server::tls, &tls::verify>,
     .meaning = "Whether the server's certificate and name are checked"},
    {.path = "worklists.*.timezone", .at = orders<&order_server::timezone>, .form = &forms::time_zone, .required = true,
     .meaning = "Where the modalities are: FHIR tells instants, a worklist local dates and times"},
    {.path = "worklists.*.issuer.system", .at = orders<&order_server::issuer, &issuer::system>, .form = &forms::uri,
     .required = true, .meaning = "`Identifier.system` of those of a Patient's identifiers that are the Patient ID"},
    {.path = "worklists.*.issuer.namespace", .at = orders<&order_server::issuer, &issuer::namespace_id>,
     .form = &forms::long_text, .meaning = "Issuer of Patient ID (0010,0021) that is told with it"},
    {.path = "worklists.*.issuer.accession_system", .at = orders<&order_server::issuer, &issuer::accession_system>,
     .form = &forms::uri, .meaning = "`Identifier.system` of accession numbers that have no type `ACSN`"},
    {.path = "worklists.*.ae_title_system", .at = orders<&order_server::ae_title_system>, .form = &forms::uri,
     .meaning = "`Identifier.system` of a performer's AE title, or `Coding.system` of one in `orderDetail`; left out: orders "
                "are for no station in particular"},
    {.path = "worklists.*.categories", .at = orders<&order_server::categories>, .form = &forms::text,
     .meaning = "`ServiceRequest.category`, `system|code`: orders with one of these are imaging; `*`: all are"},
    {.path = "worklists.*.timeout", .at = orders<&order_server::timeout>, .within = wait,
     .meaning = "For one query as a whole, all pages of it"},
    {.path = "worklists.*.connections", .at = orders<&order_server::connections>, .within = {1, 64},
     .meaning = "Connections to the server at once"},
    {.path = "worklists.*.max_rows", .at = orders<&order_server::max_rows>, .within = {1, 1'000'000},
     .meaning = "Orders of one query; when there are more, the answer says that it is incomplete"},

    {.path = "viewers.*", .form = &forms::name, .meaning = "A viewer, by a name of your own",
     .enter = [](place& p, std::string_view name) {
         p.viewer = &p.all.viewers.emplace_back();
         p.viewer->name = name;
     }},
    {.path = "viewers.*.study_url", .at = [](place& p) -> slot { return &p.viewer->study_url; },
     .form = &forms::viewer_url, .required = true,
     .meaning = "What opens studies, by http, https or weasis; `{study_uids}` stands for their UIDs with commas between"},

    {.path = "peers.*", .form = &forms::ae_title, .meaning = "A DICOM peer that may call us, by its AE title",
     .enter = [](place& p, std::string_view name) {
         p.peer = &p.all.peers.emplace_back();
         p.peer->name = name;
     }},
    {.path = "peers.*.host", .at = per<&peer::host>, .form = &forms::host, .required = true,
     .meaning = "Where C-MOVE sends for it"},
    {.path = "peers.*.port", .at = per<&peer::port>, .within = port, .required = true,
     .meaning = "The port there"},
    {.path = "peers.*.tls.enabled", .at = per<&peer::tls, &tls::enabled>,
     .meaning = "DICOM over TLS where Pons calls it: for C-MOVE, and to report a storage commitment; for its own calls see "
                "`dicom.tls`"},
    {.path = "peers.*.tls.ca_file", .at = per<&peer::tls, &tls::ca_file>, .form = &forms::readable_file,
     .meaning = "PEM file of the authorities that are believed; left out: the system's"},
    {.path = "peers.*.tls.cert_file", .at = per<&peer::tls, &tls::cert_file>, .form = &forms::readable_file,
     .meaning = "PEM file of our own certificate"},
    {.path = "peers.*.tls.key_file", .at = per<&peer::tls, &tls::key_file>, .form = &forms::readable_file,
     .meaning = "PEM file of its key"},
    {.path = "peers.*.tls.verify", .at = per<&peer::tls, &tls::verify>,
     .meaning = "Whether the peer's certificate and name are checked"},
};
// clang-format on

}  // namespace

std::span<key const> keys()
{
    return rows;
}

}  // namespace pons::config
