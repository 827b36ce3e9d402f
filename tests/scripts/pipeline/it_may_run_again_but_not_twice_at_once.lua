local tm, check = require "tidemill", require "_helper"

-- A list or a number begins anew; a stage's state too, since each run takes new copies.
local count = 0
local again = tm.pipeline():source { 5, 6, 7 }:stage(function(x)
  count = count + 1
  return x * 10 + count
end):collect()
for _ = 1, 3 do check.equal(again:run().result, { 51, 62, 73 }) end
check.equal(count, 0)

-- An iterator goes on where it stands; one that was closed is of no more use.
local i = 0
local on = tm.pipeline():source(function()
  i = i + 1
  if i % 4 ~= 0 then return i end
end):collect()
check.equal(on:run().result, { 1, 2, 3 })
check.equal(on:run().result, { 5, 6, 7 })
local path = tm.fs.temp and tm.fs.temp() or os.tmpname()
tm.fs.write(path, "a\nb\n")
local lines = tm.pipeline():source(tm.fs.lines(path)):collect()
check.equal(lines:run().result, { "a", "b" })
check.raises(function() lines:run() end, "closed at the end of an earlier run")
os.remove(path)

-- Not while it runs, not even a change.
local gate = tm.event()
local once = tm.pipeline("once"):source(1):sink(function() gate:wait() end)
local first = tm.spawn(function() return once:run().items end)
tm.yield()
check.raises(function() once:run() end, "run: the pipeline is running")
check.raises(function() once:stage(print) end, "stage: the pipeline is running")
check.truthy(tostring(once):find("running"))
check.equal(once:report().running, true)
gate:set()
check.equal(first:await(), 1)
check.equal(once:report().running, nil)
check.equal(once:run().items, 1)
check.equal(tm.pipeline():report(), nil)

-- After a failure it is free again.
local fail = true
local flaky = tm.pipeline():source(1):sink(function() if fail then error("no") end end)
check.raises(function() flaky:run() end, "no")
fail = false
check.equal(flaky:run().items, 1)
