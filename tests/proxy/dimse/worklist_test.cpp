#include "proxy/dimse/worklist.hpp"

#include "proxy/dimse/worklist_query.hpp"
#include "tests/proxy/dimse/provider_door.hpp"
#include "upstream/worklist.hpp"

using namespace pons;
using namespace pons::test;
using mapping::data_set;
using mapping::matched;
using mapping::tag;
using mapping::operator""_vr;
namespace tags = mapping::tags;
namespace uids = wire::uids;

namespace {

constexpr tag step_sequence{0x00400100};
constexpr tag station_ae{0x00400001};
constexpr tag start_date{0x00400002};
constexpr tag start_time{0x00400003};
constexpr tag physician{0x00400006};
constexpr tag description{0x00400007};
constexpr tag procedure{0x00401001};

struct attribute {
    tag t;
    mapping::vr as;
    std::string value;
};
using attributes = std::vector<attribute>;

data_set set_of(attributes const& own, attributes const& step, bool with_step = true)
{
    data_set set;
    auto const add = [](data_set& to, attribute const& a) {
        if (a.value.empty())
            to.begin(a.t, a.as);
        else
            to.add(a.t, a.as, {a.value});
    };
    for (auto const& a : own)
        add(set, a);
    if (with_step)
        for (auto& item = set.add_sequence(step_sequence)->emplace_back(); auto const& a : step)
            add(item, a);
    return set;
}

data_set const ct_scan =
    set_of({{tags::PatientName, "PN"_vr, "Doe^Jane"}, {tags::PatientID, "LO"_vr, "P1"}, {procedure, "SH"_vr, "RP1"}},
           {{tags::Modality, "CS"_vr, "CT"},
            {station_ae, "AE"_vr, "CT1"},
            {start_date, "DA"_vr, "20240706"},
            {start_time, "TM"_vr, "0930"},
            {physician, "PN"_vr, ""},
            {description, "LO"_vr, "Thorax"}});

data_set const mr_scan = set_of({{tags::PatientName, "PN"_vr, "Roe^Max"}, {tags::PatientID, "LO"_vr, "P2"}},
                                {{tags::Modality, "CS"_vr, "MR"},
                                 {station_ae, "AE"_vr, "MR1"},
                                 {start_date, "DA"_vr, "20240706"},
                                 {start_time, "TM"_vr, "1100"}});

/// A worklist in memory, or one that fails.
class fixed_worklist final : public upstream::worklist {
public:
    explicit fixed_worklist(std::vector<data_set> items) : items_(std::move(items)) {}

    std::optional<failure> fails;
    bool truncates = false;

    awaitable<result<upstream::found>> find(upstream::worklist_query const&, upstream::row_sink& rows,
                                            time_point) override
    {
        upstream::found how;
        for (auto const& item : items_) {
            rows.row(data_set(item));
            ++how.rows;
        }
        if (fails)
            co_return tl::unexpected(*fails);
        how.truncated = truncates;
        co_return how;
    }

private:
    std::vector<data_set> const items_;
};

found_rows ask(provider_door& door, data_set const& identifier,
               std::string const& syntax = uids::explicit_vr_little_endian)
{
    std::vector<proxy::dimse::service> services;
    services.push_back(proxy::dimse::make_worklist());
    auto on = call(door.open(std::move(services)), {.classes{uids::modality_worklist_find}, .syntaxes{syntax}});
    REQUIRE(on);
    begin_find(*on, identifier, uids::modality_worklist_find);
    found_rows all;
    for (;;) {
        auto const rsp = on->receive_command(a_while());
        REQUIRE(rsp);
        auto const status = rsp->command.number(wire::command_element::status).value_or(0xFFFF);
        if (!rsp->command.has_data_set()) {
            all.status = status;
            all.comment = rsp->command.text(wire::command_element::error_comment);
            return all;
        }
        std::vector<std::byte> bytes;
        REQUIRE(on->receive_data_set(bytes, 1 << 20, a_while()));
        mapping::read_limits limits;
        limits.standard_vr = true;
        auto const as =
            syntax == uids::implicit_vr_little_endian ? mapping::encoding::implicit_le : mapping::encoding::explicit_le;
        auto row = mapping::read_data_set(bytes, as, {}, limits);
        REQUIRE(row);
        all.pending.push_back(status);
        all.rows.push_back(std::move(*row));
    }
}

provider_door& with(provider_door& door, std::vector<std::shared_ptr<upstream::worklist>> worklists)
{
    for (std::size_t i = 0; i < worklists.size(); ++i)
        door.add_source("s" + std::to_string(i));
    door.dress = [worklists](std::size_t i, upstream::searched_source& source) { source.worklist = worklists[i]; };
    return door;
}

}  // namespace

