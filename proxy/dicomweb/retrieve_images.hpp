#pragma once

#include "proxy/dicomweb/image_parts.hpp"
#include "proxy/dicomweb/service.hpp"
#include "proxy/http/exchange.hpp"
#include "upstream/archive.hpp"

#include <string>

namespace pons::proxy::dicomweb {

enum class image_form { frames, rendered, thumbnail };

/// Frames, rendered images and thumbnails (PS3.18 §10.4): the instance is retrieved from the first source that has it
/// and given to `pons-render` while it comes. `frames`: the list of the path, empty when it has none. A thumbnail of a
/// study or series is that of one instance of it, which is looked for by search and retrieved alone; where it has no
/// picture another one is tried (picture_candidates), of the first source that has one.
///
/// What fails before the first byte is an answer of its own: 400 for parameters, 404 without such an instance or frame,
/// 406 where none of the forms asked for can be made of it; what fails later breaks the body off.
awaitable<http::response> retrieve_images(service& s, http::exchange const& x, target whom,
                                          upstream::retrieve_request what, std::string frames, image_form form);

/// What a job makes of one instance, from the first source that has it. `job` and `how` are what the request asks for.
awaitable<http::response> send_images_of(service& s, http::exchange const& x, target whom,
                                         upstream::retrieve_request what, pons::render::job job, image_parts::form how);

/// A study or a series rendered (PS3.18 §10.4.1.1.3): a multipart body with an image for each instance as its own
/// `/rendered` gives it, from all holders, while they come. Instances without pixel data are passed over; 406 when all
/// are such. What fails later breaks the body off.
awaitable<http::response> retrieve_rendered(service& s, http::exchange const& x, target whom,
                                            upstream::retrieve_request what);

}  // namespace pons::proxy::dicomweb
