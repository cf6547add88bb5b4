#include "proxy/dicomweb/capabilities.hpp"

#include "mapping/fhir/escape.hpp"

namespace pons::proxy::dicomweb {

namespace {

constexpr std::string_view data_sets[] = {"application/dicom+json", "application/json",
                                          "multipart/related; type=&quot;application/dicom+xml&quot;"};
constexpr std::string_view instances[] = {"multipart/related; type=&quot;application/dicom&quot;"};
constexpr std::string_view instance[] = {"multipart/related; type=&quot;application/dicom&quot;", "application/dicom"};
constexpr std::string_view octets[] = {"multipart/related; type=&quot;application/octet-stream&quot;",
                                       "application/octet-stream"};
constexpr std::string_view images[] = {"image/jpeg", "image/png", "image/gif"};
constexpr std::string_view several_images[] = {"multipart/related; type=&quot;image/jpeg&quot;",
                                               "multipart/related; type=&quot;image/png&quot;",
                                               "multipart/related; type=&quot;image/gif&quot;"};
constexpr std::string_view one_or_several_images[] = {"image/jpeg", "image/png", "image/gif",
                                                      "multipart/related; type=&quot;image/jpeg&quot;",
                                                      "multipart/related; type=&quot;image/png&quot;"};
constexpr std::string_view search_parameters[] = {"includefield", "limit", "offset", "emptyvaluematching"};

struct operation {
    std::string_view id;
    std::span<std::string_view const> types;
    std::span<std::string_view const> parameters = {};
};

operation operation_of(described_path const& one)
{
    static constexpr std::string_view image_parameters[] = {"viewport", "window", "quality"};
    if (one.search)
        return {"SearchForResources", data_sets, search_parameters};
    if (one.metadata)
        return {"RetrieveMetadata", data_sets};
    bool const of_instance = one.path.find("/instances/") != one.path.npos;
    if (one.path.ends_with("/{frames}/rendered"))
        return {"RetrieveRendered", one_or_several_images, image_parameters};
    if (one.path.ends_with("/rendered") && of_instance)
        return {"RetrieveRendered", images, image_parameters};
    if (one.path.ends_with("/rendered"))
        return {"RetrieveRendered", several_images, image_parameters};
    if (one.path.ends_with("/thumbnail"))
        return {"RetrieveThumbnail", images, image_parameters};
    if (one.path.ends_with("/{frames}"))
        return {"RetrieveFrames", octets};
    if (one.path.ends_with("/bulkdata/{place}"))
        return {"RetrieveBulkData", octets};
    if (of_instance)
        return {"RetrieveInstances", instance};
    return {"RetrieveInstances", instances};
}

void add_types(std::string& to, std::span<std::string_view const> types)
{
    for (auto const type : types)
        to.append("<representation mediaType=\"").append(type).append("\"/>");
}

void add_store(std::string& to)
{
    static constexpr std::string_view bodies[] = {"multipart/related; type=&quot;application/dicom&quot;",
                                                  "multipart/related; type=&quot;application/dicom+json&quot;",
                                                  "multipart/related; type=&quot;application/dicom+xml&quot;"};
    static constexpr std::string_view reports[] = {"application/dicom+json", "application/json",
                                                   "application/dicom+xml"};
    to += "<method name=\"POST\" id=\"StoreInstances\"><request>";
    add_types(to, bodies);
    to += "</request>";
    for (auto const* const status : {"200", "202", "409"}) {
        to.append("<response status=\"").append(status).append("\">");
        add_types(to, reports);
        to += "</response>";
    }
    to += "</method>";
}

void add_path(std::string& to, described_path const& one)
{
    to.append("<resource path=\"").append(one.path.substr(1)).append("\"><method name=\"GET\" id=\"");
    auto const what = operation_of(one);
    to.append(what.id).append("\"><request>");
    for (auto const name : what.parameters)
        to.append("<param name=\"").append(name).append("\" style=\"query\"/>");
    to += "</request><response status=\"200\">";
    add_types(to, what.types);
    to += "</response></method>";
    if (one.store)
        add_store(to);
    to += "</resource>";
}

}  // namespace

std::string describe_capabilities(std::string_view base, std::span<described_path const> paths)
{
    std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<application xmlns=\"http://wadl.dev.java.net/2009/02\"><resources base=\"";
    std::string escaped(base.size() * mapping::fhir::longest_escape, ' ');
    auto const* const end = mapping::fhir::escape_xml(escaped.data(), base);
    escaped.resize(static_cast<std::size_t>(end - escaped.data()));
    text.append(escaped).append("/\">");
    for (auto const& one : paths)
        add_path(text, one);
    return text + "</resources></application>\n";
}

}  // namespace pons::proxy::dicomweb