TEST_CASE("the keys of a worklist query match as PS3.4 Table K.6-1 says")
{
    struct {
        char const* name;
        attributes own;
        attributes step;
        matched how;
    } const cases[] = {
        {"universal", {{tags::PatientName, "PN"_vr, ""}}, {{tags::Modality, "CS"_vr, ""}}, matched::yes},
        {"the modality", {}, {{tags::Modality, "CS"_vr, "CT"}}, matched::yes},
        {"another one", {}, {{tags::Modality, "CS"_vr, "MR"}}, matched::no},
        {"the station", {}, {{station_ae, "AE"_vr, "CT1"}}, matched::yes},
        {"the right modality at the wrong station",
         {},
         {{tags::Modality, "CS"_vr, "CT"}, {station_ae, "AE"_vr, "CT2"}},
         matched::no},
        {"the day", {}, {{start_date, "DA"_vr, "20240706"}}, matched::yes},
        {"a range of days", {}, {{start_date, "DA"_vr, "20240701-20240706"}}, matched::yes},
        {"days before", {}, {{start_date, "DA"_vr, "-20240705"}}, matched::no},
        {"a range of times", {}, {{start_time, "TM"_vr, "0900-1000"}}, matched::yes},
        {"a range of times on the day",
         {},
         {{start_date, "DA"_vr, "20240706"}, {start_time, "TM"_vr, "1000-1200"}},
         matched::no},
        // From July 5, 10 am until July 7, 6 pm: 9:30 of the day between is within.
        {"both ranges are one",
         {},
         {{start_date, "DA"_vr, "20240705-20240707"}, {start_time, "TM"_vr, "1000-1800"}},
         matched::yes},
        {"and it ends",
         {},
         {{start_date, "DA"_vr, "20240705-20240706"}, {start_time, "TM"_vr, "0700-0900"}},
         matched::no},
        {"from late on one day to early on another",
         {},
         {{start_date, "DA"_vr, "20240705-20240707"}, {start_time, "TM"_vr, "1000-0800"}},
         matched::yes},
        {"which is no range of times by itself", {}, {{start_time, "TM"_vr, "1000-0800"}}, matched::no},
        {"a name with wild cards", {{tags::PatientName, "PN"_vr, "doe*"}}, {}, matched::yes},
        {"another patient", {{tags::PatientID, "LO"_vr, "P2"}}, {}, matched::no},
        {"what is there and empty does not match", {}, {{physician, "PN"_vr, "House^Gregory"}}, matched::no},
        {"what is not there at all cannot be judged", {{tag{0x00321032}, "PN"_vr, "House^Gregory"}}, {}, matched::open},
        {"nor in the step", {}, {{tag{0x00400011}, "SH"_vr, "ROOM 1"}}, matched::open},
        {"and what can be still is",
         {{tags::PatientID, "LO"_vr, "P2"}, {tag{0x00321032}, "PN"_vr, "House^Gregory"}},
         {},
         matched::no},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const query = proxy::dimse::to_worklist_query(set_of(c.own, c.step));
        REQUIRE(query);
        CHECK(judge_item(*query, ct_scan) == c.how);
    }
}

