#include "upstream/guard/guard.hpp"

#include "upstream/guard/while_open.hpp"

namespace pons::upstream {

namespace {

result<breaker::pass> enter(gate& through)
{
    return through.enter(clock::now(), std::chrono::system_clock::now());
}

class guarded_worklist final : public worklist {
public:
    guarded_worklist(std::shared_ptr<worklist> inner, std::shared_ptr<gate> gate)
        : inner_(std::move(inner)), gate_(std::move(gate))
    {
    }

    awaitable<result<found>> find(worklist_query const& query, row_sink& rows, time_point deadline) override
    {
        auto pass = enter(*gate_);
        if (!pass)
            co_return tl::unexpected(pass.error());
        auto asking = inner_->find(query, rows, deadline);
        result<found> how = co_await while_open(*gate_, std::move(asking));
        gate_->leave(*pass, how ? nullptr : &how.error(), gate::errand::question, clock::now());
        co_return how;
    }

private:
    std::shared_ptr<worklist> const inner_;
    std::shared_ptr<gate> const gate_;
};

/// That an archive is slow to tell what it keeps says nothing of whether it answers, as with transfers.
class guarded_committing final : public committing {
public:
    guarded_committing(std::shared_ptr<committing> inner, std::shared_ptr<gate> gate)
        : inner_(std::move(inner)), gate_(std::move(gate))
    {
    }

    awaitable<result<std::vector<mapping::sop_reference>>> commit(std::vector<mapping::sop_reference> instances,
                                                                  time_point deadline) override
    {
        auto pass = enter(*gate_);
        if (!pass)
            co_return tl::unexpected(pass.error());
        auto asking = inner_->commit(std::move(instances), deadline);
        result<std::vector<mapping::sop_reference>> how = co_await while_open(*gate_, std::move(asking));
        gate_->leave(*pass, how ? nullptr : &how.error(), gate::errand::transfer, clock::now());
        co_return how;
    }

private:
    std::shared_ptr<committing> const inner_;
    std::shared_ptr<gate> const gate_;
};

}  // namespace

std::shared_ptr<worklist> make_guarded(std::shared_ptr<worklist> inner, std::shared_ptr<gate> gate)
{
    return std::make_shared<guarded_worklist>(std::move(inner), std::move(gate));
}

std::shared_ptr<committing> make_guarded(std::shared_ptr<committing> inner, std::shared_ptr<gate> gate)
{
    return std::make_shared<guarded_committing>(std::move(inner), std::move(gate));
}

}  // namespace pons::upstream
