#include "upstream/archive.hpp"

namespace pons::upstream {

awaitable<result<retrieved>> archive::retrieve(retrieve_request const&, part_sink&, time_point)
{
    co_return fail(errc::unsupported, "retrieve");
}

awaitable<result<found>> archive::retrieve_metadata(retrieve_request const&, row_sink&, time_point)
{
    co_return fail(errc::unsupported, "metadata");
}

awaitable<result<void>> archive::retrieve_bulk(retrieve_request const&, std::string const&, bulk_sink&, time_point)
{
    co_return fail(errc::unsupported, "bulk data");
}

awaitable<result<stored>> archive::store(instance_source&, time_point)
{
    co_return fail(errc::unsupported, "store");
}

}  // namespace pons::upstream
