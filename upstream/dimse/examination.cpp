#include "upstream/dimse/examination.hpp"

#include "upstream/dimse/exchange.hpp"
#include "upstream/dimse/identifier.hpp"
#include "upstream/dimse/opening.hpp"
#include "upstream/dimse/wire/connect.hpp"
#include "upstream/dimse/wire/toolkit.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

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

class examination {
public:
    examination(config::source const& source, config::address const& listen, time_point deadline, interruption& stop)
        : source_(source), listen_(listen), deadline_(deadline), stop_(stop)
    {
    }

    std::vector<stage> run()
    {
        set_up_dcmtk();
        auto socket = reach();
        if (!socket)
            return std::move(stages_);
        auto over = protect(std::move(*socket));
        if (!over)
            return std::move(stages_);
        if (auto line = associate(std::move(*over)))
            ask(std::move(*line));
        return std::move(stages_);
    }

private:
    void good(step at, char const* name, std::string text, std::string remark = {})
    {
        stages_.push_back({at, name, true, std::move(text), std::move(remark)});
    }
    void failed(step at, char const* name, std::string text, std::string advice)
    {
        stages_.push_back({at, name, false, std::move(text), std::move(advice)});
    }

    patience within(std::chrono::milliseconds time) const { return {std::min(deadline_, clock::now() + time), &stop_}; }

    void release(association& line) { line.release({clock::now() + std::chrono::milliseconds(200), &stop_}); }

    std::optional<descriptor> reach()
    {
        auto const to_connect = within(source_.timeouts.connect);
        auto const where_to = resolve(source_.host, source_.port, to_connect);
        if (!where_to) {
            failed(step::name, "name",
                   "The host name " + source_.host + " could not be resolved: " + words(where_to.error()) + ".",
                   "Check host of this source, and the name servers of this machine.");
            return {};
        }
        good(step::name, "name", source_.host + " is " + to_text(where_to->front()) + ".");
        auto const at = source_.host + " port " + std::to_string(source_.port);
        auto socket = connect(*where_to, to_connect);
        if (!socket) {
            bool const silent = socket.error().code == errc::timed_out;
            failed(step::tcp, "TCP", (silent ? "No answer from " : "Nothing listens at ") + at + ".",
                   silent ? "A firewall between here and the archive is likely: allow this machine to connect there."
                          : "Check host and port of this source, and that the archive's DICOM service runs.");
            return {};
        }
        here_ = local_address(*socket);
        good(step::tcp, "TCP", "Connected to " + at + ".");
        return std::move(*socket);
    }

    std::optional<transport> protect(descriptor socket)
    {
        auto secured = secure(std::move(socket), source_, within(source_.timeouts.association));
        if (!secured) {
            no_tls(secured.error());
            return {};
        }
        if (secured->tls) {
            std::string const version = secured->tls->version();
            if (source_.tls.verify)
                good(step::tls, "TLS", version + "; the archive's certificate is good for " + source_.host + ".");
            else
                good(step::tls, "TLS", version + ", but the archive's certificate is not looked at.",
                     "Set tls.verify to true and name the archive's authority in tls.ca_file.");
        }
        return std::move(*secured);
    }

    void no_tls(tls::trouble const& why)
    {
        if (is_no_tls(why.what) && speaks_without_tls())
            failed(
                step::tls_unknown, "TLS",
                "The archive speaks DICOM without TLS at this port, and this source has tls.enabled.",
                "Here: write the port that the archive has for TLS; if it has none, take tls.enabled off this source. "
                "There: let that port speak TLS.");
        else if (why.what == tls::problem::settings)
            failed(step::settings, "settings", "TLS cannot be used: " + why.detail + ".",
                   tls::advice(why, source_.host));
        else
            failed(step::tls, "TLS", "No TLS: " + tls::sentence(why) + ".", tls::advice(why, source_.host));
    }

    /// What is said by somebody who may not speak TLS at all.
    static bool is_no_tls(tls::problem what)
    {
        using enum tls::problem;
        return what == no_tls || what == broken_off || what == silent || what == other;
    }

