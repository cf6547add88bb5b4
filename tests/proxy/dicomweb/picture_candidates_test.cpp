#include "proxy/dicomweb/picture_candidates.hpp"

#include "render/errc.hpp"
#include "tests/proxy/dicomweb/images.hpp"
#include "tests/support/run.hpp"

using namespace pons;
using namespace pons::test;

namespace {

namespace tags = mapping::tags;

constexpr auto capture = "1.2.840.10008.5.1.4.1.1.7";
constexpr auto report = "1.2.840.10008.5.1.4.1.1.88.33";

/// Study "1.2" of one archive, a series for each of these.
struct looked_at {
    struct series {
        char const* modality;
        char const* sop_class;  // null: it lists no instance
    };

    config::settings settings;
    fixed_state state;
    upstream::retrieve_request what{"1.2", {}, {}};

    explicit looked_at(std::vector<series> const& all)
    {
        auto& study = state.studies.emplace_back();
        study.attributes.add(tags::StudyInstanceUID, "1.2");
        for (std::size_t i = 0; i < all.size(); ++i) {
            auto const uid = "1.2." + std::to_string(i + 1);
            auto& one = study.series.emplace_back();
            one.attributes.add(tags::SeriesInstanceUID, uid);
            one.attributes.add(tags::SeriesNumber, std::to_string(i + 1));
            one.attributes.add(tags::Modality, all[i].modality);
            if (!all[i].sop_class)
                continue;
            auto& instance = one.instances.emplace_back();
            instance.add(tags::SOPInstanceUID, uid + ".1");
            instance.add(tags::SOPClassUID, all[i].sop_class);
        }
    }

    /// The UIDs of all candidates, then why there is none.
    std::string candidates()
    {
        auto& source = settings.sources.emplace_back();
        source.name = "web";
        upstream::searched_source from{.where = std::make_unique<fixed_archive>(state),
                                       .facts = proxy::make_facts(settings, source),
                                       .abilities = proxy::make_abilities(source.quirks)};
        proxy::dicomweb::service const service{settings, nullptr};
        proxy::dicomweb::picture_candidates all(service, from, what, clock::now() + std::chrono::seconds(10));
        std::string found;
        for (asio::io_context on;;) {
            auto const one = test::run(on, all.next());
            if (!one)
                return found + one.error().code.message();
            if (!*one)
                return found;
            found += (*one)->sop_instance_uid + " ";
        }
    }
};

std::string text_of(std::error_code code)
{
    return code.message();
}

}  // namespace

TEST_CASE("of a study any instance that may be an image is a candidate, series of documents last")
{
    looked_at study({{"ECG", capture}, {"SR", report}, {"CT", "1.2.840.10008.5.1.4.1.1.2"}, {"OT", capture}});
    CHECK(study.candidates() == "1.2.3.1 1.2.4.1 1.2.1.1 ");
    CHECK(looked_at({{"ECG", capture}}).candidates() == "1.2.1.1 ");
}

TEST_CASE("that nothing has images is said only of what was seen")
{
    auto const none = text_of(pons::render::errc::no_pixel_data);
    auto const unknown = text_of(upstream::errc::incomplete);
    CHECK(looked_at({{"SR", report}, {"OT", report}}).candidates() == none);
    CHECK(looked_at({}).candidates() == text_of(upstream::errc::not_found));
    std::vector<looked_at::series> many(20, {"OT", report});
    CHECK(looked_at(many).candidates() == none);
    SUBCASE("more series than are looked into")
    {
        many.push_back({"CT", "1.2.840.10008.5.1.4.1.1.2"});
        CHECK(looked_at(many).candidates() == unknown);
    }
    SUBCASE("a series that is listed and has nothing")
    {
        CHECK(looked_at({{"CT", nullptr}, {"SR", report}}).candidates() == unknown);
        CHECK(looked_at({{"CT", nullptr}}).candidates() == unknown);
    }
    SUBCASE("a series that is named is there, or not")
    {
        looked_at study({{"CT", nullptr}});
        study.what.series_instance_uid = "1.2.1";
        CHECK(study.candidates() == text_of(upstream::errc::not_found));
    }
    SUBCASE("an archive that holds something back")
    {
        looked_at study({{"SR", report}});
        study.state.truncates = true;
        CHECK(study.candidates() == unknown);
        looked_at images({{"CT", "1.2.840.10008.5.1.4.1.1.2"}});
        images.state.truncates = true;
        CHECK(images.candidates() == "1.2.1.1 ");
    }
    SUBCASE("a series that cannot be asked for")
    {
        looked_at study({{"SR", report}});
        study.state.studies.front().series.emplace_back().attributes.add(tags::Modality, "CT");
        CHECK(study.candidates() == unknown);
    }
}
