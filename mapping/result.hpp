#pragma once

#include <chrono>
#include <string>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>

/// Expected failures are values with a place. Exceptions are for bugs and exhausted memory.
namespace pons {

/// What went wrong and where. `where` is a place ("ImagingStudy.started (0008,0030)", "source main-pacs"), never a
/// value: values may name a patient.
struct failure {
    std::error_code code;
    std::string where;
    /// When the same request is worth repeating; zero when unknown.
    std::chrono::seconds retry_after{0};

    friend bool operator==(failure const&, failure const&) = default;
};

template <class T>
using result = tl::expected<T, failure>;

template <class Errc>
[[nodiscard]] tl::unexpected<failure> fail(Errc code, std::string where = {}, std::chrono::seconds retry_after = {})
{
    return tl::unexpected<failure>(failure{make_error_code(code), std::move(where), retry_after});
}

/// A remark that goes along with an answer that is right as far as it goes.
struct issue {
    enum class kind { not_supported, incomplete, invalid, informational };
    kind what = kind::informational;
    std::string text;  ///< for people; no patient data

    friend bool operator==(issue const&, issue const&) = default;
};

}  // namespace pons
