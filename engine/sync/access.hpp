// What becomes of asking for a permit, a token, a read or write lock.
#pragma once

#include <cstdint>

namespace tidemill {

enum class Access : std::uint8_t {
  taken,    ///< the caller has it now
  again,    ///< the caller had it already and has it once more
  waiting,  ///< the waiter stands in line; completed with value: the caller has it
  refused,  ///< it would have to wait and no waiter was given
  own,      ///< the caller has something already that this could never be granted beside
  broken,   ///< its holder has ended and left it in an unknown state
};

}  // namespace tidemill
