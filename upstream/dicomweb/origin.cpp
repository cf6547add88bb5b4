#include "upstream/dicomweb/origin.hpp"

#include "upstream/errc.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <charconv>
#include <string>
#include <system_error>

namespace pons::upstream::dicomweb {

result<origin> parse_origin(std::string_view text)
{
    namespace urls = boost::urls;
    auto const url = urls::parse_uri(urls::string_view(text.data(), text.size()));
    if (!url)
        return fail(errc::unsupported, "url: not an absolute URL");
    bool const tls = url->scheme_id() == urls::scheme::https;
    if (!tls && url->scheme_id() != urls::scheme::http)
        return fail(errc::unsupported, "url: the scheme is neither http nor https");
    if (url->has_query() || url->has_fragment() || url->has_userinfo())
        return fail(errc::unsupported, "url: has a user, a query or a fragment");
    std::uint16_t const usual_port = tls ? 443 : 80;
    auto port = usual_port;
    auto const digits = url->port();
    auto const error = std::from_chars(digits.data(), digits.data() + digits.size(), port).ec;
    bool const bad_port = !digits.empty() && (error != std::errc{} || port == 0);
    if (url->encoded_host().empty() || bad_port)
        return fail(errc::unsupported, "url: has no host or no usable port");

    auto const text_of = [](auto const& part) { return std::string(part.data(), part.size()); };
    origin o{.tls = tls,
             .host = url->host_address(),
             .port = port,
             .authority = text_of(url->encoded_host()),
             .base_path = text_of(url->encoded_path())};
    if (o.port != usual_port)
        o.authority += ":" + std::to_string(o.port);
    while (o.base_path.ends_with('/'))
        o.base_path.pop_back();
    return o;
}

}  // namespace pons::upstream::dicomweb
