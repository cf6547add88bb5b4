#include "proxy/iid/viewer.hpp"

#include "proxy/http/text.hpp"

#include <algorithm>
#include <array>

namespace pons::proxy::iid {

namespace {

/// All but unreserved characters (RFC 3986 §2.3), and commas, as %XX.
void append_encoded(std::string& out, std::string_view value)
{
    constexpr std::string_view hex = "0123456789ABCDEF";
    for (char const c : value) {
        bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view("-._~").find(c) != std::string_view::npos;
        if (plain) {
            out += c;
        } else {
            auto const byte = static_cast<unsigned char>(c);
            out.append(1, '%').append(1, hex[byte >> 4]).append(1, hex[byte & 0xF]);
        }
    }
}

std::string joined(std::vector<std::string> const& uids)
{
    std::string all;
    for (auto const& uid : uids)
        all.append(all.empty() ? "" : ",").append(uid);
    return all;
}

}  // namespace

config::viewer const* choose_viewer(std::vector<config::viewer> const& viewers, std::string_view viewer_type)
{
    auto const named =
        std::ranges::find_if(viewers, [&](auto const& v) { return http::equal_ignoring_case(v.name, viewer_type); });
    if (named != viewers.end())
        return &*named;
    return viewers.empty() ? nullptr : &viewers.front();
}

std::string to_address(config::viewer const& viewer, viewed const& what)
{
    struct {
        std::string_view name;
        std::string value;
    } const fields[] = {{"{study_uids}", joined(what.study_uids)},
                        {"{study_uid}", what.study_uids.empty() ? std::string() : what.study_uids.front()},
                        {"{accession_number}", what.accession_number},
                        {"{patient_id}", what.patient_id},
                        {"{dicomweb}", what.dicomweb},
                        {"{diagnostic_quality}", what.diagnostic_quality ? "true" : "false"},
                        {"{key_images_only}", what.key_images_only ? "true" : "false"}};
    std::string address;
    std::string_view rest = viewer.study_url;
    while (!rest.empty()) {
        auto const field = std::ranges::find_if(fields, [&](auto const& f) { return rest.starts_with(f.name); });
        if (field != std::end(fields)) {
            append_encoded(address, field->value);
            rest.remove_prefix(field->name.size());
        } else {
            address += rest.front();
            rest.remove_prefix(1);
        }
    }
    return address;
}

}  // namespace pons::proxy::iid
