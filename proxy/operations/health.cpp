#include "proxy/operations/health.hpp"

#include "proxy/http/text.hpp"
#include "upstream/crosswalk/errc.hpp"
#include "upstream/errc.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <system_error>

namespace pons::proxy::operations {

namespace {

using namespace std::chrono_literals;

constexpr auto check_time = 2s;
constexpr auto kept_for = 5s;
constexpr std::string_view closed = "closed";  // as it should be: no reason to send requests elsewhere

struct word_of_failure {
    std::error_code code;
    std::string_view word;
};

std::string_view to_word(failure const& failed)
{
    using upstream::crosswalk_errc;
    using upstream::errc;
    static word_of_failure const words[] = {
        {errc::unreachable, "unreachable"},
        {errc::association_rejected, "association_rejected"},
        {errc::unauthorized, "unauthorized"},
        {errc::refused, "refused"},
        {errc::too_broad, "too_broad"},
        {errc::aborted, "aborted"},
        {errc::malformed, "malformed"},
        {errc::too_large, "too_large"},
        {errc::timed_out, "timed_out"},
        {errc::cancelled, "timed_out"},  // by us, at the deadline
        {errc::overloaded, "overloaded"},
        {errc::unsupported, "unsupported"},
        {errc::closed, closed},
        {crosswalk_errc::unreachable, "unreachable"},
        {crosswalk_errc::unauthorized, "unauthorized"},
        {crosswalk_errc::refused, "refused"},
        {crosswalk_errc::malformed, "malformed"},
        {crosswalk_errc::timed_out, "timed_out"},
        {crosswalk_errc::cancelled, "timed_out"},
        {crosswalk_errc::overloaded, "overloaded"},
        {crosswalk_errc::unsupported, "unsupported"},
    };
    auto const known = std::ranges::find(words, failed.code, &word_of_failure::code);
    return known == std::end(words) ? "failed" : known->word;
}

struct source_state {
    std::string_view word = "unknown";
    std::chrono::milliseconds took{};
    bool running = false;
    asio::cancellation_signal cancel;
};

bool has_verbose(std::string_view query)
{
    while (!query.empty()) {
        auto const parameter = query.substr(0, query.find('&'));
        if (parameter == "verbose" || parameter.starts_with("verbose="))
            return true;
        query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    }
    return false;
}

}  // namespace

struct health::state : std::enable_shared_from_this<state> {
    executor on;
    std::vector<health_check> const checks;
    std::vector<source_state> sources;
    steady_timer round_over;  // those who wait for the round wait for this
    bool in_round = false;
    time_point checked = time_point::min();

    state(executor ex, std::vector<health_check> list)
        : on(ex), checks(std::move(list)), sources(checks.size()), round_over(ex)
    {
    }

    bool fresh() const { return checked != time_point::min() && clock::now() - checked < kept_for; }
    /// Whether the round has to wait. What stands aside is not waited for.
    bool running() const
    {
        for (std::size_t i = 0; i < checks.size(); ++i)
            if (sources[i].running && !checks[i].aside)
                return true;
        return false;
    }

    void begin_round()
    {
        in_round = true;
        round_over.expires_after(check_time);
        round_over.async_wait([self = shared_from_this()](boost::system::error_code ec) {
            if (!ec)
                self->give_up();
        });
        for (std::size_t i = 0; i < checks.size(); ++i)
            if (!sources[i].running)  // else one of an earlier round does not end, not even when cancelled
                begin_check(i);
        if (!running())
            end_round();
    }

    void begin_check(std::size_t i)
    {
        auto const began = clock::now();
        sources[i].running = true;
        auto ended = [self = shared_from_this(), i, began](std::exception_ptr thrown, result<void> outcome) {
            auto& source = self->sources[i];
            source.running = false;
            source.word = thrown    ? (source.word == "timed_out" ? source.word : "failed")
                          : outcome ? "ok"
                                    : to_word(outcome.error());
            source.took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - began);
            if (self->in_round && !self->running())
                self->end_round();
            // Later: the frame that calls this still refers to the cancellation slot inside the state.
            asio::post(self->on, [self] {});
        };
        if (!checks[i].aside)
            sources[i].word = "unknown";
        asio::co_spawn(on, checks[i].run(began + check_time),
                       asio::bind_cancellation_slot(sources[i].cancel.slot(), std::move(ended)));
    }

    void give_up()
    {
        for (auto& source : sources) {
            if (!source.running)
                continue;
            source.word = "timed_out";
            source.took = check_time;
            source.cancel.emit(asio::cancellation_type::terminal);
        }
        end_round();
    }

    void end_round()
    {
        in_round = false;
        checked = clock::now();
        round_over.cancel();
    }

    std::string to_json(bool verbose) const
    {
        bool ready = true;
        for (std::size_t i = 0; i < checks.size(); ++i)
            ready = ready && (checks[i].aside || sources[i].word == "ok" || sources[i].word == closed);
        std::string out = ready ? R"({"status":"ready","sources":{)" : R"({"status":"unavailable","sources":{)";
        std::string aside;
        for (std::size_t i = 0; i < checks.size(); ++i) {
            auto& to = checks[i].aside ? aside : out;
            to += to.ends_with('{') ? "" : ",";
            http::append_json(to, checks[i].name);
            to += verbose ? R"(:{"status":)" : ":";
            http::append_json(to, sources[i].word);
            if (verbose)
                to.append(",\"milliseconds\":").append(std::to_string(sources[i].took.count())).append("}");
        }
        return out.append("}").append(aside).append("}\n");
    }
};

health::health(executor on, std::vector<health_check> checks) : state_(std::make_shared<state>(on, std::move(checks)))
{
}

health::~health()
{
    if (state_->in_round || std::ranges::any_of(state_->sources, &source_state::running))
        state_->give_up();
}

awaitable<http::response> health::readyz(http::exchange const& x)
{
    auto const s = state_;
    if (!s->in_round && !s->fresh())
        s->begin_round();
    while (s->in_round)
        co_await s->round_over.async_wait(as_tuple);

    http::response answer{.content_type = "application/json"};
    answer.body = s->to_json(has_verbose(x.req.query));
    if (answer.body.starts_with(R"({"status":"unavailable")")) {
        answer.status = http::status::service_unavailable;
        answer.headers.emplace_back("Retry-After", std::to_string(kept_for.count()));
    }
    co_return answer;
}

awaitable<http::response> livez(http::exchange const&)
{
    http::response answer{.content_type = "text/plain; charset=utf-8"};
    answer.body = "ok\n";
    co_return answer;
}

}  // namespace pons::proxy::operations
