#include "config/load.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace pons::config;

// A fault and what is said about it stand in one row.
// clang-format off

namespace {

// Line 1 of most files below: a source without a fault.
#define GOOD "sources: {a: {kind: dimse, host: h, port: 104, called_ae: A}}\n"
#define GET "sources: {a: {kind: dimse, host: h, port: 104, called_ae: A, retrieve: [c-get]}}\n"
// A DICOMweb source whose further keys follow in line 2.
#define WEB "sources: {w: {kind: dicomweb, url: http://127.0.0.1/rs,\n"

using lines = std::vector<std::string>;

lines told(std::string_view yaml)
{
    lines out;
    for (auto const& d : load_text(yaml, "f").diagnostics)
        out.push_back(to_string(d));
    return out;
}

struct fault {
    std::string name;
    std::string yaml;
    lines says;
};

void check_all(std::vector<fault> const& cases)
{
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const said = told(c.yaml);
        REQUIRE(said.size() == c.says.size());
        for (std::size_t i = 0; i < said.size(); ++i)
            CHECK(said[i] == c.says[i]);
    }
}

std::string const all_sections = "http, dicom, paging, fhir, dicomweb, log, federation, crosswalk, sources, worklists, viewers or peers";

}  // namespace

TEST_CASE("tells what is no YAML, in words that repeat nothing of it")
{
    check_all({
        {"alias", GOOD "paging: {key: *hunter2}", {"f:2:15: here is an alias that no anchor defines; quote a text that begins with *"}},
        {"tab", "http:\n\tlisten: x\n", {"f:2:1: here is a tab at the beginning of the line; YAML is indented with spaces"}},
        {"open quote", GOOD "http: {listen: \"x", {"f:2:18: here is a quote that is opened and not closed; close it"}},
        {"at sign", GOOD "paging: {key: @hunter2}", {"f:2:15: here is a character that no plain text begins with; quote texts that begin with @, ` or %"}},
        {"escape", GOOD "paging: {key: \"\\hunter2\"}", {"f:2:18: here is a \\ in double quotes that YAML does not know; use single quotes"}},
        {"two colons", GOOD "http: listen: x", {"f:2:13: here is a colon where no key can be; check the indentation, and quote texts that hold a colon and a space"}},
        {"indentation", "sources:\n  a: 1\n b: 2\n", {"f:3:2: here is a line that does not fit in; check the indentation and the colon behind the key"}},
        {"bracket", GOOD "dicom: {ae_titles: {X: [a}}", {"f:2:26: here is something that is not YAML (illegal flow end); check quotes, brackets and indentation"}},
        {"second document", GOOD "---\nhttp: {}\n", {"f:2:1: here begins something that does not belong to what stands above; keep one document, and check commas and ---"}},
        {"comma at the beginning", ", port: 2", {"f: sources: holds no source; write at least one, such as main-pacs: with kind, host, port and called_ae", "f:1:1: here begins something that does not belong to what stands above; keep one document, and check commas and ---"}},
    });
}

TEST_CASE("tells what is wrong with the form of the file")
{
    std::string const no_source = "f: sources: holds no source; write at least one, such as main-pacs: with kind, host, port and called_ae";
    check_all({
        {"empty", "", {no_source}},
        {"only a remark", "# nothing\n", {no_source}},
        {"a list", "- a\n", {no_source, "f:1:1: is a list; write its keys below it, as name: value"}},
        {"a word", "pons\n", {no_source, "f:1:1: is a single value; write its keys below it, indented, as name: value"}},
        {"no source left", "sources:\n  # all are commented out\n", {"f:1:1: sources: holds no source; write at least one, such as main-pacs: with kind, host, port and called_ae"}},
        {"empty sections are none", GOOD "http:\ndicom: {}\nviewers: ~\n", {}},
        {"sources as a list", "sources:\n  - name: a\n", {"f:1:1: sources: holds no source; write at least one, such as main-pacs: with kind, host, port and called_ae", "f:2:3: sources: is a list; write its keys below it, as name: value"}},
        {"section as a word", GOOD "http: 8080\n", {"f:2:7: http: is a single value; write its keys below it, indented, as name: value"}},
        {"word as a section", GOOD "log: {level: {a: b}}\n", {"f:2:14: log.level: is a section; write one value: name"}},
        {"word as a list", GOOD "fhir: {max_count: [1]}\n", {"f:2:19: fhir.max_count: is a list; write one value: number"}},
        {"no value", GOOD "http: {listen: }\n", {"f:2:16: http.listen: has no value; write one, or leave the key out"}},
        {"null", GOOD "log: {level: null}\n", {"f:2:14: log.level: has no value; write one, or leave the key out"}},
        {"empty text", GOOD "log: {level: ''}\n", {"f:2:14: log.level: the value is empty; write a value, or leave the key out"}},
        {"tag on a value", GOOD "paging: {key: !hunter2 x}\n", {"f:2:15: paging.key: has a YAML tag; quote a text that begins with !"}},
        {"tag on a section", GOOD "http: !x {threads: 1}\n", {"f:2:7: http: has a YAML tag; leave out the word that begins with !"}},
        {"merge key", "x: &x {}\n" GOOD "http:\n  <<: *x\n", {"f:1:1: x: is not a key; write " + all_sections, "f:4:3: http: uses the merge key <<, which is not supported; write the keys out"}},
        {"list as a key", GOOD "http: {[a]: b}\n", {"f:2:8: http: holds a key that is not a plain word; write name: value"}},
        {"a section in itself", GOOD "http: &h {listen: *h}\n", {"f:2:7: http.listen: is a section; write one value: host:port"}},
    });
}

