#include "upstream/dimse/diagnose.hpp"

#include "upstream/dimse/exchange.hpp"
#include "upstream/dimse/identifier.hpp"
#include "upstream/dimse/wire/connect.hpp"
#include "upstream/dimse/wire/toolkit.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <thread>

namespace pons::upstream::dimse {

namespace {

std::string today()
{
    std::chrono::year_month_day const day(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
    char text[16];
    std::snprintf(text, sizeof text, "%04d%02u%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                  static_cast<unsigned>(day.day()));
    return text;
}

struct witness final : asker {
    std::optional<result<found>> answer;

    bool row(mapping::data_set&&, std::size_t) override { return true; }
    void pause() override {}
    void end(result<found> how) override { answer = std::move(how); }
    bool worth_draining() const override { return true; }
};

/// The steps, on a thread that may block.
class examination {
public:
    examination(config::source const& source, time_point deadline, interruption& stop)
        : source_(source), deadline_(deadline), stop_(stop)
    {
    }

    std::vector<stage> run()
    {
        set_up_dcmtk();
        if (source_.tls.enabled) {
            failed("connect", "DICOM over TLS is not supported yet.", "Remove tls from this source.");
            return std::move(stages_);
        }
        if (auto socket = reach())
            if (auto line = associate(std::move(*socket))) {
                echo(*line);
                if (line->usable() && line->context(uids::study_root_find))
                    find(*line);
                line->release({clock::now() + std::chrono::milliseconds(200), &stop_});
            }
        return std::move(stages_);
    }

private:
    void good(char const* name, std::string text) { stages_.push_back({name, true, std::move(text), {}}); }
    void failed(char const* name, std::string text, std::string advice)
    {
        stages_.push_back({name, false, std::move(text), std::move(advice)});
    }

    patience within(std::chrono::milliseconds time) const { return {std::min(deadline_, clock::now() + time), &stop_}; }

    std::optional<descriptor> reach()
    {
        auto const to_connect = within(source_.timeouts.connect);
        auto const where_to = resolve(source_.host, source_.port, to_connect);
        if (!where_to) {
            failed("name", "The host name " + source_.host + " could not be resolved: " + words(where_to.error()) + ".",
                   "Check host of this source and the name service of this machine.");
            return {};
        }
        good("name", source_.host + " is " + to_text(where_to->front()) + ".");
        auto const at = source_.host + " port " + std::to_string(source_.port);
        auto socket = connect(*where_to, to_connect);
        if (!socket) {
            failed("connect", "No TCP connection to " + at + ": " + words(socket.error()) + ".",
                   "Check port of this source, that the archive runs, and the firewalls between.");
            return {};
        }
        good("connect", "TCP connection to " + at + ".");
        return std::move(*socket);
    }

    std::optional<association> associate(descriptor socket)
    {
        auto opened = association::request(std::move(socket), proposals(source_), within(source_.timeouts.association));
        auto const us = source_.calling_ae + " to " + source_.called_ae;
        if (!opened) {
            auto const& why = opened.error().why;
            failed("association", "No association as " + us + ": " + words(why) + ".", advice(opened.error()));
            return {};
        }
        if (!opened->context(uids::study_root_find))
            failed("association", "Association as " + us + ", but the archive does not accept Study Root C-FIND.",
                   "Allow Study Root Query/Retrieve FIND for " + source_.calling_ae + " at the archive.");
        else
            good("association", "Association as " + us + ", with Study Root C-FIND.");
        return std::move(*opened);
    }

    void echo(association& line)
    {
        witness who;
        auto const after = c_echo(line, source_, who, deadline_, stop_);
        auto const why = failure_of(who, after);
        if (!why)
            good("C-ECHO", "The archive answered C-ECHO.");
        else
            failed("C-ECHO", "C-ECHO failed: " + words(*why) + ".", "Allow Verification at the archive.");
    }

    void find(association& line)
    {
        find_request const request{.at = mapping::level::study,
                                   .keys = {{mapping::tags::StudyDate, {today()}}},
                                   .return_keys = {mapping::tags::StudyInstanceUID},
                                   .max_rows = 1};
        witness who;
        auto const after = c_find(line, {to_identifier(request), 1}, source_, who, deadline_, stop_);
        auto const why = failure_of(who, after);
        if (!why)
            good("C-FIND", (*who.answer)->rows == 0 ? "The archive answered C-FIND; it has no study of today."
                                                    : "The archive answered C-FIND with a study of today.");
        else
            failed("C-FIND", "C-FIND failed: " + words(*why) + ".",
                   "Look into the archive's log for what it says about " + source_.calling_ae + ".");
    }

    static std::optional<failure> failure_of(witness const& who, aftermath const& after)
    {
        if (!who.answer)
            return after.why;
        if (!*who.answer)
            return who.answer->error();
        return {};
    }

    static std::string words(failure const& f)
    {
        auto const message = f.code.message();
        return f.where.empty() ? message : message + " (" + f.where + ")";
    }

    std::string advice(refusal const& r) const
    {
        auto const says = [&](char const* text) { return r.why.where.find(text) != std::string::npos; };
        if (says("called AE title"))
            return "Check called_ae of this source: the archive does not call itself " + source_.called_ae + ".";
        if (says("calling AE title"))
            return "Add " + source_.calling_ae + " with the address of this machine to what the archive knows.";
        if (r.transient)
            return "The archive has no association to spare: lower limits.associations, or ask it for more.";
        if (r.why.code == errc::timed_out)
            return "Something listens but does not speak DICOM, or it waits for TLS: check port.";
        return "Check that this is a DICOM port, and that the archive allows " + source_.calling_ae + ".";
    }

    config::source const& source_;
    time_point deadline_;
    interruption& stop_;
    std::vector<stage> stages_;
};

/// Between the thread and the coroutine that waits for it.
struct hand_over {
    executor home;
    steady_timer* bell = nullptr;  // on home only
    std::mutex mutex;
    bool left = false;
    std::optional<std::vector<stage>> stages;
};

/// The thread of one diagnosis; ends it however the coroutine ends.
class examiner {
public:
    examiner(config::source const& source, time_point deadline, std::shared_ptr<hand_over> to)
        : to_(std::move(to)), thread_([this, &source, deadline] { work(source, deadline); })
    {
    }

    examiner(examiner const&) = delete;
    examiner& operator=(examiner const&) = delete;

    ~examiner()
    {
        to_->bell = nullptr;
        {
            std::scoped_lock const lock(to_->mutex);
            to_->left = true;
        }
        stop_.request();
    }

    std::optional<std::vector<stage>> take()
    {
        std::scoped_lock const lock(to_->mutex);
        return std::exchange(to_->stages, {});
    }

    void stop() { stop_.request(); }

private:
    void work(config::source const& source, time_point deadline)
    {
        auto stages = examination(source, deadline, stop_).run();
        std::scoped_lock const lock(to_->mutex);
        to_->stages = std::move(stages);
        if (!to_->left)
            asio::post(to_->home, [to = to_] {
                if (to->bell)
                    to->bell->cancel();
            });
    }

    std::shared_ptr<hand_over> to_;
    interruption stop_;
    std::jthread thread_;  // last: it ends before the others go
};

}  // namespace

awaitable<std::vector<stage>> diagnose(config::source source, time_point deadline)
{
    auto const home = co_await asio::this_coro::executor;
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    steady_timer bell(home);
    auto const shared = std::make_shared<hand_over>(home, &bell);
    examiner at_work(source, deadline, shared);
    for (;;) {
        if (auto stages = at_work.take())
            co_return std::move(*stages);
        if (cancellation.cancelled() != asio::cancellation_type::none) {
            at_work.stop();
            co_return std::vector<stage>();
        }
        bell.expires_at(time_point::max());
        auto const rung = co_await bell.async_wait(as_tuple);
        static_cast<void>(rung);
    }
}

}  // namespace pons::upstream::dimse
