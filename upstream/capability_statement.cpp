#include "upstream/capability_statement.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace pons::upstream {

namespace {

/// Looks for `"resourceType":"CapabilityStatement"` in a text that comes in pieces: of servers that offer much it is
/// larger than anything else that is read of them, and begins with that.
struct statement_watch {
    void take(std::string_view piece)
    {
        ended = piece.empty();
        size += piece.size();
        text.append(piece);
        constexpr std::string_view type = "\"CapabilityStatement\"";
        for (auto at = text.find(type); at != text.npos && !found; at = text.find(type, at + 1))
            found = is_type(std::string_view(text).substr(0, at));
        constexpr std::size_t longest = 128;
        if (text.size() > longest)
            text.erase(0, text.size() - longest);
    }

    bool found = false;
    bool ended = false;
    std::size_t size = 0;

private:
    static bool is_type(std::string_view before)
    {
        auto const trim = [&] { before = before.substr(0, before.find_last_not_of(" \t\r\n") + 1); };
        trim();
        if (!before.ends_with(':'))
            return false;
        before.remove_suffix(1);
        trim();
        return before.ends_with("\"resourceType\"");
    }

    std::string text;  // the end of what came
};

}  // namespace

awaitable<result<shown_statement>> ask_statement(dicomweb::http_client& client, config::source const& at,
                                                 time_point deadline)
{
    auto const request = client.request_for(client.to()->base_path + "/metadata?_summary=true");
    result<dicomweb::http_client::asked> begun = co_await client.ask(request, deadline);
    if (!begun)
        co_return tl::unexpected(begun.error());
    bool const readable = begun->head.status == 200 && begun->head.content_type.find("json") != std::string::npos;
    statement_watch seen;
    while (readable && !seen.found && !seen.ended && seen.size <= at.limits.max_answer) {
        auto const piece = co_await begun->on->more(std::min(deadline, clock::now() + at.timeouts.total));
        if (!piece)
            co_return client.at_source(piece.error());
        seen.take(*piece);
    }
    begun->on->close();  // what follows is not of interest
    shown_statement shown{.head = std::move(begun->head), .found = seen.found};
    co_return shown;
}

}  // namespace pons::upstream
