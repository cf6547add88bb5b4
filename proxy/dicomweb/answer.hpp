#pragma once

#include "mapping/data_set.hpp"
#include "mapping/dicom_json_writer.hpp"
#include "mapping/result.hpp"
#include "proxy/http/exchange.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Answers of the DICOMweb face that are held: data sets as JSON or XML (PS3.18 §8.7), and failures.
namespace pons::proxy::dicomweb {

/// How data sets are written.
struct data_sets_format {
    bool xml = false;          ///< multipart, one document of the Native DICOM Model a part
    std::string content_type;  ///< of JSON
};

/// What Accept, or the `accept` parameter in its stead (PS3.18 §8.3.3.1), asks for. Without either: JSON, though the
/// standard wants the header. Errors: mapping::errc::not_acceptable.
result<data_sets_format> negotiate_data_sets(http::request const& req);

/// Writes data sets one after the other into one answer.
class data_sets_writer {
public:
    explicit data_sets_writer(data_sets_format format);

    void write(mapping::data_set const& row, mapping::bulk_style style = {});
    std::size_t size() const { return body_.size(); }
    http::response finish() &&;

private:
    data_sets_format format_;
    std::string boundary_;
    std::string body_;
};

/// A short text (STYLE, Errors). Searches that would cost too much are 413, as PS3.18 §8.3.4.4 has it.
http::response to_response(failure const& f);
http::status status_of(failure const& f);

/// What a handler returns whose answer was streamed: when it failed the status of that, as long as nothing was sent,
/// else the body is broken off for the client to see.
http::response end_stream(http::exchange const& x, result<void> const& done);

/// The value of a header field Warning (RFC 7234 §5.5.7, PS3.18 §8.3.4.4).
std::string to_warning(std::string_view text);

/// A Warning for each text.
void add_warnings(http::response& to, std::vector<std::string> const& texts);

/// A boundary of at most 69 characters (RFC 2046 §5.1.1) that no content holds but by the worst of luck.
std::string make_boundary();

}  // namespace pons::proxy::dicomweb
