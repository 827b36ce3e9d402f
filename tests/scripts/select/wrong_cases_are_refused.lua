-- Each with its key, and before anything has happened.
local tm, check = require "tidemill", require "_helper"

local ch, full = tm.channel(1), tm.channel(1)
full:send "value"
local function refused(pattern, ...)
  local arguments = table.pack(...)
  check.raises(function() tm.select(table.unpack(arguments, 1, arguments.n)) end, pattern)
  check.equal({ #ch, #full }, { 0, 1 })
end
refused("table expected")
refused("table expected", ch)
refused("no case to wait for", {})
refused("no case to wait for", {}, 0)
refused("case 2: expected a channel, channel:sending%(%.%.%.%), a task, an event, a queue or a pipe end, got number",
  { full, 7 })
refused("case 'jobs': .*got string", { full, jobs = "channel" })
refused("case 1: .*got function", { print, full })
refused("case 1: .*got mutex", { tm.mutex(), full })
refused("case 1: .*got userdata", { io.stdout, full })
refused("case 2 only sends", { full, (select(2, tm.pipe { duplex = false })) })
refused("key of a case must be a string or an integer, not a boolean", { [true] = full })
refused("key of a case must be a string or an integer, not a number", { [1.5] = full })
refused("key of a case must be a string or an integer, not a table", { full, [{}] = full })

local file <close> = io.tmpfile()
local err = check.raises(function() tm.select { full, out = ch:sending(1, { log = file }) } end,
  "case 'out': cannot send argument 2.log")
check.equal(err.kind, "transfer")
check.equal({ #ch, #full }, { 0, 1 })
err = check.raises(function() tm.select { full, tm.current() } end, "case 2: .*waits for itself")
check.equal(err.kind, "deadlock")
check.raises(function() ch:sending() end, "must not be nil")
check.raises(function() ch:sending(nil, 1) end, "must not be nil")
check.raises(function() ch.sending(7, 1) end, "channel expected")
check.equal({ #ch, #full }, { 0, 1 })
