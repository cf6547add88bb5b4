#include "mapping/dicom_json.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/dicomweb/dicomweb_archive.hpp"
#include "upstream/dicomweb/reaching.hpp"
#include "upstream/dicomweb/status.hpp"

namespace pons::upstream::dicomweb {

namespace {

constexpr service_words words{.service = "DICOMweb",
                              .server = "archive",
                              .search = "a search for one study",
                              .stage = "QIDO find",
                              .base = "the base of the DICOMweb service, before /studies"};

awaitable<result<std::vector<stage>>> examine(config::source const& source, time_point deadline)
{
    reaching way(source, words, deadline);
    bool const reached = co_await way.reach();
    if (!reached)
        co_return way.take();
    auto target = probe_target(source);
    std::optional<http_answer> answer = co_await way.ask(std::move(target));
    if (!answer)
        co_return way.take();
    mapping::dicom_json_reader reader;
    auto const read = reader.read(answer->body, [](mapping::data_set&&) { return true; });
    if (!read)
        way.add(step::find, "QIDO find", false, "The answer to a search is " + read.error().code.message() + ".",
                "Check that url is the base of the DICOMweb service, and quirks.accept.");
    else
        way.add(step::find, "QIDO find", true,
                read->rows == 0 ? "A search works; the archive holds no study that we may see." : "A search works.",
                read->rows > 1 ? "The archive ignores limit: set limits.max_rows with care." : "");
    co_return way.take();
}

}  // namespace

awaitable<std::vector<stage>> diagnose_dicomweb(config::source const& source, time_point deadline)
{
    result<std::vector<stage>> stages = co_await cancelled_as_value(examine(source, deadline));
    co_return std::move(*stages);
}

}  // namespace pons::upstream::dicomweb
