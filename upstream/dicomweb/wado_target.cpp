#include "upstream/dicomweb/wado_target.hpp"

#include "upstream/dicomweb/origin.hpp"

#include <iterator>

namespace pons::upstream::dicomweb {

namespace {

constexpr std::string_view ways[] = {
    R"(multipart/related; type="application/dicom"; transfer-syntax=*)",
    R"(multipart/related; type=application/dicom; transfer-syntax=*)",
    R"(multipart/related; type="application/dicom")",
    R"(multipart/related; type=application/dicom)",
    R"(application/dicom; transfer-syntax=*)",
};

/// What may stand in a path as it is (PS3.5 §9.1).
bool is_uid(std::string_view value)
{
    return !value.empty() && value.size() <= 64 && value.find_first_not_of('.') != value.npos &&
           value.find_first_not_of("0123456789.") == value.npos;
}

}  // namespace

std::optional<std::string> wado_target(config::source const& source, retrieve_request const& request,
                                       std::string_view suffix)
{
    auto const base = parse_origin(source.url);
    std::string target = base ? base->base_path : std::string();
    bool missing = false;
    bool above_is_missing = false;
    auto const add = [&](char const* name, std::string const& uid) {
        above_is_missing = above_is_missing || (missing && !uid.empty());
        missing = uid.empty();
        if (!missing)
            target.append(name).append(uid);
        return missing || is_uid(uid);
    };
    bool const good = add("/studies/", request.study_instance_uid) && !missing &&
                      add("/series/", request.series_instance_uid) && add("/instances/", request.sop_instance_uid);
    if (!good || above_is_missing)
        return {};
    return target.append(suffix);
}

std::optional<std::string_view> retrieve_accept(std::size_t way)
{
    if (way >= std::size(ways))
        return {};
    return ways[way];
}

bool leaves_transfer_syntax(std::size_t way)
{
    return retrieve_accept(way).value_or("").find("transfer-syntax") == std::string_view::npos;
}

}  // namespace pons::upstream::dicomweb