TEST_CASE("of the items that match, what was asked for is answered")
{
    auto const identifier = set_of({{tags::PatientName, "PN"_vr, ""}, {tags::AccessionNumber, "SH"_vr, ""}},
                                   {{tags::Modality, "CS"_vr, "CT"}, {start_date, "DA"_vr, ""}});
    for (auto const* const syntax : {uids::explicit_vr_little_endian, uids::implicit_vr_little_endian}) {
        CAPTURE(syntax);
        provider_door door;
        with(door, {std::make_shared<fixed_worklist>(std::vector{ct_scan, mr_scan})});
        auto const told = ask(door, identifier, syntax);
        CHECK(told.status == 0);
        REQUIRE(told.rows.size() == 1);
        CHECK(told.pending.front() == 0xFF00);
        auto expected = set_of({{tags::PatientName, "PN"_vr, "Doe^Jane"}, {tags::AccessionNumber, "SH"_vr, ""}},
                               {{tags::Modality, "CS"_vr, "CT"}, {start_date, "DA"_vr, "20240706"}});
        CHECK(told.rows.front() == expected);
        door.close();
    }
}

TEST_CASE("an item that cannot be judged by every key is a doubtful one")
{
    provider_door door;
    with(door, {std::make_shared<fixed_worklist>(std::vector{ct_scan, mr_scan})});
    auto const told = ask(door, set_of({{tags::PatientID, "LO"_vr, "P1"}, {tag{0x00321032}, "PN"_vr, "House*"}}, {}));
    CHECK(told.status == 0);
    CHECK(told.pending == std::vector<std::uint16_t>{0xFF01});
}

TEST_CASE("an empty item of the step brings all of it")
{
    provider_door door;
    with(door, {std::make_shared<fixed_worklist>(std::vector{ct_scan})});
    auto const told = ask(door, set_of({}, {}));
    REQUIRE(told.rows.size() == 1);
    CHECK(told.rows.front().items(step_sequence).front().text(description) == "Thorax");
}

TEST_CASE("a worklist that fails, or holds back, is never Success")
{
    auto const good = std::make_shared<fixed_worklist>(std::vector{ct_scan});
    auto const down = std::make_shared<fixed_worklist>(std::vector<data_set>());
    down->fails = failure{make_error_code(upstream::errc::unreachable), "source s1"};
    auto const holds_back = std::make_shared<fixed_worklist>(std::vector{ct_scan});
    holds_back->truncates = true;
    auto const breaks_off = std::make_shared<fixed_worklist>(std::vector{ct_scan});
    breaks_off->fails = failure{make_error_code(upstream::errc::aborted), "source s0"};
    struct {
        std::vector<std::shared_ptr<upstream::worklist>> worklists;
        std::size_t rows;
        int status;
    } const cases[] = {
        {{good, nullptr}, 1, 0x0000}, {{good, down}, 1, 0xA700}, {{down, good}, 1, 0xA700}, {{down}, 0, 0xA700},
        {{holds_back}, 1, 0xA700},    {{nullptr}, 0, 0xC000},    {{breaks_off}, 1, 0xC004},
    };
    for (auto const& c : cases) {
        provider_door door;
        with(door, c.worklists);
        auto const told = ask(door, set_of({{tags::PatientID, "LO"_vr, "P1"}}, {}));
        CHECK(told.rows.size() == c.rows);
        CHECK(told.status == c.status);
        CHECK(told.comment.empty() == (c.status == 0));
        door.close();
    }
}

TEST_CASE("several worklists are asked at once, and told in their order")
{
    /// The first waits for the second to be asked.
    struct meeting_worklist final : upstream::worklist {
        meeting_worklist(std::shared_ptr<std::unique_ptr<asio::steady_timer>> of_both, data_set of)
            : bell(std::move(of_both)), item(std::move(of))
        {
        }

        awaitable<result<upstream::found>> find(upstream::worklist_query const&, upstream::row_sink& rows,
                                                time_point deadline) override
        {
            if (*bell) {
                (*bell)->cancel();
            } else {
                *bell = std::make_unique<asio::steady_timer>(co_await asio::this_coro::executor, deadline);
                auto const [error] = co_await (*bell)->async_wait(as_tuple);
                if (!error)
                    co_return fail(upstream::errc::timed_out, "nobody else was asked");
            }
            rows.row(data_set(item));
            upstream::found how;
            how.rows = 1;
            co_return how;
        }

        std::shared_ptr<std::unique_ptr<asio::steady_timer>> bell;
        data_set item;
    };
    auto const bell = std::make_shared<std::unique_ptr<asio::steady_timer>>();
    provider_door door;
    with(door, {std::make_shared<meeting_worklist>(bell, ct_scan), std::make_shared<meeting_worklist>(bell, mr_scan)});
    auto const told = ask(door, set_of({{tags::PatientID, "LO"_vr, ""}}, {}));
    CHECK(told.status == 0);
    REQUIRE(told.rows.size() == 2);
    CHECK(told.rows[0].text(tags::PatientID) == "P1");
    CHECK(told.rows[1].text(tags::PatientID) == "P2");
    door.close();
    bell->reset();
}

