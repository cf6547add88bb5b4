#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace pons::proxy::dimse {

/// How many associations each calling AE title has. Shared by the acceptor's thread and those of associations.
class tickets : public std::enable_shared_from_this<tickets> {
public:
    /// Null: it has `most` of them. What is given counts for as long as it is held.
    std::shared_ptr<void> take(std::string const& title, std::uint32_t most);

private:
    void give_back(std::string const& title);

    std::mutex mutex_;
    std::map<std::string, std::uint32_t> taken_;
};

}  // namespace pons::proxy::dimse
