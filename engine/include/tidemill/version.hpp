// The version of the engine and its API.
#pragma once

namespace tidemill {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace tidemill
