#include "proxy/cli/trial_retrieve.hpp"

#include "proxy/cli/small_instance.hpp"
#include "upstream/budget.hpp"
#include "upstream/dicomweb/dicomweb_archive.hpp"
#include "upstream/dimse/dimse_archive.hpp"
#include "upstream/dimse/move_registry.hpp"
#include "upstream/dimse/store_provider.hpp"
#include "upstream/dimse/wire/acceptor.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace pons::proxy::cli::doctor {

namespace {

using upstream::errc;
using upstream::stage;
using upstream::step;

bool by_move(config::source const& source)
{
    return source.kind == config::source_kind::dimse &&
           std::ranges::find(source.retrieve, config::retrieve_method::c_move) != source.retrieve.end();
}

/// Counts what comes, and drops it.
struct nowhere final : upstream::part_sink {
    std::uint64_t bytes = 0;
    std::uint32_t instances = 0;
    std::string transfer_syntax;

    awaitable<result<void>> begin(upstream::part_head const& head) override
    {
        transfer_syntax = head.transfer_syntax_uid;
        co_return result<void>();
    }
    awaitable<result<void>> write(std::span<std::byte const> some) override
    {
        bytes += some.size();
        co_return result<void>();
    }
    awaitable<result<void>> end() override
    {
        ++instances;
        co_return result<void>();
    }
};

std::string size_of(std::uint64_t bytes)
{
    return bytes < 10'000'000 ? std::to_string((bytes + 999) / 1000) + " kB"
                              : std::to_string(bytes / 1'000'000) + " MB";
}

std::string words(failure const& f)
{
    auto const message = f.code.message();
    return f.where.empty() ? message : message + " (" + f.where + ")";
}

class trial {
public:
    trial(config::source const& source, config::address const& dicom, store_side const& ours)
        : source_(source), dicom_(dicom), ours_(ours)
    {
    }

    awaitable<std::vector<stage>> run()
    {
        auto const archive = make(source_);
        result<std::optional<upstream::retrieve_request>> const one =
            co_await find_small_instance(*archive, source_.timeouts.total);
        if (!one) {
            add(step::find, "instance", false,
                "Looking for an instance to retrieve failed: " + words(one.error()) + ".",
                "Look into the archive's log for what it says to queries at the levels of series and images.");
            co_return std::move(stages_);
        }
        if (!*one) {
            add(step::retrieve, "instance", true, "No study was found: no retrieve was tried.");
            co_return std::move(stages_);
        }
        add(step::retrieve, "instance", true, "Found one to try a retrieve with.");
        std::vector<stage> stages = co_await run(**one);
        co_return stages;
    }

    awaitable<std::vector<stage>> run(upstream::retrieve_request const& one)
    {
        if (source_.kind == config::source_kind::dicomweb)
            co_await attempt("WADO-RS", source_, one);
        else
            co_await attempt_ways(one);
        co_return std::move(stages_);
    }

private:
    awaitable<void> attempt_ways(upstream::retrieve_request const& what)
    {
        auto const first = stages_.size();
        for (auto const way : source_.retrieve) {
            config::source alone = source_;
            alone.retrieve = {way};
            if (way == config::retrieve_method::c_get)
                co_await attempt("C-GET", alone, what);
            else if (ours_.listens())
                co_await attempt("C-MOVE", alone, what);
            else if (!ours_.unusable().empty())
                add(step::settings, "C-MOVE", false, "Not tried: " + ours_.unusable() + ".",
                    "Correct the file that is named.");
            else
                add(step::retrieve, "C-MOVE", true,
                    "Not tried: " + place() + " cannot be opened, and instances would come there.",
                    "If pons serve runs there all is well; to try C-MOVE, stop it for as long as this test takes.");
        }
        if (!one_works_)
            co_return;
        for (auto stage = stages_.begin() + static_cast<std::ptrdiff_t>(first); stage != stages_.end(); ++stage)
            if (!stage->ok) {
                stage->ok = true;
                stage->text += " The other way is taken instead.";
                stage->advice += " Without this way retrieves begin sooner.";
            }
    }

