#pragma once

#include "proxy/http/exchange.hpp"
#include "proxy/render/renderer.hpp"
#include "proxy/render/shared_passes.hpp"

#include <string>
#include <utility>
#include <vector>

namespace pons::proxy::dicomweb {

/// Sends what a worker makes of an instance: one image or frame as it is, several as parts of a multipart/related body
/// (PS3.18 §8.6.1), each with its Content-Type and Content-Location. The answer begins with the first part, so that
/// what fails before is a clean answer of its own.
class image_parts final : public render::part_receiver {
public:
    struct form {
        bool single_part = true;
        /// Not empty: that holds where the first part is in one of these transfer syntaxes, and else the contrary.
        std::vector<std::string> only_of = {};
        std::string location;  ///< of the instance at Pons: "…/frames/{n}[/rendered]" is made of it; empty: none
        bool rendered = true;
        std::vector<std::string> warnings;  ///< values of Warning
    };

    image_parts(http::body_stream& stream, form how);

    /// From here on the parts are of another instance; `location` as in `form`.
    void at(std::string location) { how_.location = std::move(location); }

    /// Errors: those of body_stream; upstream::errc::malformed for a second part in a body of one.
    awaitable<result<void>> begin(render::part_info const& part) override;
    awaitable<result<void>> write(std::span<std::byte const> bytes) override;
    awaitable<result<void>> end() override;

    /// The end of the body, after the last part.
    awaitable<result<void>> finish();

private:
    std::string location_of(render::part_info const& part) const;

    http::body_stream& stream_;
    form how_;
    std::string boundary_;
    std::string between_;
};

/// Runs a job on the instance that `bring` brings and sends what comes. Errors: those of `renderer::run`; when the
/// answer has begun it is for the caller to break it off.
awaitable<result<void>> send_images(render::renderer& with, http::exchange const& x, pons::render::job asked,
                                    render::feed bring, image_parts::form how);

/// The same of an instance of an archive, along with others that are asked for it at the same time.
awaitable<result<void>> send_images(render::shared_passes& with, http::exchange const& x, pons::render::job asked,
                                    upstream::archive& from, upstream::retrieve_request const& what,
                                    image_parts::form how);

}  // namespace pons::proxy::dicomweb
