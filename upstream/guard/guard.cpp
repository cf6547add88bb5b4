#include "upstream/guard/guard.hpp"

#include "upstream/guard/least_keys.hpp"
#include "upstream/guard/while_open.hpp"

namespace pons::upstream {

namespace {

/// Tells of an archive that was left alone as soon as it gives something: how long the rest takes is up to the one who
/// takes it.
class told_at_once {
public:
    told_at_once(gate const& of, breaker::pass& pass) : gate_(of), pass_(pass) {}
    void gives() { gate_.leave(pass_, nullptr, gate::errand::transfer, clock::now()); }

private:
    gate const& gate_;
    breaker::pass& pass_;
};

struct watched_parts final : part_sink {
    watched_parts(part_sink& to_, told_at_once how) : to(to_), archive(how) {}
    awaitable<result<void>> begin(part_head const& head) override
    {
        archive.gives();
        return to.begin(head);
    }
    awaitable<result<void>> write(std::span<std::byte const> bytes) override { return to.write(bytes); }
    awaitable<result<void>> end() override { return to.end(); }

    part_sink& to;
    told_at_once archive;
};

struct watched_bulk final : bulk_sink {
    watched_bulk(bulk_sink& to_, told_at_once how) : to(to_), archive(how) {}
    awaitable<result<void>> begin(bool encapsulated) override
    {
        archive.gives();
        return to.begin(encapsulated);
    }
    awaitable<result<void>> write(std::span<std::byte const> bytes) override { return to.write(bytes); }

    bulk_sink& to;
    told_at_once archive;
};

class guarded_archive final : public archive {
public:
    guarded_archive(std::shared_ptr<archive> inner, std::shared_ptr<gate> gate)
        : inner_(std::move(inner)), gate_(std::move(gate))
    {
    }

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        auto const narrow = has_least_keys(gate_->source(), request);
        if (!narrow)
            co_return tl::unexpected(narrow.error());
        auto pass = enter();
        if (!pass)
            co_return tl::unexpected(pass.error());
        auto const asked = without_short_keys(gate_->source(), request);
        auto asking = inner_->find(asked, rows, deadline);
        result<found> how = co_await while_open(*gate_, std::move(asking));
        co_return told(*pass, std::move(how), gate::errand::question);
    }

    awaitable<result<retrieved>> retrieve(retrieve_request const& request, part_sink& parts,
                                          time_point deadline) override
    {
        auto pass = enter();
        if (!pass)
            co_return tl::unexpected(pass.error());
        watched_parts watched(parts, {*gate_, *pass});
        part_sink& to = pass->is_trial() ? static_cast<part_sink&>(watched) : parts;
        auto asking = inner_->retrieve(request, to, deadline);
        result<retrieved> how = co_await while_open(*gate_, std::move(asking));
        co_return told(*pass, std::move(how), gate::errand::transfer);
    }

    awaitable<result<found>> retrieve_metadata(retrieve_request const& request, row_sink& rows,
                                               time_point deadline) override
    {
        auto pass = enter();
        if (!pass)
            co_return tl::unexpected(pass.error());
        auto asking = inner_->retrieve_metadata(request, rows, deadline);
        result<found> how = co_await while_open(*gate_, std::move(asking));
        co_return told(*pass, std::move(how), gate::errand::transfer);
    }

    awaitable<result<void>> retrieve_bulk(retrieve_request const& request, std::string const& place, bulk_sink& to,
                                          time_point deadline) override
    {
        auto pass = enter();
        if (!pass)
            co_return tl::unexpected(pass.error());
        watched_bulk watched(to, {*gate_, *pass});
        bulk_sink& sink = pass->is_trial() ? static_cast<bulk_sink&>(watched) : to;
        auto asking = inner_->retrieve_bulk(request, place, sink, deadline);
        result<void> how = co_await while_open(*gate_, std::move(asking));
        co_return told(*pass, std::move(how), gate::errand::transfer);
    }

    awaitable<result<stored>> store(instance_source& instances, time_point deadline) override
    {
        auto pass = enter();
        if (!pass)
            co_return tl::unexpected(pass.error());
        auto asking = inner_->store(instances, deadline);
        result<stored> how = co_await while_open(*gate_, std::move(asking));
        co_return told(*pass, std::move(how), gate::errand::transfer);
    }

    awaitable<result<void>> verify(time_point deadline) override
    {
        auto pass = enter();
        if (!pass)
            co_return tl::unexpected(pass.error());
        auto asking = inner_->verify(deadline);
        result<void> how = co_await while_open(*gate_, std::move(asking));
        co_return told(*pass, std::move(how), gate::errand::question);
    }

private:
    result<breaker::pass> enter() { return gate_->enter(clock::now(), std::chrono::system_clock::now()); }

    template <class T>
    result<T> told(breaker::pass& pass, result<T> how, gate::errand of) const
    {
        gate_->leave(pass, how ? nullptr : &how.error(), of, clock::now());
        return how;
    }

    std::shared_ptr<archive> const inner_;
    std::shared_ptr<gate> const gate_;
};

}  // namespace

std::unique_ptr<archive> make_guarded(std::shared_ptr<archive> inner, std::shared_ptr<gate> gate)
{
    return std::make_unique<guarded_archive>(std::move(inner), std::move(gate));
}

}  // namespace pons::upstream
