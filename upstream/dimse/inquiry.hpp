#pragma once

#include "upstream/archive.hpp"
#include "upstream/dimse/errand.hpp"
#include "upstream/dimse/exchange.hpp"

#include <optional>
#include <vector>

namespace pons::upstream::dimse {

/// One C-FIND or C-ECHO, over an association that is kept. Rows cross over in batches, at most about a megabyte at a
/// time: the worker waits for a slow reader, and the archive for the worker.
class inquiry final : public errand, private asker {
public:
    /// No `find`: C-ECHO.
    inquiry(executor home, time_point deadline, std::optional<find_command> find);

    struct news {
        std::vector<mapping::data_set> rows;
        std::optional<result<found>> end;
    };

    /// What has come since the last call. For the coroutine.
    news take();

    void work(workbench& at) override;
    void give_up(failure why) override;

private:
    bool row(mapping::data_set&& row, std::size_t size) override;
    void pause() override;
    void end(result<found> how) override;
    bool worth_draining() const override;
    void drop_unread() noexcept override { unread_ = {}; }

    std::optional<find_command> const find_;
    news unread_;
    std::size_t unread_size_ = 0;
};

class association_pool;

/// Does it on a worker of `pool`, which is that of `source`; rows go to `rows` as they come. No `what`: C-ECHO. Errors,
/// waiting and cancelling as `archive::find` of make_dimse_archive.
awaitable<result<found>> inquire(association_pool& pool, config::source const& source, std::optional<find_command> what,
                                 row_sink* rows, time_point deadline);

}  // namespace pons::upstream::dimse
