#pragma once

#include "tests/proxy/fhir/face.hpp"

#include <vector>

namespace pons::test {

inline namespace fhir_face {

/// The face before one source that has two studies of one patient.
struct one_source : face {
    one_source() { state().studies = {a_study("1.2.1"), a_study("1.2.2", "20240309")}; }
    fixed_state& state() { return state_; }

private:
    fixed_state& state_ = add_source("a");
};

inline std::vector<proxy::http::header> const strict{{"Prefer", "handling=strict"}};

}  // namespace fhir_face

}  // namespace pons::test
