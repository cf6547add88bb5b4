#include "mapping/codecs/identifier.hpp"
#include "proxy/dicomweb/answer.hpp"
#include "proxy/dicomweb/image_query.hpp"
#include "proxy/dicomweb/instance_collection.hpp"
#include "proxy/dicomweb/retrieve_images.hpp"
#include "render/errc.hpp"

#include <unordered_set>
#include <utility>

namespace pons::proxy::dicomweb {

namespace {

using upstream::errc;
using upstream::retrieve_request;

/// Sends an image of each instance as it comes.
class rendered_instances final : public instance_collection, public render::instances_receiver {
public:
    rendered_instances(render::renderer& with, http::exchange const& x, target const& whom,
                       retrieve_request const& what, pons::render::job asked, image_parts::form how)
        : with_(with), whom_(whom), what_(what), asked_(std::move(asked)), parts_(*x.stream, std::move(how))
    {
    }

    awaitable<result<void>> take_from(upstream::archive& from, retrieve_request const& what,
                                      time_point deadline) override
    {
        series_ = what.series_instance_uid;
        auto bring = render::from_archive(from, what, deadline);
        auto const done = co_await with_.run_each(asked_, std::move(bring), *this);
        co_return done;
    }
    bool has(std::string const& sop_instance_uid) const override { return seen_.contains(sop_instance_uid); }
    std::size_t count() const override { return seen_.size(); }
    std::size_t images() const { return images_; }

    bool wants(upstream::part_head const& head) override
    {
        if (!seen_.insert(head.sop_instance_uid).second)
            return false;
        // The path of an instance names its series, which the request need not.
        bool const known = !series_.empty() && mapping::codecs::is_uid(head.sop_instance_uid);
        parts_.at(known ? url_of(whom_.base, what_.study_instance_uid, series_, head.sop_instance_uid) : std::string());
        return true;
    }
    awaitable<result<void>> begin(render::part_info const& part) override
    {
        ++images_;
        return parts_.begin(part);
    }
    awaitable<result<void>> write(std::span<std::byte const> bytes) override { return parts_.write(bytes); }
    awaitable<result<void>> end() override { return parts_.end(); }
    awaitable<result<void>> finish() { return parts_.finish(); }

private:
    render::renderer& with_;
    target const& whom_;
    retrieve_request const& what_;
    pons::render::job asked_;
    image_parts parts_;
    std::string series_;
    std::unordered_set<std::string> seen_;
    std::size_t images_ = 0;
};

}  // namespace

awaitable<http::response> retrieve_rendered(service& s, http::exchange const& x, target whom, retrieve_request what)
{
    std::vector<std::string> remarks;
    auto job = to_rendered_job(x.req, {}, remarks);
    if (!job)
        co_return to_response(job.error());
    if (!s.renderer) {
        auto const nobody = fail(errc::unsupported);
        co_return to_response(nobody.value());
    }
    image_parts::form how;
    how.single_part = false;
    for (auto const& remark : remarks)
        how.warnings.push_back(to_warning(remark));
    rendered_instances images(*s.renderer, x, whom, what, std::move(*job), std::move(how));
    result<void> done = co_await collect_from_holders(s, whom, what, images, x.deadline);
    if (done && images.images() == 0)
        done = fail(pons::render::errc::no_pixel_data, "none of the instances");
    if (done)
        done = co_await images.finish();
    if (x.remarks)
        x.remarks->emplace_back("instances", std::to_string(images.images()));
    co_return end_stream(x, done);
}

}  // namespace pons::proxy::dicomweb
