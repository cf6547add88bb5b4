#include "proxy/render/passage.hpp"
#include "render/errc.hpp"
#include "upstream/cancelling.hpp"

#include <utility>

namespace pons::proxy::render {

namespace {

constexpr char implicit_vr_little_endian[] = "1.2.840.10008.1.2";
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

/// A worker that has failed is not used again.
bool is_done(result<void> const& said)
{
    return said.has_value();
}

/// What only this instance suffers from.
bool is_of_the_instance(result<void> const& said)
{
    return said || said.error().code.category() == pons::render::error_category();
}

form wanted_of(std::function<form(upstream::part_head const&)> const& form_of, upstream::part_head const& head)
{
    auto const wanted = form_of ? form_of(head) : form::explicit_vr;
    bool const is_so = (wanted == form::explicit_vr && head.transfer_syntax_uid == explicit_vr_little_endian) ||
                       (wanted == form::implicit_vr && head.transfer_syntax_uid == implicit_vr_little_endian);
    return is_so ? form::as_stored : wanted;
}

awaitable<result<void>> transcode_now(pool& workers, feed const& bring, upstream::part_sink& next,
                                      std::function<form(upstream::part_head const&)> const& form_of, bool tolerant)
{
    auto const on = co_await asio::this_coro::executor;
    job asked;
    asked.kind = pons::render::job_kind::transcode;
    as_instance to(next);
    auto const around = [&](upstream::part_head const& head, job& of) {
        auto const wanted = wanted_of(form_of, head);
        of.implicit_vr = wanted == form::implicit_vr;
        return wanted == form::as_stored ? &next : nullptr;
    };
    passage through(on, workers,
                    {.asked = asked,
                     .to = to,
                     .around = around,
                     .leaves_it_sound = is_done,
                     .is_tolerated = tolerant ? is_of_the_instance : is_done});
    auto const done = co_await through.run(bring);
    co_return done;
}

}  // namespace

awaitable<result<void>> renderer::transcode(feed bring, upstream::part_sink& next,
                                            std::function<form(upstream::part_head const&)> form_of, bool tolerant)
{
    auto const workers = pool_;
    auto work = transcode_now(*workers, bring, next, form_of, tolerant);
    auto done = co_await upstream::cancelled_as_value(std::move(work));
    co_return done;
}

}  // namespace pons::proxy::render