    /// Another connection to the same place, which has just been reached.
    std::optional<descriptor> reach_again()
    {
        auto const to_connect = within(source_.timeouts.connect);
        auto const where_to = resolve(source_.host, source_.port, to_connect);
        auto socket = where_to ? connect(*where_to, to_connect) : tl::unexpected(where_to.error());
        return socket ? std::optional(std::move(*socket)) : std::nullopt;
    }

    /// Whether it answers an A-ASSOCIATE-RQ in the clear, with whatever.
    bool speaks_without_tls()
    {
        auto socket = reach_again();
        if (!socket)
            return false;
        auto opened = association::request(transport{std::move(*socket)}, proposals(source_),
                                           within(source_.timeouts.association));
        if (opened)
            release(*opened);
        return opened || opened.error().why.code == errc::association_rejected;
    }

    /// The version in which it answers a TLS handshake, empty where it goes on with one until it sees who we are.
    std::optional<std::string> speaks_tls()
    {
        auto socket = reach_again();
        if (!socket)
            return {};
        auto trying = source_;
        trying.tls = {.enabled = true, .verify = false};
        auto const secured = secure(std::move(*socket), trying, within(source_.timeouts.association));
        if (secured)
            return secured->tls->version();
        auto const what = secured.error().what;
        bool const none = is_no_tls(what) || what == tls::problem::cancelled;
        return none ? std::nullopt : std::optional<std::string>("");
    }

    std::optional<association> associate(transport over)
    {
        auto opened = association::request(std::move(over), introduced(proposals(source_), source_),
                                           within(source_.timeouts.association));
        auto const us = source_.calling_ae + " to " + source_.called_ae;
        if (!opened && opened.error().tls && opened.error().why.code == errc::unauthorized) {
            stages_.pop_back();  // TLS 1.3 looks well until the archive has seen our certificate
            no_tls(*opened.error().tls);
            return {};
        }
        if (!opened) {
            auto const& why = opened.error().why;
            bool const in_the_clear = !source_.tls.enabled && why.code != errc::association_rejected;
            if (auto const version = in_the_clear ? speaks_tls() : std::nullopt) {
                failed(step::tls_wanted, "TLS",
                       "The archive speaks TLS at this port" + (version->empty() ? "" : " (" + *version + ")") +
                           ", and this source is without.",
                       "Here: set tls.enabled for this source, and name the archive's authority in tls.ca_file. Or "
                       "write the port that the archive has without TLS.");
                return {};
            }
            failed(step::association, "association", "No association as " + us + ": " + words(why) + ".",
                   advice(opened.error()));
            return {};
        }
        if (!opened->context(uids::study_root_find))
            failed(step::association, "association",
                   "Association as " + us + ", but the archive does not accept Study Root C-FIND.",
                   "There: allow Study Root Query/Retrieve FIND (1.2.840.10008.5.1.4.1.2.2.1) for " +
                       source_.calling_ae + ".");
        else
            good(step::association, "association", "Association as " + us + ", with Study Root C-FIND.");
        return std::move(*opened);
    }

    void echo(association& line)
    {
        witness who;
        auto const after = c_echo(line, source_, who, deadline_, stop_);
        auto const why = failure_of(who, after);
        if (!why)
            good(step::echo, "C-ECHO", "The archive answered C-ECHO.");
        else
            failed(step::echo, "C-ECHO", "C-ECHO failed: " + words(*why) + ".",
                   "There: allow Verification (1.2.840.10008.1.1) for " + source_.calling_ae + ".");
    }

    /// C-ECHO and C-FIND, on one association where the source may have more than one operation on it.
    void ask(association line)
    {
        echo(line);
        if (is_used_up(line, source_)) {
            release(line);
            auto next = associate_again();
            if (!next)
                return;
            line = std::move(*next);
        }
        if (!line.context(uids::study_root_find) || (!line.usable() && !stages_.back().ok))
            return release(line);
        auto const how = line.usable() ? find(line) : result<std::uint32_t>(fail(errc::aborted, "association"));
        release(line);
        if (how)
            return tell_found(*how);
        bool const broke = how.error().code != errc::refused && how.error().code != errc::too_broad;
        if (source_.limits.operations == 0 && broke && finds_on_its_own(how.error()))
            return;
        failed(step::find, "C-FIND", "C-FIND failed: " + words(how.error()) + ".",
               "There: look into the archive's log for what it says about " + source_.calling_ae + ".");
    }