TEST_CASE("tells unknown keys and what they may have been meant to be")
{
    check_all({
        {"misspelt section", GOOD "htpp: {}\n", {"f:2:1: htpp: is not a key; did you mean http?"}},
        {"misspelt key", GOOD "http: {lisen: 1, max-body: 1MiB}\n", {"f:2:8: http.lisen: is not a key; did you mean listen?", "f:2:18: http.max-body: is not a key; did you mean max_body?"}},
        {"key of a section at the top", GOOD "called_ae: X\n", {"f:2:1: called_ae: is not a key here; it belongs to sources.<name>"}},
        {"section at the wrong level", GOOD "quirks: {}\n", {"f:2:1: quirks: is not a key here; it belongs to sources.<name>"}},
        {"nothing like it", GOOD "dicom: {frobnicate: 1}\n", {"f:2:9: dicom.frobnicate: is not a key; write listen, ae_title, ae_titles, tls, insecure, any_caller, max_associations, associations_per_peer, idle_timeout, silence_timeout, operation_timeout, commitment_timeout or pending_interval"}},
        {"star", GOOD "http: {\"*\": 1}\n", {"f:2:8: http.'*': is not a key; write listen, public_url, insecure, threads, max_connections, max_header, max_body, header_timeout, body_timeout, idle_timeout, write_timeout, stall_timeout, request_timeout, shutdown_timeout, gzip_above or cors_origins"}},
        {"a path is no key", GOOD "log.level: info\n", {"f:2:1: 'log.level': is not a key; write " + all_sections}},
        {"no space after the colon", WEB "credentials: {kind: basic, user: u, password:hunter2}}}\n", {"f:2:1: sources.w.credentials.password: is missing, and credentials of kind basic need it", "f:2:37: sources.w.credentials.password: is not a key; write a space after the colon"}},
        {"twice", GOOD "log: {level: info, level: debug}\n", {"f:2:20: log.level: is set for the second time, first in line 2; keep one"}},
        {"a section twice", GOOD "log: {}\nhttp: {}\nlog: {}\n", {"f:4:1: log: is set for the second time, first in line 2; keep one"}},
        {"a source twice", "sources:\n  a: {kind: dimse, host: h, port: 1, called_ae: A}\n  a: {kind: dimse}\n", {"f:3:3: sources.a: is set for the second time, first in line 2; keep one"}},
    });
}

TEST_CASE("tells values that are not of their kind")
{
    std::string const right_duration = "; write a whole number and ms, s, m or h, such as 250ms or 5s";
    std::string const right_size = "; write a whole number and B, KiB, MiB or GiB, such as 64KiB";
    std::string const right_address = "; write host:port, such as 127.0.0.1:8080 or [::1]:8080";
    check_all({
        {"bool", GOOD "fhir: {allow_unbounded: yes}\n", {"f:2:25: fhir.allow_unbounded: 'yes' is neither true nor false; write one of the two, in small letters"}},
        {"number", GOOD "http: {threads: four}\n", {"f:2:17: http.threads: 'four' is not a whole number; write digits only"}},
        {"number below", GOOD "http: {threads: 0}\n", {"f:2:17: http.threads: '0' is out of range; write 1 to 64"}},
        {"number above", GOOD "http: {threads: 65}\n", {"f:2:17: http.threads: '65' is out of range; write 1 to 64"}},
        {"huge number", GOOD "http: {threads: 99999999999999999999}\n", {"f:2:17: http.threads: '99999999999999999999' is too large"}},
        {"negative number", GOOD "http: {threads: -1}\n", {"f:2:17: http.threads: '-1' is not a whole number; write digits only"}},
        {"origin with a path", GOOD "http: {cors_origins: [\"https://viewer.example.org/ohif\"]}\n", {"f:2:23: http.cors_origins: 'https://viewer.example.org/ohif' holds more than an origin; write scheme, host and port alone"}},
        {"choice", GOOD "fhir: {search_depth: deep}\n", {"f:2:22: fhir.search_depth: 'deep' is not known; write study, series or instance"}},
        {"choice in capitals", GOOD "fhir: {search_depth: Series}\n", {"f:2:22: fhir.search_depth: 'Series' is not known; write study, series or instance"}},
        {"level", GOOD "log: {level: debgu}\n", {"f:2:14: log.level: 'debgu' is not known; did you mean debug? Write debug, info, warning or error"}},
        {"duration without unit", GOOD "http: {idle_timeout: 75}\n", {"f:2:22: http.idle_timeout: '75' has no unit" + right_duration}},
        {"duration in days", GOOD "http: {idle_timeout: 1d}\n", {"f:2:22: http.idle_timeout: '1d' has a unit that is not known" + right_duration}},
        {"duration in words", GOOD "http: {idle_timeout: long}\n", {"f:2:22: http.idle_timeout: 'long' does not begin with a whole number" + right_duration}},
        {"duration out of range", GOOD "http: {idle_timeout: 2h}\n", {"f:2:22: http.idle_timeout: '2h' is out of range; write 1ms to 1h"}},
        {"size in MB", GOOD "http: {max_body: 1MB}\n", {"f:2:18: http.max_body: '1MB' has a unit that is not known" + right_size}},
        {"size without unit", GOOD "http: {max_body: 1024}\n", {"f:2:18: http.max_body: '1024' has no unit" + right_size}},
        {"size out of range", GOOD "http: {max_body: 1B}\n", {"f:2:18: http.max_body: '1B' is out of range; write 1KiB to 1GiB"}},
        {"address without port", GOOD "http: {listen: 127.0.0.1}\n", {"f:2:16: http.listen: '127.0.0.1' has no port" + right_address}},
        {"address by name", GOOD "http: {listen: \"pons.example:80\"}\n", {"f:2:16: http.listen: 'pons.example:80' has a host that is neither an IP address nor localhost" + right_address}},
        {"IPv6 without brackets", GOOD "http: {listen: \"::1:80\"}\n", {"f:2:16: http.listen: '::1:80' is not clear about which colon begins the port: an IPv6 address goes in brackets" + right_address}},
        {"FHIR version to come", GOOD "fhir: {default_version: R5}\n", {"f:2:25: fhir.default_version: 'R5' is not answered by this version of Pons; write R4"}},
        {"FHIR version of nowhere", GOOD "fhir: {default_version: R6}\n", {"f:2:25: fhir.default_version: 'R6' is not a FHIR version; write R4 (R4B, R5, STU3 and DSTU2 are known too, but not answered by this version)"}},
        {"counts", GOOD "fhir: {default_count: 50, max_count: 40}\n", {"f:2:23: fhir.default_count: is above max_count; write 40 or less"}},
    });
}

