#pragma once

#include <string>
#include <string_view>

/// What texts in the file must look like, one form for each kind of text.
namespace pons::config {

struct form {
    std::string_view type;   ///< for the documentation: "AE title"
    std::string_view right;  ///< for the documentation, what fits: "1 to 16 characters"; empty: anything but nothing
    /// What is wrong and what would be right, worded to stand after the value; empty when `text` fits. It never
    /// repeats `text`.
    std::string (*fault)(std::string_view text);
    bool shown = true;  ///< a message may quote a faulty value
};

namespace forms {

extern form const text;               ///< anything printable
extern form const secret;             ///< a password or the like
extern form const bearer_token;       ///< RFC 6750 §2.1
extern form const user;               ///< RFC 7617 §2: no colon
extern form const sealing_key;        ///< of page tokens
extern form const name;               ///< of a source or viewer, part of paths and ids
extern form const source;             ///< the name of one that the file has (checks.cpp)
extern form const modality;           ///< PS3.5 §6.2, CS
extern form const host;               ///< a host name or an address
extern form const base_url;           ///< absolute http or https, without trailing slash
extern form const web_origin;         ///< scheme, host and port of a site (RFC 6454 §6.1), or *
extern form const viewer_url;         ///< absolute, with {study_uids} in it
extern form const uri;                ///< absolute, such as urn:oid:1.2.3
extern form const ae_title;           ///< PS3.5 §6.2, AE
extern form const short_text;         ///< PS3.5 §6.2, SH
extern form const long_text;          ///< PS3.5 §6.2, LO
extern form const character_set;      ///< defined terms of Specific Character Set, PS3.3 C.12.1.1.2
extern form const any_character_set;  ///< these and what is found outside DICOM
extern form const media_type;         ///< RFC 9110 §8.3.1, several with commas
extern form const time_zone;          ///< a name of the IANA time zone database
extern form const hours;              ///< of the day, hours.hpp
extern form const search_key;         ///< a keyword of a key that narrows a query for studies
extern form const readable_file;      ///< an ordinary file that can be opened; `text` is its full path
extern form const preset;             ///< a row of presets.hpp
extern form const log_level;          ///< debug, info, warning, error
extern form const fhir_version;       ///< R4

}  // namespace forms

}  // namespace pons::config
