#include "proxy/dimse/provider.hpp"

#include "proxy/dimse/serving.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace pons::proxy::dimse {

namespace {

constexpr auto between_complaints = std::chrono::seconds(10);

}  // namespace

provider::provider(config::settings const& settings, bridge& across, std::vector<service> services,
                   provider_bounds bounds, provider_times times, resolve_host const& resolve)
    : settings_(settings),
      across_(across),
      bounds_(bounds),
      times_(times),
      callers_(settings, bounds.any_caller, resolve),
      tickets_(std::make_shared<tickets>())
{
    for (auto& each : services) {
        auto one = std::make_unique<counted_service>();
        one->service = std::move(each);
        services_.push_back(std::move(one));
    }
}

provider::~provider() = default;

void provider::complain(std::string const& why)
{
    std::scoped_lock const lock(complaining_);
    if (clock::now() < silent_until_) {
        ++unsaid_;
        return;
    }
    auto const before = unsaid_ == 0 ? std::string() : fmt::format(" ({} such calls before were not told)", unsaid_);
    spdlog::warn("DICOM association rejected: {}{}", why, before);
    unsaid_ = 0;
    silent_until_ = clock::now() + between_complaints;
}

wire::context_answer provider::answer(wire::proposed_context const& asked, wire::associate_request const& of) const
{
    wire::context_answer answer;
    answer.id = asked.id;
    for (auto const& each : services_) {
        auto const& service = each->service;
        if (!service.offers(asked.abstract_syntax))
            continue;
        auto const chosen = service.choose ? service.choose(asked, of) : choose_uncompressed(asked, of);
        answer.result = wire::context_result::transfer_syntaxes_not_supported;
        if (chosen) {
            answer.result = wire::context_result::acceptance;
            answer.transfer_syntax = *chosen;
            break;
        }
    }
    return answer;
}

tl::expected<wire::associate_answer, wire::rejection> provider::negotiate(wire::associate_request const& asked)
{
    if (auto const admitted = callers_.admit(asked.calling_ae, asked.address); !admitted) {
        ++counts_.not_admitted;
        complain(admitted.error());
        return tl::unexpected(wire::calling_ae_not_recognized);
    }
    wire::associate_answer answer;
    answer.held = tickets_->take(asked.calling_ae, bounds_.per_peer);
    if (!answer.held) {
        ++counts_.too_many;
        complain(fmt::format("AE title {} has {} already, which are as many as one may have", asked.calling_ae,
                             bounds_.per_peer));
        return tl::unexpected(wire::local_limit_exceeded);
    }
    for (auto const& context : asked.contexts)
        answer.contexts.push_back(this->answer(context, asked));
    for (auto const& role : asked.roles) {
        wire::role_selection agreed{.sop_class_uid = role.sop_class_uid, .scu = false, .scp = false};
        bool known = false;
        for (auto const& each : services_) {
            auto const& of = each->service;
            auto const part = of.role ? of.role(role) : std::nullopt;
            if (!part && !of.offers(role.sop_class_uid))
                continue;
            known = true;
            agreed.scu = agreed.scu || (role.scu && (!part || part->scu));
            agreed.scp = agreed.scp || (role.scp && part && part->scp);
        }
        if (known)
            answer.roles.push_back(std::move(agreed));
    }
    for (auto const& extended : asked.extended)
        for (auto const& each : services_)
            if (each->service.extend)
                if (auto part = each->service.extend(extended)) {
                    answer.extended.push_back(std::move(*part));
                    break;
                }
    return answer;
}

void provider::serve(wire::accepted_association& over, wire::interruption& stop)
{
    serving one({settings_, across_, callers_, services_, bounds_, times_}, over, stop);
    one.run();
}

}  // namespace pons::proxy::dimse