TEST_CASE("tells URLs, names and texts that cannot be right")
{
    auto const url = [](std::string const& value) { return "sources: {w: {kind: dicomweb, url: " + value + "}}\n"; };
    auto const says = [](std::string const& what) { return lines{"f:1:36: sources.w.url: the value " + what}; };
    auto const dimse = [](std::string const& keys) {
        return "sources: {a: {kind: dimse, host: h, port: 104, called_ae: A,\n" + keys + "}}\n";
    };
    std::string const viewer = GOOD "viewers: {v: {study_url: ";
    check_all({
        {"no scheme", url("archive/rs"), says("is not an absolute URL; begin with http:// or https://")},
        {"other scheme", url("ftp://archive/rs"), says("is not an absolute URL; begin with http:// or https://")},
        {"slash", url("http://127.0.0.1/rs/"), says("ends with a slash; leave it out")},
        {"only a slash", url("http://127.0.0.1/"), says("ends with a slash; leave it out")},
        {"query", url("'http://127.0.0.1/rs?x'"), says("has a query or fragment; write the base address alone")},
        {"fragment", url("'http://127.0.0.1/rs#x'"), says("has a query or fragment; write the base address alone")},
        {"password", url("'http://u:hunter2@127.0.0.1/rs'"), says("holds a user or password; leave them out and use credentials")},
        {"port", url("'http://127.0.0.1:99999/rs'"), says("has a port that is not a number from 1 to 65535; write host:port")},
        {"no host", url("'http:///rs'"), says("has no proper host; write a host name or an IP address after ://")},
        {"IPv6 without brackets", url("'http://::1/rs'"), says("has a port that is not a number from 1 to 65535; write host:port")},
        {"space", url("'http://127.0.0.1/r s'"), says("holds a character that no URL may hold; percent-encode it")},
        {"umlaut", url("'http://127.0.0.1/ü'"), says("holds a character that no URL may hold; percent-encode it")},
        {"viewer without studies", viewer + "'https://v.example/{uid}'}}\n", {"f:2:26: viewers.v.study_url: the value does not say where the studies go; write {study_uids} in its path or query"}},
        {"viewer with more", viewer + "'https://v.example/{study_uids}?p={patient}'}}\n", {"f:2:26: viewers.v.study_url: the value holds a placeholder that is not known; there are {study_uids}, {study_uid}, {accession_number}, {patient_id}, {dicomweb}, {diagnostic_quality} and {key_images_only}"}},
        {"viewer with a placeholder as host", viewer + "'https://{patient_id}/{study_uids}'}}\n", {"f:2:26: viewers.v.study_url: the value has no proper host; write a host name or an IP address after ://"}},
        {"viewer with everything", viewer + "'https://v.example/{study_uid}?s={study_uids}&a={accession_number}&p={patient_id}&d={dicomweb}&q={diagnostic_quality}&k={key_images_only}'}}\n", {}},
        {"viewer of Weasis", viewer + "'weasis://%24dicom%3Ars%20--url%20%22{dicomweb}%22%20-r%20%22studyUID%3D{study_uids}%22'}}\n", {}},
        {"viewer of Weasis without encoding", viewer + "'weasis://$dicom:rs --url \"{dicomweb}\" -r \"studyUID={study_uid}\"'}}\n", {"f:2:26: viewers.v.study_url: the value holds a character that no URL may hold; percent-encode it"}},
        {"viewer of Weasis with an identifier", viewer + "'weasis://%24dicom%3Ars%20-r%20%22studyUID%3D{study_uid}%26patientID%3D{patient_id}%22'}}\n", {"f:2:26: viewers.v.study_url: the value holds a placeholder that is not known in a link to Weasis; there are {study_uids}, {study_uid}, {dicomweb}, {diagnostic_quality} and {key_images_only}"}},
        {"viewer by a scheme of its own", viewer + "'javascript:open(\"{study_uid}\")'}}\n", {"f:2:26: viewers.v.study_url: the value is not an absolute URL; begin with http:// or https://"}},
        {"viewer by another program", viewer + "'horos://?studyUID={study_uid}'}}\n", {"f:2:26: viewers.v.study_url: the value is not an absolute URL; begin with http:// or https://"}},
        {"viewer without URL", GOOD "viewers: {v: {}}\n", {"f:2:11: viewers.v.study_url: is missing; write study_url: <URL>"}},
        {"source name", "sources: {a b: {kind: dimse, host: h, port: 104, called_ae: A}}\n", {"f:1:11: sources.'a b': the name does not fit; write 1 to 40 letters, digits and hyphens"}},
        {"long source name", "sources: {" + std::string(41, 'x') + ": {kind: dimse, host: h, port: 104, called_ae: A}}\n", {"f:1:11: sources." + std::string(41, 'x') + ": the name does not fit; write 1 to 40 letters, digits and hyphens"}},
        {"names that differ in case", "sources:\n  web: {kind: dicomweb, url: http://h}\n  WEB: {kind: dicomweb, url: http://h}\n", {"f:3:3: sources.WEB: differs from web only in case; give it another name"}},
        {"host with port", dimse("calling_ae: B, host: 'h:104'"), {"f:2:16: sources.a.host: is set for the second time, first in line 1; keep one"}},
        {"AE title too long", dimse("calling_ae: ABCDEFGHIJKLMNOPQ"), {"f:2:13: sources.a.calling_ae: 'ABCDEFGHIJKLMNOPQ' is not an AE title; write 1 to 16 ASCII characters, without \\ and control characters"}},
        {"AE title with backslash", dimse("calling_ae: 'A\\B'"), {"f:2:13: sources.a.calling_ae: 'A\\B' is not an AE title; write 1 to 16 ASCII characters, without \\ and control characters"}},
        {"AE title of spaces", dimse("calling_ae: '  '"), {"f:2:13: sources.a.calling_ae: '  ' begins or ends with a space, which AE titles do not keep; leave it out"}},
        {"AE title with control", dimse("calling_ae: \"A\\tB\""), {"f:2:13: sources.a.calling_ae: 'A?B' is not an AE title; write 1 to 16 ASCII characters, without \\ and control characters"}},
        {"time zone", dimse("timezone: Europe/Viena"), {"f:2:11: sources.a.timezone: 'Europe/Viena' is not in the IANA time zone database; did you mean Europe/Vienna?"}},
        {"path as time zone", dimse("timezone: ../../etc/passwd"), {"f:2:11: sources.a.timezone: '../../etc/passwd' is not in the IANA time zone database; write a name such as Europe/Vienna or UTC"}},
        {"hours", dimse("timezone: UTC, hours: 6-22"), {"f:2:23: sources.a.hours: '6-22' does not say from when to when; write hours of the day such as 06:00-22:00, several with commas"}},
        {"hours without clocks", dimse("hours: '06:00-22:00'"), {"f:2:8: sources.a.hours: cannot be told without the archive's clocks; write its timezone, such as Europe/Vienna"}},
        {"search key", dimse("limits: {require_any_of: [PatientId]}"), {"f:2:27: sources.a.limits.require_any_of: 'PatientId' is not known; did you mean PatientID? Write PatientID, PatientName, PatientBirthDate, AccessionNumber, StudyInstanceUID, StudyDate, StudyID, ReferringPhysicianName or ModalitiesInStudy"}},
        {"character set", dimse("quirks: {charset_query: ISO_IR_192}"), {"f:2:25: sources.a.quirks.charset_query: 'ISO_IR_192' is not a defined term of Specific Character Set; did you mean ISO_IR 192?"}},
        {"code extension", dimse("quirks: {charset_default: '\\ISO 2022 IR 78'}"), {"f:2:27: sources.a.quirks.charset_default: '\\ISO 2022 IR 78' is not a defined term of Specific Character Set; did you mean ISO 2022 IR 87?"}},
        {"code page to send", dimse("quirks: {charset_query: windows-1252}"), {"f:2:25: sources.a.quirks.charset_query: 'windows-1252' is not a defined term of Specific Character Set; write one such as ISO_IR 100, ISO_IR 192 or GB18030"}},
        {"preset", dimse("quirks: {preset: orthnac}"), {"f:2:18: sources.a.quirks.preset: 'orthnac' is not known; did you mean orthanc? Write generic, dcmtk-qrscp, orthanc, orthanc-dicomweb-old, dcm4chee, ge-archive, ge-aw, agfa-impax, siemens-syngo-via, philips-adw, fuji-synapse, clearcanvas, osirix, sectra, azure, aws-healthimaging or google"}},
        {"issuer", dimse("issuer: {system: HOSP_A}"), {"f:2:18: sources.a.issuer.system: 'HOSP_A' is not an absolute URI; write one such as urn:oid:1.2.3.4 or https://hospital.example/mrn"}},
        {"prefix", dimse("accession: {prefix: ABCDEFGHIJKLMNOPQ}"), {"f:2:21: sources.a.accession.prefix: 'ABCDEFGHIJKLMNOPQ' is too long for its DICOM attribute; write at most 16 characters"}},
        {"retrieve", dimse("retrieve: [c-get, cmove]"), {"f:2:19: sources.a.retrieve: 'cmove' is not known; write c-get or c-move"}},
        {"retrieve twice", dimse("retrieve: [c-get, c-get]"), {"f:2:19: sources.a.retrieve: 'c-get' stands in the list twice; keep one"}},
        {"retrieve by nothing", dimse("retrieve: []"), {"f:2:11: sources.a.retrieve: is an empty list; write at least one, or leave the key out"}},
        {"retrieve as a word", dimse("retrieve: c-get"), {"f:2:11: sources.a.retrieve: is not a list; write it in brackets, with commas between: [first, second]"}},
        {"peer", GOOD "peers: {\"CT:1\": {host: 'http://h', port: 0}}\n", {"f:2:24: peers.'CT:1'.host: 'http://h' is a URL; write the host alone", "f:2:42: peers.'CT:1'.port: '0' is out of range; write 1 to 65535"}},
        {"peer without port", GOOD "peers: {CT1: {host: 'h:1'}}\n", {"f:2:9: peers.CT1.port: is missing; write port: <number>", "f:2:21: peers.CT1.host: 'h:1' is not a host; write a host name or an IP address, without port and brackets"}},
    });
}

