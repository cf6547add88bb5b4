#include "proxy/render/passage.hpp"
#include "upstream/cancelling.hpp"

#include <utility>

namespace pons::proxy::render {

namespace {

constexpr char explicit_vr_little_endian[] = "1.2.840.10008.1.2.1";

/// The worker's answer as an instance.
class as_instance final : public part_receiver {
public:
    explicit as_instance(upstream::part_sink& next) : next_(next) {}

    awaitable<result<void>> begin(part_info const& part) override
    {
        upstream::part_head head;
        head.sop_class_uid = part.sop_class_uid;
        head.sop_instance_uid = part.sop_instance_uid;
        head.transfer_syntax_uid = part.transfer_syntax_uid;
        head.data_set_offset = static_cast<std::size_t>(part.data_set_offset);
        auto const begun = co_await next_.begin(head);
        co_return begun;
    }
    awaitable<result<void>> write(std::span<std::byte const> bytes) override { return next_.write(bytes); }
    awaitable<result<void>> end() override { return next_.end(); }

private:
    upstream::part_sink& next_;
};

/// A worker that has failed is not used again, and nothing comes after it.
bool is_done(result<void> const& said)
{
    return said.has_value();
}

awaitable<result<void>> transcode_now(pool& workers, feed const& bring, upstream::part_sink& next,
                                      std::function<bool(std::string_view)> const& as_stored)
{
    auto const on = co_await asio::this_coro::executor;
    job asked;
    asked.kind = pons::render::job_kind::transcode;
    as_instance to(next);
    auto const around = [&](upstream::part_head const& head) {
        bool const as_it_is =
            head.transfer_syntax_uid == explicit_vr_little_endian || (as_stored && as_stored(head.transfer_syntax_uid));
        return as_it_is ? &next : nullptr;
    };
    passage through(on, workers,
                    {.asked = asked, .to = to, .around = around, .leaves_it_sound = is_done, .is_tolerated = is_done});
    auto const done = co_await through.run(bring);
    co_return done;
}

}  // namespace

awaitable<result<void>> renderer::transcode(feed bring, upstream::part_sink& next,
                                            std::function<bool(std::string_view)> as_stored)
{
    auto const workers = pool_;
    auto work = transcode_now(*workers, bring, next, as_stored);
    auto done = co_await upstream::cancelled_as_value(std::move(work));
    co_return done;
}

}  // namespace pons::proxy::render
