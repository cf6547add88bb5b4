#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What the YAML file says, as plain structs with the defaults (DESIGN section 7). Durations are milliseconds, sizes
/// bytes. `docs/configuration.md` lists every key; `load.hpp` fills these and checks them.
namespace pons::config {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// A host and a port, "127.0.0.1:8080" or "[::1]:8080" in YAML.
struct address {
    std::string host;
    std::uint16_t port = 0;

    friend bool operator==(address const&, address const&) = default;
};

struct http {
    address listen{"127.0.0.1", 8080};
    std::string public_url = "http://127.0.0.1:8080";  ///< scheme, authority, optional path; no trailing slash
    bool insecure = false;                             ///< listen beyond loopback without TLS and authentication
    unsigned threads = 1;
    std::uint32_t max_connections = 4096;
    std::uint32_t max_header = 32 * 1024;
    std::uint32_t max_body = 1024 * 1024;
    milliseconds header_timeout = 10s;
    milliseconds body_timeout = 30s;
    milliseconds idle_timeout = 75s;
    milliseconds write_timeout = 60s;
    milliseconds stall_timeout = 20s;     ///< a client that takes nothing of an answer sent while it is made
    milliseconds request_timeout = 60s;   ///< for the whole of a search
    milliseconds shutdown_timeout = 30s;  ///< requests in flight at SIGTERM
    std::uint32_t gzip_above = 1024;      ///< answers larger than this are compressed when the client allows; 0: never
    std::vector<std::string> cors_origins;  ///< web origins whose pages may ask, "https://viewer.example.org", or "*"
};

/// Towards somebody whom we call.
struct tls {
    bool enabled = false;   ///< dicomweb: by the URL's scheme
    std::string ca_file;    ///< PEM; empty: the system's
    std::string cert_file;  ///< our own certificate and key, PEM
    std::string key_file;
    bool verify = true;
};

/// Towards those who call us.
struct listener_tls {
    bool enabled = false;
    std::string cert_file;  ///< our certificate and its key, PEM
    std::string key_file;
    std::string ca_file;  ///< PEM; callers must show a certificate of these authorities; empty: none is asked for
};

struct dicom {
    address listen{"127.0.0.1", 11112};
    std::string ae_title = "PONS";
    std::map<std::string, std::vector<std::string>> ae_titles;  ///< called AE title to source names
    listener_tls tls;
    bool insecure = false;  ///< listen beyond loopback without TLS that tells who calls
    // Towards those who call `ae_title` and `ae_titles`.
    bool any_caller = false;                   ///< whoever is not among the peers is served, too
    std::uint32_t max_associations = 64;       ///< at once, all callers together, without C-MOVEs of ours
    std::uint32_t associations_per_peer = 16;  ///< at once, with one calling AE title
    milliseconds idle_timeout = 120s;          ///< for the next message on an association
    milliseconds silence_timeout = 30s;        ///< for the rest of a message, and until one of ours is taken
    milliseconds operation_timeout = 60s;      ///< for a C-FIND as a whole, and until a source takes an instance
    milliseconds commitment_timeout = 10min;   ///< until an archive says what it keeps
    milliseconds pending_interval = 10s;       ///< between signs of life while a retrieve waits; 0: none
};

struct paging {
    std::string key;  ///< seals page tokens; empty: a random one for this process
};

enum class search_depth { study, series, instance };
enum class explain_offer { off, plan, trace };

struct fhir {
    std::string default_version = "R4";
    config::search_depth search_depth = config::search_depth::series;
    bool allow_unbounded = false;         ///< searches without a key that narrows
    std::uint32_t max_candidates = 5000;  ///< studies that one search may look at before it is too costly
    std::uint32_t max_fan_out = 1000;     ///< SERIES and IMAGE queries that one search may cost
    std::uint32_t default_count = 20;
    std::uint32_t max_count = 1000;
    explain_offer explain = explain_offer::plan;  ///< what `$explain` tells clients
    bool explain_values = false;                  ///< with the values of the request and of rows
};

enum class empty_answer { list, no_content };

struct dicomweb {
    empty_answer empty = empty_answer::list;  ///< a search without results: 200 and `[]`, or 204
    std::uint32_t max_results = 1000;         ///< of one search, whatever `limit` says
    std::uint32_t max_candidates = 5000;      ///< studies, series or instances that one search may look at
    std::uint32_t max_fan_out = 1000;         ///< SERIES and IMAGE queries that one search may cost
    std::string store_to;                     ///< the source that takes what is stored at the base of all; empty: none
};

enum class source_kind { dimse, dicomweb };
enum class retrieve_method { c_get, c_move };
enum class verify_mode { strict, lenient };
enum class commitment_way { forward, by_query, none };  ///< how it is known what an archive keeps (PS3.4 Annex J)
enum class worklist_kind { none, mwl, ups };            ///< C-FIND of PS3.4 Annex K; UPS-RS (PS3.18 §11)
enum class credentials_kind { none, basic, bearer };
enum class query_encoding { strict, minimal };  ///< minimal leaves ^ * , \ as they are
enum class name_matching { unknown, sensitive, insensitive };
enum class universal_matching {
    unknown,
    empty,
    star
};  ///< how a key is sent that matches everything (PS3.4 C.2.2.2.3)
enum class partial_federation { answer, refuse };
enum class crosswalk_kind { none, file, fhir, pixm };
enum class unknown_patient { empty, refuse };

/// Who assigned the patient ids and accession numbers of a source.
struct issuer {
    std::string system;            ///< URI for Identifier.system
    std::string namespace_id;      ///< Issuer of Patient ID (0010,0021), Local Namespace Entity ID; YAML: namespace
    std::string accession_system;  ///< URI for accession numbers without an issuer of their own; empty: none
};

struct accession {
    bool trim = true;
    std::uint32_t pad = 0;  ///< left with zeros to this length; 0: not
    std::string prefix;     ///< put before what the client gave when it is not there
};

struct limits {
    std::uint32_t associations = 2;                ///< DIMSE associations or HTTP connections at once
    std::uint32_t queue_length = 256;              ///< requests that may wait for one
    milliseconds queue = 20s;                      ///< how long they may wait
    std::uint32_t operations = 0;                  ///< of one association, which is released then; 0: as many as come
    std::uint64_t max_answer = 256 * 1024 * 1024;  ///< bytes of one answer
    std::uint32_t max_rows = 20000;                ///< rows of one find before it is cancelled
    std::vector<std::string> require_any_of;       ///< keywords; a query must have one of them; empty: none is needed
    std::uint32_t min_chars = 0;                   ///< that the key must have which narrows a query
};

/// When an archive that does not answer is left alone.
struct breaker {
    std::uint32_t failures = 5;  ///< in a row; 0: never
    milliseconds pause = 10s;    ///< the first; each that ends with another failure is twice as long, up to eight times
};

struct timeouts {
    milliseconds connect = 5s;
    milliseconds association = 10s;
    milliseconds first_response = 30s;
    milliseconds between_responses = 30s;
    milliseconds total = 60s;    ///< one query as a whole
    milliseconds transfer = 1h;  ///< one retrieve or store as a whole, however long it moves on
    milliseconds search = 1h;    ///< each step of a search over several sources, three quarters of its time at most
    milliseconds idle = 20s;     ///< an idle association or connection is closed after this
};

/// Metadata that was made of retrieved instances, kept so that the next request costs no retrieve.
struct metadata_cache {
    std::uint64_t size = 32 * 1024 * 1024;  ///< bytes; 0: nothing is kept
    milliseconds time = 60s;
};

/// Answers to finds, kept so that the next equal one costs the archive nothing.
struct answer_cache {
    std::uint64_t size = 16 * 1024 * 1024;  ///< bytes; 0: nothing is kept
    milliseconds time = 5s;
    milliseconds empty_time = 1s;  ///< of answers without a match
};

/// How a source departs from the standard. Safe defaults; a preset sets several at once, single keys win over it.
struct quirks {
    std::string preset = "generic";
    config::query_encoding query_encoding = config::query_encoding::strict;
    std::string charset_default = "ISO_IR 100";  ///< for answers without Specific Character Set that are not UTF-8
    std::string charset_query = "ISO_IR 192";    ///< for keys that are not ASCII
    config::name_matching name_matching = config::name_matching::unknown;
    config::universal_matching universal = config::universal_matching::unknown;
    bool wildcards = true;              ///< * and ? are wildcards (PS3.4 C.2.2.2.4)
    bool modalities_in_study = false;   ///< matched and returned: may be pushed (it is judged again in any case)
    bool series_by_uid_list = false;    ///< SERIES level takes a list of Study Instance UIDs
    bool relational = false;            ///< SERIES and IMAGE level without the UIDs above
    bool empty_value_matching = false;  ///< "" finds studies where the attribute is empty
    bool without_bulk_data = true;      ///< is asked for metadata so by C-GET (PS3.4 Annex Z), where it has that
    bool frame_level = true;            ///< is asked for single frames so by C-GET (PS3.4 Annex Y), where it has that
    bool leading_spaces = false;        ///< identifiers are compared without leading spaces (PS3.5 §6.2)
    std::uint32_t max_results = 0;      ///< rows after which the archive stops, silently or not; 0: not known
    std::uint32_t page_limit = 0;       ///< QIDO `limit` to send; 0: 1000
    bool offset = true;                 ///< QIDO `offset` works
    bool study_id = true;               ///< Study ID (0020,0010), an optional key, is not refused
    bool not_found_is_empty = false;    ///< QIDO-RS answers 404 when nothing matches
    std::string accept = "application/dicom+json";
    std::map<std::string, std::string> charset_labels;  ///< what labels of (0008,0005) mean that are wrong
};

struct credentials {
    credentials_kind kind = credentials_kind::none;
    std::string user;
    std::string password;
    std::string token;
};

struct source {
    std::string name;  ///< [A-Za-z0-9-]{1,40}
    source_kind kind = source_kind::dimse;
    // dimse
    std::string host;
    std::uint16_t port = 0;
    std::string called_ae;
    std::string calling_ae = "PONS";
    std::string store_ae = "PONS_MOVE";
    std::vector<retrieve_method> retrieve{retrieve_method::c_get, retrieve_method::c_move};
    // dicomweb
    std::string url;  ///< base, no trailing slash
    config::credentials credentials;
    // both
    config::tls tls;
    std::string timezone;  ///< IANA name; empty: unknown
    config::issuer issuer;
    config::accession accession;
    verify_mode verify = verify_mode::strict;
    commitment_way commitment = commitment_way::forward;  ///< forward: dimse only, else as none
    worklist_kind worklist = worklist_kind::none;         ///< mwl: dimse only; ups: dicomweb only
    bool enabled = true;                                  ///< false: nothing is asked of it
    std::string hours;  ///< of the day in which it may be asked, as `hours.hpp` reads them; empty: all
    config::limits limits;
    config::breaker breaker;
    config::timeouts timeouts;
    config::metadata_cache metadata_cache;
    config::answer_cache answer_cache;
    config::quirks quirks;
};

/// A statement of fact: studies that meet every condition are held by `sources` only. One condition at least.
struct route {
    std::string name;
    std::vector<std::string> issuer;    ///< of the patient id: Identifier.system or Issuer of Patient ID (0010,0021)
    std::vector<std::string> modality;  ///< of one of their series: one of these
    std::vector<std::string> sources;
};

/// Several sources behind one face (DESIGN section 6).
struct federation {
    partial_federation partial = partial_federation::answer;  ///< when a source cannot be asked and another has matches
    std::vector<std::string> order;  ///< the first of `settings::sources`; the others follow as in the file
    std::vector<route> routes;
};

/// From the EHR's Patient ids to the ids that the sources know (DESIGN section 6).
struct crosswalk {
    crosswalk_kind kind = crosswalk_kind::none;
    std::string file;  ///< kind file: the table, crosswalk_file.hpp
    std::string url;   ///< FHIR base that is asked, no trailing slash
    std::string base;  ///< FHIR base of the EHR: absolute references below it are resolved; empty: `url` with kind fhir
    std::string system;             ///< kind pixm: Identifier.system that stands for the EHR's Patient ids
    bool check_identifiers = true;  ///< kind fhir: asks which other patients claim the identifiers found
    config::credentials credentials;
    config::tls tls;
    unknown_patient unknown = unknown_patient::empty;
    milliseconds timeout = 5s;
    milliseconds time = 5min;            ///< a resolved patient is kept so long
    milliseconds unknown_time = 10s;     ///< one that is not known
    std::uint32_t max_patients = 10000;  ///< that are kept
    std::uint32_t connections = 4;       ///< to the server at once
};

/// A FHIR server whose ServiceRequests are a worklist for modalities. It is no archive, and is asked for nothing else.
struct order_server {
    std::string name;  ///< [A-Za-z0-9-]{1,40}, of no source
    std::string url;   ///< FHIR base, no trailing slash
    config::credentials credentials;
    config::tls tls;
    std::string timezone;         ///< IANA name: where modalities are, whose worklists have local times
    config::issuer issuer;        ///< Identifier.system of patient ids and, where it has no type, of accession numbers
    std::string ae_title_system;  ///< Identifier.system or Coding.system of AE titles; empty: none is said
    std::vector<std::string> categories{
        "http://snomed.info/sct|363679005",
        "http://terminology.hl7.org/CodeSystem/v2-0074|RAD"};  ///< ServiceRequest.category, one of them; *: any
    milliseconds timeout = 20s;                                ///< one query as a whole
    std::uint32_t connections = 2;
    std::uint32_t max_rows = 5000;  ///< of one query; beyond them it is incomplete
};

struct viewer {
    std::string name;
    std::string study_url;
};

struct peer {
    std::string name;
    std::string host;
    std::uint16_t port = 0;
    config::tls tls = {};  ///< of associations that we open to it
};

struct log {
    std::string level = "info";  ///< debug, info, warning, error
};

struct settings {
    config::http http;
    config::dicom dicom;
    config::paging paging;
    config::fhir fhir;
    config::dicomweb dicomweb;
    config::log log;
    config::federation federation;
    config::crosswalk crosswalk;
    std::vector<source> sources;  ///< by `federation.order`, then as in the file
    std::vector<order_server> worklists;
    std::vector<viewer> viewers;
    std::vector<peer> peers;
};

}  // namespace pons::config