TEST_CASE("tells keys that do not go together")
{
    auto const dimse = [](std::string const& keys) {
        return "sources: {a: {kind: dimse, host: h, port: 104, called_ae: A,\n" + keys + "}}\n";
    };
    std::string const exists = PONS_SOURCE_DIR "/CMakeLists.txt";
    std::string const pair = "cert_file: " + exists + ", key_file: " + exists;
    check_all({
        {"no kind", "sources: {a: {host: h}}\n", {"f:1:11: sources.a.kind: is missing; write kind: dimse or kind: dicomweb"}},
        {"unknown kind", "sources: {a: {kind: pacs}}\n", {"f:1:21: sources.a.kind: 'pacs' is not known; write dimse or dicomweb"}},
        {"dimse without anything", "sources: {a: {kind: dimse}}\n", {"f:1:11: sources.a.host: is missing, and a source of kind dimse needs it; write host: <host>", "f:1:11: sources.a.port: is missing, and a source of kind dimse needs it; write port: <number>", "f:1:11: sources.a.called_ae: is missing, and a source of kind dimse needs it; write called_ae: <AE title>"}},
        {"dicomweb without URL", "sources: {a: {kind: dicomweb}}\n", {"f:1:11: sources.a.url: is missing, and a source of kind dicomweb needs it; write url: <URL>"}},
        {"keys of dicomweb", dimse("url: http://h, quirks: {offset: true}"), {"f:2:6: sources.a.url: belongs to sources of kind dicomweb, and this one is dimse; leave it out", "f:2:33: sources.a.quirks.offset: belongs to sources of kind dicomweb, and this one is dimse; leave it out"}},
        {"keys of dimse", WEB "port: 104, store_ae: X}}\n", {"f:2:7: sources.w.port: belongs to sources of kind dimse, and this one is dicomweb; leave it out", "f:2:22: sources.w.store_ae: belongs to sources of kind dimse, and this one is dicomweb; leave it out"}},
        {"basic without user", WEB "credentials: {kind: basic, password: hunter2}}}\n", {"f:2:1: sources.w.credentials.user: is missing, and credentials of kind basic need it"}},
        {"bearer towards dimse", dimse("credentials: {kind: bearer}"), {"f:2:1: sources.a.credentials.token: is missing, and credentials of kind bearer need it", "f:2:21: sources.a.credentials.kind: is bearer, and sources of kind dimse only take basic"}},
        {"bearer without token", WEB "credentials: {kind: bearer}}}\n", {"f:2:1: sources.w.credentials.token: is missing, and credentials of kind bearer need it"}},
        {"password without kind", WEB "credentials: {password: hunter2}}}\n", {"f:2:25: sources.w.credentials.password: belongs to credentials of kind basic, and these are none; correct kind, or leave it out"}},
        {"certificate without key", dimse("tls: {enabled: true, cert_file: " + exists + "}, retrieve: [c-get]"), {"f:2:1: sources.a.tls.key_file: is missing; a certificate and its key go together"}},
        {"file that is not there", dimse("tls: {enabled: true, ca_file: /nowhere/ca.pem}, retrieve: [c-get]"), {"f:2:31: sources.a.tls.ca_file: '/nowhere/ca.pem' does not exist; create it, or correct the path"}},
        {"two labels of the same sets", dimse("quirks: {charset_labels: {ISO_IR 100: ISO_IR 144, ISO 2022 IR 100: ISO_IR 101}}"), {"f:2:39: sources.a.quirks.charset_labels.'ISO_IR 100': names the same sets as 'ISO 2022 IR 100', which means others; keep one"}},
        {"the same, behind the default repertoire", dimse("quirks: {charset_labels: {'\\ISO 2022 IR 101': ISO_IR 144, ISO_IR 100: ISO_IR 144, ISO_IR 101: ISO_IR 100}}"), {"f:2:47: sources.a.quirks.charset_labels.'\\ISO 2022 IR 101': names the same sets as 'ISO_IR 101', which means others; keep one"}},
        {"two labels of the same sets that mean the same", dimse("quirks: {charset_labels: {ISO_IR 100: ISO_IR 144, ISO 2022 IR 100: ISO_IR 144}}"), {}},
        {"stores go to an unknown source", GOOD "dicomweb: {store_to: b}\n", {"f:2:22: dicomweb.store_to: 'b' is not a source; write a name that stands below sources"}},
        {"order of an unknown source", GOOD "federation: {order: [a, b]}\n", {"f:2:21: federation.order: 'b' is not a source; write names that stand below sources"}},
        {"order with one twice", GOOD "federation: {order: [a, a]}\n", {"f:2:25: federation.order: 'a' stands in the list twice; keep one"}},
        {"route to an unknown source", GOOD "federation: {routes: {ct: {modality: [CT], sources: [c]}}}\n", {"f:2:53: federation.routes.ct.sources: 'c' is not a source; write names that stand below sources"}},
        {"route to nowhere", GOOD "federation: {routes: {ct: {modality: [CT]}}}\n", {"f:2:23: federation.routes.ct.sources: is missing; write sources: <list of names>"}},
        {"route of everything", GOOD "federation: {routes: {all: {sources: [a]}}}\n", {"f:2:23: federation.routes.all: does not say which studies it is about; write issuer or modality (what comes under a called AE title is routed by dicom.ae_titles)"}},
        {"route of no modality", GOOD "federation: {routes: {ct: {modality: [ct], sources: [a]}}}\n", {"f:2:39: federation.routes.ct.modality: 'ct' is not a modality; write its code in capitals, such as CT or MG (PS3.3 C.7.3.1.1.1)"}},
        {"route by one word", GOOD "federation: {routes: {ct: {issuer: HOSP_A, sources: [a]}}}\n", {"f:2:36: federation.routes.ct.issuer: is not a list; write it in brackets, with commas between: [first, second]"}},
        {"route by AE title", GOOD "federation: {routes: {ct: {ae_title: X, modality: [CT], sources: [a]}}}\n", {"f:2:28: federation.routes.ct.ae_title: is not a key here; it belongs to dicom"}},
        {"routes as a list", GOOD "federation:\n  routes:\n    - modality: [CT]\n", {"f:4:5: federation.routes: is a list; write its keys below it, as name: value"}},
        {"title of an unknown source", GOOD "dicom: {ae_titles: {X: [a, b]}}\n", {"f:2:24: dicom.ae_titles.X: 'b' is neither a source nor a worklist; write names that stand below sources or worklists"}},
        {"title of a misspelt source", "sources: {main-pacs: {kind: dimse, host: h, port: 104, called_ae: A}}\ndicom: {ae_titles: {X: [main_pacs]}}\n", {"f:2:24: dicom.ae_titles.X: 'main_pacs' is neither a source nor a worklist; did you mean main-pacs?"}},
        {"a worklist of the other protocol", dimse("worklist: ups"), {"f:2:11: sources.a.worklist: is of the other protocol: mwl belongs to kind dimse, ups to kind dicomweb"}},
        {"another one", WEB "worklist: mwl}}\n", {"f:2:11: sources.w.worklist: is of the other protocol: mwl belongs to kind dimse, ups to kind dicomweb"}},
        {"a worklist without anything", GOOD "worklists: {ehr: {}}\n", {"f:2:13: worklists.ehr.url: is missing; write url: <URL>", "f:2:13: worklists.ehr.timezone: is missing; write timezone: <time zone>", "f:2:13: worklists.ehr.issuer.system: is missing; write issuer.system: <URI>"}},
        {"a worklist called like a source", GOOD "worklists: {A: {url: http://h, timezone: UTC, issuer: {system: urn:x}}}\n", {"f:2:13: worklists.A: is called like a, a source or another worklist; give it another name"}},
        {"a worklist with half its credentials", GOOD "worklists: {ehr: {url: https://h, timezone: UTC, issuer: {system: urn:x},\ncredentials: {kind: bearer}}}\n", {"f:3:1: worklists.ehr.credentials.token: is missing, and credentials of kind bearer need it"}},
        {"a worklist with half a certificate", GOOD "worklists: {ehr: {url: https://h, timezone: UTC, issuer: {system: urn:x},\ntls: {cert_file: " + exists + "}}}\n", {"f:3:1: worklists.ehr.tls.key_file: is missing; a certificate and its key go together"}},
        {"a category without a code", GOOD "worklists: {ehr: {url: http://h, timezone: UTC, issuer: {system: urn:x},\ncategories: [\"a|\"]}}\n", {"f:3:13: worklists.ehr.categories: 'a|' has no code; write system|code, as in http://snomed.info/sct|363679005"}},
        {"a title of a worklist", GOOD "worklists: {ehr: {url: http://h, timezone: UTC, issuer: {system: urn:x}}}\ndicom: {ae_titles: {X: [a, ehr]}}\n", {}},
        {"a worklist that is no source elsewhere", GOOD "worklists: {ehr: {url: http://h, timezone: UTC, issuer: {system: urn:x}}}\ndicomweb: {store_to: ehr}\n", {"f:3:22: dicomweb.store_to: 'ehr' is not a source; write a name that stands below sources"}},
        {"store_ae is ae_title", dimse("store_ae: PONS"), {"f:2:11: sources.a.store_ae: 'PONS' is in dicom.ae_title too, so retrieves could not be told from clients; use another title for one of them"}},
        {"store_ae is in ae_titles", GOOD "dicom: {ae_titles: {PONS_MOVE: [a]}}\n", {"f:1:11: sources.a.store_ae: 'PONS_MOVE' is in dicom.ae_titles too, so retrieves could not be told from clients; use another title for one of them"}},
        {"one title twice", GOOD "dicom: {ae_title: X, ae_titles: {X: [a]}}\n", {"f:2:37: dicom.ae_titles.X: is dicom.ae_title too, which leads to all sources; use another title for one of them"}},
        {"HTTP beyond loopback", GOOD "http: {listen: \"0.0.0.0:80\", public_url: https://p}\n", {"f:2:16: http.listen: '0.0.0.0:80' is beyond loopback, without TLS and authentication; listen on 127.0.0.1, or write http.insecure: true if the network is safe"}},
        {"DICOM beyond loopback", GOOD "dicom: {listen: \"[::]:104\"}\n", {"f:2:17: dicom.listen: '[::]:104' is beyond loopback, without TLS and authentication; write dicom.tls, listen on 127.0.0.1, or write dicom.insecure: true if the network is safe"}},
        {"DICOM beyond loopback by TLS, open to anybody", GET "dicom: {listen: \"[::]:104\", tls: {enabled: true, " + pair + "}}\n", {"f:2:17: dicom.listen: '[::]:104' is beyond loopback, and without dicom.tls.ca_file anybody may call; name the authority of the archives' certificates, or write dicom.insecure: true if the network is safe"}},
        {"DICOM beyond loopback, with TLS that is off", GET "dicom: {listen: \"[::]:104\", tls: {" + pair + ", ca_file: " + exists + "}}\n", {"f:2:17: dicom.listen: '[::]:104' is beyond loopback, without TLS and authentication; write dicom.tls, listen on 127.0.0.1, or write dicom.insecure: true if the network is safe", "f:2:29: warning: dicom.tls: has no effect, as TLS is not enabled; write enabled: true"}},
        {"DICOM beyond loopback, and who calls is known", GET "dicom: {listen: \"[::]:104\", tls: {enabled: true, " + pair + ", ca_file: " + exists + "}}\n", {}},
        {"DICOM by TLS without a certificate", GET "dicom: {tls: {enabled: true}}\n", {"f:2:9: dicom.tls.cert_file: is missing; whoever calls by TLS wants to see a certificate, with key_file"}},
        {"peer's certificate without key", GOOD "peers: {A: {host: h, port: 1, tls: {enabled: true, cert_file: " + exists + "}}}\n", {"f:2:31: peers.A.tls.key_file: is missing; a certificate and its key go together"}},
        {"peer's TLS that is off", GOOD "peers: {A: {host: h, port: 1, tls: {verify: false}}}\n", {"f:2:31: warning: peers.A.tls: has no effect, as TLS is not enabled; write enabled: true"}},
        {"anybody for a peer", GOOD "peers: {A: {host: h, port: 1, tls: {enabled: true, verify: false}}}\n", {"f:2:60: warning: peers.A.tls.verify: lets anybody pose as the peer; name its authority in ca_file instead"}},
        {"DICOM by TLS without a key", GET "dicom: {tls: {enabled: true, cert_file: " + exists + "}}\n", {"f:2:9: dicom.tls.key_file: is missing; a certificate and its key go together"}},
        {"one port for both", GOOD "http: {listen: \"127.0.0.1:11112\"}\n", {"f: dicom.listen: '127.0.0.1:11112' is http.listen too; use another port"}},
    });
}

