local tm, check = require "tidemill", require "_helper"

local a, b = tm.mutex { name = "a" }, tm.mutex { name = "b" }
local log = {}
local function take(first, second)
  local _ <close> = first:lock()
  tm.yield()
  local ok, err = pcall(second.lock, second)
  log[#log + 1] = ok and "taken" or err
  if ok then second:unlock() end
end
local left = tm.spawn(take, a, b)
local right = tm.spawn(take, b, a)
tm.all { left, right }

-- The last to wait was told; it let go of its own, and the other one could go on.
check.equal({ log[1].kind, log[2], #log }, { "deadlock", "taken", 2 })
local file = "two_mutexes_taken_crosswise%.lua"
local message = tostring(log[1])
check.equal(message, log[1].message)
check.truthy(message:find("^[^\n]*" .. file .. ":8: deadlock: "), message)
for task, wants in pairs { [left] = { b, right }, [right] = { a, left } } do
  local lock, owner = table.unpack(wants)
  local line = ("\n  task #%d %%([^\n]*%s:%%d+%%) waits at [^\n]*%s:8 for %s, held by task #%d %%([^\n]*%s:%%d+%%) since [^\n]*%s:6")
    :format(task.id, file, file, tostring(lock):match '^mutex "%l"', owner.id, file, file)
  check.truthy(message:find(line), line .. " in " .. message)
end
check.equal({ a:locked(), b:locked() }, { false, false })
