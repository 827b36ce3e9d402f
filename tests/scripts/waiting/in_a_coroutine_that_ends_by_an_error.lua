-- wrap closes the coroutine's variables: a wait in such a __close is refused clearly or works.
local tm, check = require "tidemill", require "_helper"

local outcome
local function failing()
  local _ <close> = setmetatable({}, { __close = function()
    outcome = table.pack(pcall(tm.sleep, 0.001))
  end })
  error("body", 0)
end
check.raises(coroutine.wrap(failing), "body")
check.truthy(outcome and (outcome[1] or tostring(outcome[2]):find "cannot wait here"), outcome and outcome[2])

outcome = nil
local co = coroutine.create(failing)
check.equal({ coroutine.resume(co) }, { false, "body" })
check.equal(coroutine.status(co), "dead")
coroutine.close(co)
check.truthy(outcome)

local waited = coroutine.wrap(function()
  tm.sleep(0.001)
  failing()
end)
check.raises(waited, "body")
for _ = 1, 3 do tm.sleep(0.001) end
check.equal(tm.spawn(function() return "consistent" end):await(), "consistent")
