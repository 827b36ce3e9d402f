local tm, check = require "tidemill", require "_helper"

local file = io.tmpfile()
local problem = check.raises(function()
  tm.pipeline():source(3):stage("reader", function() return file:read() end):collect():run()
end, 'what_cannot_travel_is_refused.lua:5: stage "reader": cannot send .*captures \'file\'')
check.equal(problem.kind, "transfer")

problem = check.raises(function()
  tm.pipeline():source { 1, { ok = true, list = { 1, file } } }:stage("s", function(x) return x end):collect():run()
end, "source, item 2: cannot send item.list%[2%]")
check.equal({ problem.kind, problem.error.kind, problem.index }, { "stage", "transfer", 2 })

problem = check.raises(function()
  tm.pipeline():source(5):stage("s", function(x)
    if x == 4 then return { deep = { coroutine.create(print) } } end
    return x
  end):collect():run()
end, 'stage "s", item 4 %(4%): cannot send result.deep%[1%]')
check.equal({ problem.index, problem.item, problem.error.kind }, { 4, 4, "transfer" })
file:close()
