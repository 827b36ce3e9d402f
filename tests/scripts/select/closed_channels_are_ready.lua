local tm, check = require "tidemill", require "_helper"

local never, ch = tm.channel(), tm.channel(1)
ch:send "left"
ch:close()
check.equal({ tm.select { never, ch } }, { 2, "left" })
for _, timeout in ipairs { 0, 1, math.huge } do
  check.equal(table.pack(tm.select({ never, name = ch }, timeout)), table.pack("name", nil, "closed"))
  local err = check.raises(function() tm.select({ never, ch:sending(1) }, timeout) end, "closed")
  check.equal(err.kind, "closed")
end

local jobs = tm.channel "jobs"
local receiving = tm.spawn(function() return tm.select { never, jobs } end)
local named = tm.spawn(function() return tm.select { never, tm.channel():sending(1), out = jobs } end)
tm.yield()
jobs:close()
check.equal(table.pack(receiving:await()), table.pack(2, nil, "closed"))
check.equal(table.pack(named:await()), table.pack("out", nil, "closed"))
local out = tm.channel "out"
local sender = tm.spawn(function() return tm.select { never, out:sending(1) } end)
tm.yield()
out:close()
local ok, err = sender:join()
check.equal({ ok, err.kind }, { false, "closed" })
check.truthy(err.message:find 'channel "out" is closed', err.message)
check.equal({ never:stats().receivers_waiting, never:stats().senders_waiting }, { 0, 0 })