TEST_CASE("a step that several worklists have is told once, and worklists that are no source's are asked, too")
{
    data_set with_id = set_of({{tags::PatientName, "PN"_vr, "Doe^Jane"},
                               {tags::PatientID, "LO"_vr, "P1"},
                               {tags::StudyInstanceUID, "UI"_vr, "1.2"}},
                              {{tags::ScheduledProcedureStepID, "SH"_vr, "S1"}, {description, "LO"_vr, "Thorax"}});
    data_set otherwise = set_of({{tags::PatientName, "PN"_vr, "Doe^Janet"},
                                 {tags::PatientID, "LO"_vr, "P1"},
                                 {tags::StudyInstanceUID, "UI"_vr, "1.2"}},
                                {{tags::ScheduledProcedureStepID, "SH"_vr, "S1"}, {description, "LO"_vr, "Thorax"}});
    auto const ask_for = [&](data_set const& at_source, data_set const& at_server, attributes const& keys) {
        provider_door door;
        with(door, {std::make_shared<fixed_worklist>(std::vector{at_source})});
        door.settings.worklists.emplace_back().name = "ehr";
        door.more_worklists = {{"ehr", std::make_shared<fixed_worklist>(std::vector{at_server})}};
        auto told = ask(door, set_of(keys, {{description, "LO"_vr, ""}}));
        door.close();
        return told;
    };
    attributes const with_name{{tags::PatientName, "PN"_vr, ""}, {tags::PatientID, "LO"_vr, "P1"}};
    CHECK(ask_for(with_id, with_id, with_name).rows.size() == 1);
    CHECK(ask_for(with_id, otherwise, with_name).rows.size() == 2);
    // Where the peer does not ask for what they do not agree on, there is nothing to tell.
    CHECK(ask_for(with_id, otherwise, {{tags::PatientID, "LO"_vr, "P1"}}).rows.size() == 1);
    CHECK(ask_for(ct_scan, ct_scan, with_name).rows.size() == 2);  // nobody knows whether they are the same
}

TEST_CASE("an AE title that leads to a worklist alone has no archive to be asked")
{
    provider_door door;
    door.add_source("s0");
    door.settings.worklists.emplace_back().name = "ehr";
    door.settings.dicom.ae_titles = {{"PONS_MWL", {"ehr"}}};
    door.more_worklists = {{"ehr", std::make_shared<fixed_worklist>(std::vector{ct_scan})}};
    auto services = proxy::dimse::make_services();
    auto on = call(door.open(std::move(services)),
                   {.whom = "PONS_MWL", .classes{uids::study_root_find, uids::modality_worklist_find}});
    REQUIRE(on);
    data_set study;
    study.add(tags::QueryRetrieveLevel, "STUDY");
    study.add(tags::PatientID, "P1");
    begin_find(*on, study, uids::study_root_find);
    auto const rsp = on->receive_command(a_while());
    REQUIRE(rsp);
    CHECK(rsp->command.number(wire::command_element::status) == 0xC000);
    CHECK_FALSE(rsp->command.has_data_set());
}

TEST_CASE("what is no worklist query is refused")
{
    data_set two;
    auto* const items = two.add_sequence(step_sequence);
    items->resize(2);
    provider_door door;
    with(door, {std::make_shared<fixed_worklist>(std::vector{ct_scan})});
    CHECK(ask(door, two).status == 0xA900);
    door.close();
    provider_door again;
    with(again, {std::make_shared<fixed_worklist>(std::vector{ct_scan})});
    CHECK(ask(again, set_of({}, {{start_date, "DA"_vr, "today"}})).status == 0xA900);
}