TEST_CASE("warns of what is allowed and unwise")
{
    std::string const exists = PONS_SOURCE_DIR "/CMakeLists.txt";
    std::string const pair = "cert_file: " + exists + ", key_file: " + exists;
    check_all({
        {"password over plain http", "sources: {w: {kind: dicomweb, url: http://10.0.0.1/rs, credentials: {kind: bearer, token: t}}}\n", {"f:1:36: warning: sources.w.url: sends credentials over plain http beyond loopback, where others can read them; use https"}},
        {"not beyond loopback", WEB "credentials: {kind: bearer, token: t}}}\n", {}},
        {"lenient", WEB "verify: lenient}}\n", {"f:2:9: warning: sources.w.verify: lets a retrieve end as complete although nothing confirms it; strict breaks it off instead"}},
        {"anybody's worklist", GOOD "worklists: {ehr: {url: https://h, timezone: UTC, issuer: {system: urn:x}, tls: {verify: false}}}\n", {"f:2:89: warning: worklists.ehr.tls.verify: lets anybody pose as the server of orders; name its authority in ca_file instead"}},
        {"a token in the clear", GOOD "worklists: {ehr: {url: http://h, timezone: UTC, issuer: {system: urn:x}, credentials: {kind: bearer, token: t}}}\n", {"f:2:24: warning: worklists.ehr.url: sends credentials over plain http beyond loopback, where others can read them; use https"}},
        {"anybody's certificate", "sources: {w: {kind: dicomweb, url: https://h/rs, tls: {verify: false}}}\n", {"f:1:64: warning: sources.w.tls.verify: lets anybody pose as the archive; name its authority in ca_file instead"}},
        {"TLS and C-MOVE", "sources: {a: {kind: dimse, host: h, port: 104, called_ae: A, tls: {enabled: true}}}\n", {"f:1:77: warning: sources.a.tls.enabled: does not protect what comes by C-MOVE: that comes to dicom.listen in the clear; write dicom.tls, or retrieve: [c-get]"}},
        {"TLS and C-MOVE by TLS", "sources: {a: {kind: dimse, host: h, port: 104, called_ae: A, tls: {enabled: true}}}\ndicom: {tls: {enabled: true, " + pair + "}}\n", {}},
        {"C-MOVE by TLS alone", "sources: {a: {kind: dimse, host: h, port: 104, called_ae: A, retrieve: [c-move]}}\ndicom: {tls: {enabled: true, " + pair + "}}\n", {"f:1:72: warning: sources.a.retrieve: has c-move, and dicom.tls takes TLS only, while this archive is asked in the clear; see that it sends by TLS, or write retrieve: [c-get]"}},
        {"C-MOVE by TLS, and C-GET", GET "dicom: {tls: {enabled: true, " + pair + "}}\n", {}},
        {"TLS without C-MOVE", "sources: {a: {kind: dimse, host: h, port: 104, called_ae: A, retrieve: [c-get], tls: {enabled: true}}}\n", {}},
        {"TLS that is off", "sources: {a: {kind: dimse, host: h, port: 104, called_ae: A, tls: {verify: false}}}\n", {"f:1:62: warning: sources.a.tls: has no effect, as TLS is not enabled; write enabled: true"}},
        {"no public URL", GOOD "http: {listen: \"0.0.0.0:80\", insecure: true}\n", {"f:2:1: warning: http.public_url: is missing, so clients are told http://0.0.0.0:80; write the address that they can reach, such as https://pons.hospital.example"}},
    });
    CHECK(load_text(WEB "verify: lenient}}\n", "f").settings);
}

