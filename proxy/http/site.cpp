#include "proxy/http/site.hpp"

namespace pons::proxy::http {

response plain_error(http::status status, request const&, std::string_view id, std::string_view text)
{
    response answer{.status = status, .content_type = "text/plain; charset=utf-8"};
    answer.body.append(text).append("\nRequest ").append(id).append("\n");
    return answer;
}

}  // namespace pons::proxy::http