    void add(step at, std::string name, bool ok, std::string text, std::string advice = {})
    {
        stages_.push_back({at, std::move(name), ok, std::move(text), std::move(advice)});
    }

    std::string place() const { return dicom_.host + " port " + std::to_string(dicom_.port); }

    std::unique_ptr<upstream::archive> make(config::source const& source) const
    {
        if (source.kind == config::source_kind::dimse)
            return upstream::dimse::make_dimse_archive(source, upstream::dimse::make_pool(source), ours_.moves());
        return upstream::dicomweb::make_dicomweb_archive(
            source, std::make_shared<upstream::budget>(source.name, source.limits));
    }

    awaitable<void> attempt(char const* name, config::source const& alone, upstream::retrieve_request const& what)
    {
        bool const moves = std::string_view(name) == "C-MOVE";
        bool const bare = moves && alone.tls.enabled && !ours_.by_tls();
        auto const archive = make(alone);
        nowhere to;
        auto const called = ours_.calls();
        auto const begun = clock::now();
        auto const deadline = begun + alone.timeouts.total;
        result<upstream::retrieved> const how = co_await archive->retrieve(what, to, deadline);
        auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - begun).count();
        one_works_ = one_works_ || (how && to.instances > 0);
        if (how && to.instances > 0) {
            add(step::retrieve, name, true,
                "One instance came: " + size_of(to.bytes) + " in " + std::to_string(took) + " ms, transfer syntax " +
                    to.transfer_syntax + "." +
                    (bare                      ? " It came in the clear."
                     : moves && ours_.by_tls() ? " It came by TLS."
                                               : ""),
                bare ? "C-MOVE comes to dicom.listen without TLS: write dicom.tls, or take c-move out of retrieve, or "
                       "see that the network between is safe."
                     : "");
            co_return;
        }
        auto const text = how ? "The archive says that it has sent the instance, and nothing came."
                              : "The instance did not come: " + words(how.error()) + ".";
        if (moves)
            blame_move(text, how ? nullptr : &how.error(), called);
        else
            add(step::retrieve, name, false, text, advice(name, how ? std::error_code() : how.error().code));
    }

    /// Which of the things that C-MOVE needs besides C-MOVE is not there.
    void blame_move(std::string const& text, failure const* why, store_side::called const& before)
    {
        std::string const where = why ? why->where : "";
        auto const now = ours_.calls();
        auto const about_us = "AE title: " + source_.store_ae +
                              "\nhost: this machine, as the archive reaches it\nport: " + std::to_string(dicom_.port);
        bool const unsupported = where.find("not supported") != std::string::npos ||
                                 where.find("not recognized") != std::string::npos ||
                                 where.find("not accepted") != std::string::npos;
        if (unsupported)
            add(step::retrieve, "C-MOVE", false, text,
                "There: allow Study Root Query/Retrieve MOVE for " + source_.calling_ae +
                    ". Or here: take c-move out of retrieve.");
        else if (where.find("move destination unknown") != std::string::npos)
            add(step::destination, "C-MOVE", false, text,
                "There: add to the archive's table of AE titles, as a destination of C-MOVE for " + source_.calling_ae +
                    "\n" + about_us);
        else if (now.rejected > before.rejected)
            add(step::destination, "C-MOVE", false,
                text + " The archive connected to us and called another AE title than " + source_.store_ae + ".",
                "There: the entry for Pons in the table of AE titles must say\n" + about_us);
        else if (now.without_tls > before.without_tls)
            add(step::retrieve, "C-MOVE", false,
                text + (ours_.by_tls() ? " The archive connected to us, and there was no TLS, which dicom.tls wants."
                                       : " The archive connected to us by TLS, and dicom.listen has none."),
                ours_.by_tls()
                    ? "There: let the archive send to " + source_.store_ae +
                          " by TLS, trust the authority of the certificate in dicom.tls.cert_file, and show "
                          "one of the authorities in dicom.tls.ca_file where that is set."
                    : "Here: write dicom.tls. Or there: let the archive send to " + source_.store_ae + " without TLS.");
        else if (now.connections > before.connections)
            add(step::retrieve, "C-MOVE", false, text + " The archive connected to us.",
                "There: look into the archive's log for what it says about sending to " + source_.store_ae + ".");
        else if (!may_have_tried(why))
            add(step::retrieve, "C-MOVE", false, text,
                "There: look into the archive's log for why it did not do this C-MOVE for " + source_.calling_ae + ".");
        else
            add(step::store_port, "C-MOVE", false, text + " The archive never connected to " + place() + ".",
                (is_loopback(dicom_.host) && !is_loopback(source_.host)
                     ? "Here: dicom.listen is " + place() + ", where only this machine itself can connect. "
                     : std::string()) +
                    "There: let the archive's machine connect to this one, through every firewall between, and see "
                    "that "
                    "its table of AE titles says\n" +
                    about_us);
    }

