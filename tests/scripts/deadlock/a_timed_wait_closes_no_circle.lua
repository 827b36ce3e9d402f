local tm, check = require "tidemill", require "_helper"

local a, b = tm.mutex(), tm.mutex()
local results = {}
local function take(first, second, timeout)
  local _ <close> = first:lock()
  tm.yield()
  local ok, err = pcall(second.lock, second, timeout)
  results[#results + 1] = ok or err.kind
  if ok then second:unlock() end
end
tm.all { function() take(a, b, 0.02) end, function() take(b, a) end }
check.equal(results, { "timeout", true })
