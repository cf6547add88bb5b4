#pragma once

#include "upstream/archive.hpp"

#include <memory>
#include <string>
#include <utility>

namespace pons::upstream {

/// An archive around an archive: what it does not do in its own way it passes on, as it is.
class passing_on : public archive {
public:
    explicit passing_on(std::shared_ptr<archive> inner) : inner_(std::move(inner)) {}

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        return inner_->find(request, rows, deadline);
    }

    awaitable<result<retrieved>> retrieve(retrieve_request const& request, part_sink& parts,
                                          time_point deadline) override
    {
        return inner_->retrieve(request, parts, deadline);
    }

    awaitable<result<found>> retrieve_metadata(retrieve_request const& request, row_sink& rows,
                                               time_point deadline) override
    {
        return inner_->retrieve_metadata(request, rows, deadline);
    }

    awaitable<result<void>> retrieve_bulk(retrieve_request const& request, std::string const& place, bulk_sink& to,
                                          time_point deadline) override
    {
        return inner_->retrieve_bulk(request, place, to, deadline);
    }

    awaitable<result<stored>> store(instance_source& instances, time_point deadline) override
    {
        return inner_->store(instances, deadline);
    }

    awaitable<result<void>> verify(time_point deadline) override { return inner_->verify(deadline); }

protected:
    std::shared_ptr<archive> const inner_;
};

}  // namespace pons::upstream
