local tm, check = require "tidemill", require "_helper"

local d = tm.dict()
local channel, task, long = tm.channel(), tm.spawn(function() return "done" end), ("k"):rep(100000)
local keys = {
  "", "a", "a\0b", "a\0c", long, 1, -1, 1.5, 0, math.huge, -math.huge, math.maxinteger, 2 ^ 63, 1e300,
  true, false, "1", "true", channel, task, d, tm.mutex(), tm.atomic(),
}
for i, key in ipairs(keys) do d:set(key, i) end
check.equal(#d, #keys)
for i, key in ipairs(keys) do check.equal(d:get(key), i) end

-- A float that is an integer is that integer, as in a table.
d:set(1.0, "one")
d:set(-0.0, "zero")
check.equal({ d:get(1), d:get(0), #d }, { "one", "zero", #keys })

local found = {}
for _, key in ipairs(d:keys()) do found[key] = math.type(key) or type(key) end
for _, key in ipairs(keys) do check.equal(found[key], math.type(key) or type(key), tostring(key)) end

-- What another state puts in under a handle is found here under the same, and is the same value.
local pool <close> = tm.pool { workers = 1 }
d:clear()
pool:submit(function() d:set(channel, "by a job") end):await()
check.equal(d:get(channel), "by a job")
check.truthy(d:keys()[1] == channel)
check.equal(pool:submit(function() return next { [d:keys()[1]] = true } == channel end):await(), true)

-- A task made elsewhere comes out as a task that can be awaited.
d:clear()
check.equal(pool:submit(function()
  local inner = tm.spawn(function() return 7 end)
  d:set(inner, "result")
  return inner:await()
end):await(), 7)
check.equal(d:keys()[1]:status(), "done")
d:clear()

-- An object that only the dictionary knows stays as long as its key.
d:set(tm.channel(3, "kept"), 1)
collectgarbage()
check.equal(tostring(d:keys()[1]), 'channel "kept" 0/3 open')
d:clear()