TEST_CASE("no message repeats a secret, whatever is wrong with it")
{
    setenv("PONS_TEST_SECRET", "hunter2 \x01", 1);
    char const* const values[] = {"hunter2", "\"hunter2\\x01\"", "'hunter2 $' ", "${env:hunter2}", "'${hunter2'", "*hunter2",
                                  "!hunter2", "&hunter2", "%hunter2", "@hunter2", "\"\\hunter2\"", "[hunter2]", "{hunter2: 1}",
                                  "{hunter2}", "\"hunter2", "'${env:PONS_TEST_SECRET}'"};
    std::string const places[] = {
        WEB "credentials: {kind: bearer, token: @}}}\n",
        WEB "credentials: {kind: basic, user: \"u:u\", password: @}}}\n",
        WEB "credentials: {kind: @}}}\n",
        WEB "credentials: @}}\n",
        GOOD "paging: {key: @}\n",
        GOOD "paging: @\n",
    };
    int faulty = 0;
    for (auto const& place : places)
        for (std::string const value : values) {
            auto yaml = place;
            yaml.replace(yaml.find('@'), 1, value);
            CAPTURE(yaml);
            for (auto const& line : told(yaml)) {
                ++faulty;
                // The name of a key or variable is told: those who put a secret there are beyond help.
                if (value != "{hunter2: 1}" && value != "{hunter2}" && value != "${env:hunter2}")
                    CHECK_MESSAGE(line.find("hunter2") == std::string::npos, line);
            }
        }
    CHECK(faulty > 80);
    // Keys without secrets keep quiet about what came from outside, too.
    CHECK(told(GOOD "log: {level: \"${env:PONS_TEST_SECRET}\"}") ==
          lines{"f:2:14: log.level: the value is not known; write debug, info, warning or error"});
}

