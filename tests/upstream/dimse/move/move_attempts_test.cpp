#include "upstream/dimse/move_attempts.hpp"

#include <doctest/doctest.h>

namespace {

using namespace pons::upstream;
using namespace pons::upstream::dimse;

constexpr char jpeg_2000[] = "1.2.840.10008.1.2.4.90";
constexpr char rle[] = "1.2.840.10008.1.2.5";
constexpr char baseline[] = "1.2.840.10008.1.2.4.50";

retrieve_request const study{"1.2", {}, {}};
retrieve_request const instance{"1.2", "1.2.1", "1.2.1.1"};

std::vector<std::string> all(move_attempts&& attempts, waiting_move::negotiated const& each)
{
    std::vector<std::string> tried{attempts.preferred()};
    while (attempts.another(each))
        tried.push_back(attempts.preferred());
    return tried;
}

TEST_CASE("C-MOVE: which transfer syntaxes are preferred, one after another")
{
    waiting_move::negotiated const choice{true, false, {jpeg_2000, rle, baseline}};
    using list = std::vector<std::string>;
    CHECK(all({study, ""}, choice) == list{"", jpeg_2000, rle, baseline});
    CHECK(all({study, rle}, choice) == list{"", rle, jpeg_2000, baseline});
    CHECK(all({instance, rle}, choice) == list{rle, "", jpeg_2000, baseline});
    CHECK(all({instance, ""}, choice) == list{"", jpeg_2000, rle, baseline});
}

TEST_CASE("C-MOVE: no further attempt when the archive did not reach us, or left us no choice")
{
    using list = std::vector<std::string>;
    CHECK(all({study, ""}, {false, false, {}}) == list{""});
    CHECK(all({study, rle}, {false, false, {}}) == list{""});
    CHECK(all({study, rle}, {true, false, {}}) == list{""});
}

TEST_CASE("C-MOVE: what another C-MOVE may have spoilt is tried again, some times")
{
    move_attempts attempts(study, "");
    waiting_move::negotiated const spoilt{true, true, {rle}};
    for (int n = 0; n < 3; ++n) {
        CHECK(attempts.another(spoilt));
        CHECK(attempts.preferred().empty());
    }
    CHECK(attempts.another(spoilt));
    CHECK(attempts.preferred() == rle);
    CHECK_FALSE(attempts.another(spoilt));
}

TEST_CASE("C-MOVE: however much is offered, the attempts end")
{
    waiting_move::negotiated offers{true, false, {}};
    for (int n = 0; n < 50; ++n)
        offers.others.push_back("1.2.3." + std::to_string(n));
    CHECK(all({study, ""}, offers).size() == 24);
}

}  // namespace
