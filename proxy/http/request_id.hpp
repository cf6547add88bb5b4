#pragma once

#include <random>
#include <string>
#include <string_view>

namespace pons::proxy::http {

/// Whether a client's X-Request-Id may go into logs and answers as it is: 1 to 64 of A-Z a-z 0-9 . _ -
bool is_request_id(std::string_view text);

/// Makes ids of 128 random bits, in hex. They tell requests apart and guard nothing. Not for several threads.
class request_ids {
public:
    request_ids();

    std::string make();

private:
    std::mt19937_64 random_;
};

}  // namespace pons::proxy::http
