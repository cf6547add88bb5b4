#include "proxy/iid/page.hpp"

#include "mapping/tables/without_images.hpp"

#include <algorithm>
#include <vector>

namespace pons::proxy::iid {

namespace {

namespace tags = mapping::tags;
using mapping::study_record;

constexpr std::string_view style =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "h1{font-size:1.3rem;margin-bottom:0}.who{color:#444;margin-top:0}.bad{color:#a61b1b;font-weight:600}"
    "ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:1rem}li{width:9rem;font-size:.85rem}"
    "img{display:block;width:9rem;height:9rem;object-fit:contain;background:#000}";

/// "1970-01-01" of "19700101"; anything else as it is.
std::string readable_date(std::string_view da)
{
    bool const digits = da.size() == 8 && std::ranges::all_of(da, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits)
        return escaped(da);
    return std::string(da.substr(0, 4)).append("-").append(da.substr(4, 2)).append("-").append(da.substr(6));
}

/// "Doe, Jane" of "Doe^Jane"; the ideographic group behind it.
std::string readable_name(std::string_view pn)
{
    std::string text;
    bool family = true;
    for (char const c : pn) {
        if (c == '^') {
            text += family ? ", " : " ";
            family = false;
        } else {
            text += c == '=' ? '/' : c;
        }
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == ','))
        text.pop_back();
    return escaped(text);
}

std::string list_of(mapping::data_set const& of, mapping::tag t)
{
    std::string text;
    for (std::size_t i = 0; i < of.count(t); ++i)
        text.append(i == 0 ? "" : ", ").append(escaped(of.text(t, i)));
    return text;
}

/// Of the study, or gathered from its series where the archive does not tell.
std::string modalities_of(study_record const& study)
{
    if (study.attributes.count(tags::ModalitiesInStudy) != 0)
        return list_of(study.attributes, tags::ModalitiesInStudy);
    std::vector<std::string_view> all;
    std::string text;
    for (auto const& series : study.series) {
        auto const modality = series.attributes.text(tags::Modality);
        if (modality.empty() || std::ranges::find(all, modality) != all.end())
            continue;
        all.push_back(modality);
        text.append(text.empty() ? "" : ", ").append(escaped(modality));
    }
    return text;
}

void append_series(std::string& out, study_record const& study, std::string_view images_base)
{
    auto const source = std::string(images_base) + "/sources/" + study.source->name + "/studies/" +
                        std::string(study.uid()) + "/series/";
    out += "<ul>\n";
    for (auto const& series : study.series) {
        auto const& a = series.attributes;
        auto const base = escaped(source + std::string(a.text(tags::SeriesInstanceUID)));
        auto const what = escaped(a.text(tags::SeriesDescription));
        out += "<li>";
        if (!mapping::tables::is_modality_without_images(a.text(tags::Modality))) {
            out.append("<a href=\"")
                .append(base)
                .append("/thumbnail?viewport=1024,1024\"><img loading=\"lazy\" alt=\"");
            out.append(what).append("\" src=\"").append(base).append("/thumbnail\"></a>");
        }
        out.append(escaped(a.text(tags::Modality))).append(" ").append(escaped(a.text(tags::SeriesNumber)));
        out.append(" ").append(what).append("</li>\n");
    }
    out += "</ul>\n";
}

std::string patient_of(study_record const& study)
{
    auto const& a = study.attributes;
    std::string text = readable_name(a.text(tags::PatientName));
    text.append(" &middot; ").append(escaped(a.text(tags::PatientID)));
    if (auto const born = a.text(tags::PatientBirthDate); !born.empty())
        text.append(" &middot; born ").append(readable_date(born));
    return text;
}

http::response make_page(http::status status, std::string_view title, std::string_view body)
{
    http::response page{.status = status, .content_type = "text/html; charset=utf-8", .body = {}, .headers = {}};
    page.headers.emplace_back("Content-Security-Policy",
                              "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; "
                              "form-action 'none'");
    page.headers.emplace_back("Referrer-Policy", "no-referrer");
    page.headers.emplace_back("Cache-Control", "no-store");
    page.body.append(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>");
    page.body.append(title).append("</title><style>").append(style).append("</style></head>\n<body>\n");
    page.body.append(body).append("</body>\n</html>\n");
    return page;
}

}  // namespace

std::string escaped(std::string_view text)
{
    std::string out;
    for (char const c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

http::response display_page(std::span<shown_study const> studies, std::span<issue const> remarks,
                            std::string_view images_base)
{
    std::string body;
    for (auto const& remark : remarks)
        if (remark.what == issue::kind::incomplete)
            body.append("<p class=\"bad\" role=\"alert\">This may not be all: ")
                .append(escaped(remark.text))
                .append("</p>\n");
        else if (remark.what == issue::kind::informational)
            body.append("<p>").append(escaped(remark.text)).append("</p>\n");
    for (auto const& [study, viewer_address] : studies) {
        auto const& a = study->attributes;
        body.append("<h1>").append(readable_date(a.text(tags::StudyDate))).append(" ");
        body.append(modalities_of(*study)).append(" ");
        body.append(escaped(a.text(tags::StudyDescription))).append("</h1>\n<p class=\"who\">");
        body.append(patient_of(*study)).append("</p>\n");
        if (viewer_address.empty())
            append_series(body, *study, images_base);
        else
            body.append("<p><a href=\"").append(escaped(viewer_address)).append("\">Open the images</a></p>\n");
    }
    return make_page(http::status::ok, "Imaging studies", body);
}

http::response refusal_page(http::status status, std::string_view text)
{
    return make_page(status, "Images cannot be shown",
                     "<h1>Images cannot be shown</h1>\n<p>" + escaped(text) + "</p>\n");
}

}  // namespace pons::proxy::iid
