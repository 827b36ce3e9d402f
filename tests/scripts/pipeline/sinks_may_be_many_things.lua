local tm, check = require "tidemill", require "_helper"

local function pipeline() return tm.pipeline():source(5):stage(function(x) return x * x end) end

local seen = {}
local report = pipeline():sink(function(x) seen[#seen + 1] = x end):run()
check.equal(seen, { 1, 4, 9, 16, 25 })
check.equal(report.result, nil)
check.equal(report.sink.name, "sink")
check.equal(pipeline():sink("print", function() end):run().sink.name, "print")

check.equal(pipeline():collect():run().result, { 1, 4, 9, 16, 25 })
check.equal(pipeline():fold("sum", 0, function(sum, x) return sum + x end):run().result, 55)
check.equal(pipeline():fold(0, function(sum, x) return sum + x end):run().result, 55)
-- What has begun with a table goes on with it; a function makes a new one for each run.
local list = {}
local function append(to, x) to[#to + 1] = x return to end
local into = pipeline():fold("list", list, append)
check.equal(into:run().result, list)
check.equal(#into:run().result, 10)
local anew = pipeline():fold("list", function() return {} end, append)
anew:run()
check.equal(#anew:run().result, 5)

-- Into a channel, queue or pipe end, which is closed only on request.
local channel = tm.channel(1)
local got = tm.spawn(function()
  local list = {}
  for x in channel do list[#list + 1] = x end
  return list
end)
pipeline():to(channel):run()
check.truthy(not channel:is_closed())
pipeline():to(channel, { close = true }):run()
check.truthy(channel:is_closed())
check.equal(#got:await(), 10)
local queue = tm.queue {}
pipeline():to(queue, { close = true }):run()
check.equal(queue:get(), 1)
check.raises(function() queue:put(1) end, "shut down")
local here, there = tm.pipe()
pipeline():to(here):run()
check.equal(there:recv(), 1)

-- Closed also when the run fails, so that nobody waits for ever.
local failing = tm.channel(10)
check.raises(function()
  tm.pipeline():source(3):stage(function(x) error("no") end):to(failing, { close = true }):run()
end, "no")
check.truthy(failing:is_closed())

-- Everything runs in the state of who runs the pipeline, in its task.
local me = tm.current()
tm.pipeline():source(1):sink(function() check.equal(tm.current(), me) end):run()