TEST_CASE("a file that cannot be had is told as such")
{
    auto const one = [](char const* file) {
        auto const loaded = load(file);
        REQUIRE(loaded.diagnostics.size() == 1);
        CHECK_FALSE(loaded.settings);
        return to_string(loaded.diagnostics[0]);
    };
    CHECK(one("/nowhere/pons.yaml") == "/nowhere/pons.yaml: does not exist; name the configuration with --config");
    CHECK(one("/tmp") == "/tmp: is a directory; name a file");
    CHECK(told(std::string(1024 * 1024 + 1, ' ')) == lines{"f: is larger than 1 MiB; that is no configuration"});
}

TEST_CASE("reading ends when very much is wrong")
{
    std::string yaml = "http:\n";
    for (int i = 0; i < 1000; ++i)
        yaml += "  unknown" + std::to_string(i) + ": 1\n";
    auto const said = told(yaml);
    CHECK(said.size() == 201);
    CHECK(said.back() == "f:202:3: more than 200 things are wrong from here on; mend those above first");
    // An alias to a large section, many times over, costs no more.
    std::string bomb = "http: &a\n";
    for (int i = 0; i < 5000; ++i)
        bomb += "  k" + std::to_string(i) + ": 1\n";
    bomb += "sources:\n";
    for (int i = 0; i < 5000; ++i)
        bomb += "  s" + std::to_string(i) + ": *a\n";
    CHECK(told(bomb).size() == 201);
    CHECK(told(std::string(200'000, '[')).size() == 1);
}