    /// Whether the archive may have tried to connect to us, and could not. It had no reason to when C-MOVE itself was
    /// refused or broken off; some statuses are about us, as their words say (`move_failure`).
    static bool may_have_tried(failure const* why)
    {
        using upstream::errc;
        return !why || why->code == errc::incomplete || why->code == errc::not_found || why->code == errc::not_yet ||
               why->where.find("cannot connect to") != std::string::npos ||
               why->where.find("cannot be connected to") != std::string::npos;
    }

    static bool is_loopback(std::string const& host)
    {
        return host == "localhost" || host.starts_with("127.") || host == "::1";
    }

    std::string advice(std::string_view way, std::error_code code) const
    {
        if (way == "WADO-RS")
            return code == errc::unauthorized
                       ? "Here: check credentials. There: see whether they allow that user to retrieve."
                       : "There: see that WADO-RS is enabled for what can be found.";
        return "There: allow Study Root Query/Retrieve GET for " + source_.calling_ae +
               ". Or here: take c-get out of retrieve.";
    }

    config::source const& source_;
    config::address const& dicom_;
    store_side const& ours_;
    std::vector<stage> stages_;
    bool one_works_ = false;
};

}  // namespace

store_side::store_side(config::settings const& settings)
    : moves_(std::make_shared<upstream::dimse::move_registry>(settings.sources)), by_tls_(settings.dicom.tls.enabled)
{
    upstream::dimse::association_services services;
    auto const provider = std::make_shared<upstream::dimse::store_provider>(moves_);
    for (auto const& source : settings.sources)
        if (by_move(source))
            services.emplace(source.store_ae, provider);
    if (services.empty())
        return;
    auto door = std::make_unique<upstream::dimse::acceptor>(settings.dicom.listen, std::move(services),
                                                            upstream::dimse::acceptor_limits{}, settings.dicom.tls);
    auto const started = door->start();
    if (started)
        door_ = std::move(door);
    else if (started.error().code == errc::unsupported)
        unusable_ = started.error().where;
}

store_side::~store_side() = default;

store_side::called store_side::calls() const
{
    if (!door_)
        return {};
    auto const& counts = door_->counts();
    return {counts.connections, counts.rejected, counts.without_tls};
}

awaitable<std::vector<stage>> try_retrieve(config::source const& source, config::address const& dicom,
                                           store_side const& ours)
{
    trial one(source, dicom, ours);
    std::vector<stage> stages = co_await one.run();
    co_return stages;
}

awaitable<std::vector<stage>> try_retrieve_of(upstream::retrieve_request const& what, config::source const& source,
                                              config::address const& dicom, store_side const& ours)
{
    trial one(source, dicom, ours);
    std::vector<stage> stages = co_await one.run(what);
    co_return stages;
}

}  // namespace pons::proxy::cli::doctor
