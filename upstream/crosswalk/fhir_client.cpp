#include "upstream/crosswalk/fhir_client.hpp"

#include "upstream/capability_statement.hpp"
#include "upstream/crosswalk/errc.hpp"
#include "upstream/crosswalk/patient_reader.hpp"
#include "upstream/errc.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace pons::upstream {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t largest_answer = 4 * 1024 * 1024;
constexpr std::string_view name = "crosswalk";

crosswalk_errc code_for(std::error_code code)
{
    if (code.category() != error_category())
        return crosswalk_errc::malformed;
    switch (static_cast<errc>(code.value())) {
        case errc::unreachable:
        case errc::aborted:
            return crosswalk_errc::unreachable;
        case errc::unauthorized:
            return crosswalk_errc::unauthorized;
        case errc::timed_out:
            return crosswalk_errc::timed_out;
        case errc::overloaded:
            return crosswalk_errc::overloaded;
        case errc::too_large:
            return crosswalk_errc::too_large;
        case errc::cancelled:
            return crosswalk_errc::cancelled;
        case errc::unsupported:
            return crosswalk_errc::unsupported;
        case errc::malformed:
            return crosswalk_errc::malformed;
        default:
            return crosswalk_errc::refused;
    }
}

/// In the crosswalk's own words: `where` of the HTTP client begins with "source crosswalk: ".
tl::unexpected<failure> translated(failure const& why)
{
    constexpr std::string_view before = "source ";
    auto where = why.where.starts_with(before) ? why.where.substr(before.size()) : why.where;
    return fail(code_for(why.code), std::move(where), why.retry_after);
}

bool is_json(dicomweb::http_head const& head)
{
    return head.content_type.find("json") != std::string::npos;
}

/// Whether a FHIR server says that it does not have it. What stands before one says 404 too, in words of its own, and
/// so does whatever a wrong address leads to: only FHIR's own media type, or an OperationOutcome, is such an answer.
bool says_absent(dicomweb::http_answer const& answer)
{
    if ((answer.status != 404 && answer.status != 410) || !is_json(answer))
        return false;
    auto const type = read_resource_type(answer.body);
    bool const is_fhir = answer.content_type.find("fhir") != std::string::npos;
    return type && (*type == "OperationOutcome" || (is_fhir && type->empty()));
}

/// Fails unless the status is 200.
result<void> judge_status(dicomweb::http_head const& head)
{
    auto const because = [&](crosswalk_errc code) {
        return fail(code, "crosswalk: HTTP status " + std::to_string(head.status), head.retry_after);
    };
    switch (head.status) {
        case 200:
            return {};
        case 401:
        case 403:
            return because(crosswalk_errc::unauthorized);
        case 429:
        case 503:
            return because(crosswalk_errc::unreachable);
        case 504:
            return because(crosswalk_errc::timed_out);
        default:
            return because(crosswalk_errc::refused);
    }
}

}  // namespace

config::source as_source(config::crosswalk const& settings)
{
    config::source source;
    source.name = name;
    source.kind = config::source_kind::dicomweb;
    source.url = settings.url;
    source.credentials = settings.credentials;
    source.tls = settings.tls;
    source.limits.associations = settings.connections;
    source.limits.queue = settings.timeout;
    source.limits.max_answer = largest_answer;
    source.timeouts.connect = settings.timeout;
    source.timeouts.first_response = settings.timeout;
    source.timeouts.between_responses = settings.timeout;
    source.timeouts.total = settings.timeout;
    source.quirks.accept = "application/fhir+json";
    return source;
}

fhir_client::fhir_client(config::crosswalk const& settings, std::shared_ptr<budget> shared)
    : source_(as_source(settings)), shared_(std::move(shared)), client_(source_)
{
}

awaitable<result<std::optional<std::string>>> fhir_client::get(std::string const& target, time_point deadline)
{
    if (auto const usable = client_.usable(); !usable)
        co_return fail(crosswalk_errc::unsupported, "crosswalk." + usable.error().where);
    result<permit> const allowed = co_await shared_->acquire(deadline);
    if (!allowed)
        co_return translated(allowed.error());
    auto const whole = client_.to()->base_path + target;
    result<dicomweb::http_answer> answer = co_await client_.get(whole, deadline);
    if (!answer)
        co_return translated(answer.error());
    if (says_absent(*answer))
        co_return std::optional<std::string>();
    if (auto const judged = judge_status(*answer); !judged)
        co_return tl::unexpected(judged.error());
    co_return std::optional(std::move(answer->body));
}

awaitable<result<void>> fhir_client::verify(time_point deadline)
{
    if (auto const usable = client_.usable(); !usable)
        co_return fail(crosswalk_errc::unsupported, "crosswalk." + usable.error().where);
    result<permit> const allowed = co_await shared_->acquire(deadline);
    if (!allowed)
        co_return translated(allowed.error());
    result<shown_statement> const shown = co_await ask_statement(client_, source_, deadline);
    if (!shown)
        co_return translated(shown.error());
    auto const judged = judge_status(shown->head);
    if (!judged)
        co_return judged;
    if (!shown->found)
        co_return fail(crosswalk_errc::malformed, "crosswalk: what is at url/metadata is no CapabilityStatement");
    co_return result<void>();
}

}  // namespace pons::upstream