    void tell_found(std::uint32_t rows, std::string remark = {})
    {
        good(step::find, "C-FIND",
             rows == 0 ? "The archive answered C-FIND; it has no study of today."
                       : "The archive answered C-FIND with a study of today.",
             std::move(remark));
    }

    std::optional<association> associate_again()
    {
        auto opened = open_association(source_, proposals(source_), within(source_.timeouts.association));
        if (opened)
            return std::move(*opened);
        failed(step::association, "association", "No second association: " + words(opened.error().why) + ".",
               advice(opened.error()));
        return {};
    }

    /// Some archives want an association for each operation, and do not say so.
    bool finds_on_its_own(failure const& before)
    {
        auto opened = open_association(source_, proposals(source_), within(source_.timeouts.association));
        if (!opened || !opened->context(uids::study_root_find))
            return false;
        auto const how = find(*opened);
        release(*opened);
        if (how)
            tell_found(*how, "On an association that has had another operation it failed: " + words(before) +
                                 ". Here: write limits.operations: 1 for this source.");
        return how.has_value();
    }

    result<std::uint32_t> find(association& line)
    {
        find_request const request{.at = mapping::level::study,
                                   .keys = {{mapping::tags::StudyDate, {today()}}},
                                   .return_keys = {mapping::tags::StudyInstanceUID},
                                   .max_rows = 1};
        witness who;
        auto const after = c_find(line, {to_identifier(request), 1}, source_, who, deadline_, stop_);
        if (auto const why = failure_of(who, after))
            return tl::unexpected(*why);
        return (*who.answer)->rows;
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

    /// What the archive's table of AE titles needs to say about us.
    std::string entry() const
    {
        return "AE title: " + source_.calling_ae + "\nhost: " + (here_.empty() ? "this machine" : here_) +
               "\nport: " + std::to_string(listen_.port);
    }

    std::string advice(refusal const& r) const
    {
        auto const says = [&](char const* text) { return r.why.where.find(text) != std::string::npos; };
        if (says("called AE title"))
            return "Here: called_ae of this source is " + source_.called_ae +
                   "; it must be the archive's own AE title, letter by letter. If it is, there: some archives say so "
                   "of "
                   "callers that they do not know; the table of AE titles must say\n" +
                   entry();
        if (says("calling AE title"))
            return "There: add to the archive's table of AE titles\n" + entry();
        if (r.transient)
            return "The archive has no association to spare. There: allow more for " + source_.calling_ae +
                   ". Or here: lower limits.associations.";
        if (r.why.code == errc::association_rejected)
            return "The archive does not say why; most likely an AE title. Here: check called_ae. There: see that its "
                   "table of AE titles says\n" +
                   entry();
        if (r.why.code == errc::timed_out)
            return "Something listens but does not speak DICOM, or waits for TLS. Here: check port, or set "
                   "tls.enabled.";
        if (source_.tls.enabled)
            return "There: look into the archive's log; its TLS or its DICOM service ended the connection.";
        return "Here: check port, and whether tls.enabled is to be set: an archive that speaks TLS ends plain "
               "connections. There: some archives do so with AE titles that they do not know; the table must say\n" +
               entry();
    }

    config::source const& source_;
    config::address const& listen_;
    time_point deadline_;
    interruption& stop_;
    std::string here_;
    std::vector<stage> stages_;
};

}  // namespace

std::vector<stage> examine(config::source const& source, config::address const& listen, time_point deadline,
                           interruption& stop)
{
    return examination(source, listen, deadline, stop).run();
}

}  // namespace pons::upstream::dimse
