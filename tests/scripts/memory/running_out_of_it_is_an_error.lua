-- timeout: 400
-- An error that the script can catch, wherever the memory of an object runs out; not the end of the
-- program.
local check = require "_helper"
if check.times(1, 0) == 0 then return end  -- sanitizers need more address space than this leaves

local function outcome(what)
  local command = ("ulimit -v 200000; %s tests/scripts/memory/_fill.lua %s 2>&1; echo $?")
  local pipe <close> = assert(io.popen(command:format(arg[-1], what)))
  return pipe:read("a")
end

for _, what in ipairs {
  "queue", "priority", "pipe", "channel", "select", "set", "incr", "update", "cas", "keys", "objects",
} do
  local output = outcome(what)
  check.truthy(output:find "^false\t.*not enough memory\n0\n$", what .. ": " .. output)
end
