local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local function with(transfer) return { x = setmetatable({}, { __transfer = transfer }) } end
local function refused(transfer, pattern)
  local err = check.raises(function() pool:submit(print, with(transfer)) end)
  check.equal(err.kind, "transfer")
  check.truthy(err.message:find(pattern), err.message)
end

refused(function() error "boo" end, "a_transfer_that_fails_is_refused.lua:%d+: cannot send argument 1%.x: a value whose __transfer failed: .*boo")
refused(function() error({}) end, "a value whose __transfer failed: %(no text%)")
refused(function() error(setmetatable({}, { __tostring = error })) end, "failed: %(no text%)")
refused(function() return 5 end, "__transfer gave number in place of a function")
refused(function() end, "__transfer gave nothing in place of a function")
refused(function(u) return print, u end, "argument 1.x %(value 2 of its __transfer%): a value whose __transfer gives itself")
refused(function() return print, 1, { io.tmpfile() } end, "argument 1.x %(value 3 of its __transfer%)%[1%]: a file")
refused(function() tm.sleep(1) end, "cannot wait here")
refused(5, "__transfer failed: attempt to call a number value")

-- Something may be sent while another is being packed, and this goes on.
local inner = tm.channel(1)
local got = pool:submit(function(t) return t.x end, with(function()
  inner:try_send { { 1 }, "nested" }
  return function(v) return v end, "outer"
end)):await()
check.equal(got, "outer")
check.equal(inner:recv(), { { 1 }, "nested" })

-- What fails on the other side fails the job.
local ok, err = pool:submit(print, with(function() return error, "rebuild failed" end)):join()
check.equal(ok, false)
check.truthy(tostring(err):find "rebuild failed")
ok, err = pool:submit(print, with(function() return tm.sleep, 1 end)):join()
check.equal(ok, false)
check.truthy(tostring(err):find "cannot wait here")
-- And in a receive it is an error there; the item is gone, the channel is not.
local ch = tm.channel(2)
ch:send(with(function() return error, "rebuild failed" end))
ch:send(2)
check.raises(function() ch:recv() end, "rebuild failed")
check.equal(ch:recv(), 2)

-- As the error of a job it takes the error's place, and that of a child its parent's.
local job = pool:submit(function()
  error(setmetatable({}, { __transfer = function() return error, "not even this" end }))
end)
ok, err = job:join()
check.equal(ok, false)
check.truthy(tostring(err):find "not even this", tostring(err))
ok, err = pcall(tm.scope, function()
  pool:submit(function()
    error(setmetatable({}, { __transfer = function() return error, "nor this" end }))
  end)
end)
check.equal(ok, false)
check.equal(pool:submit(function() return 1 end):await(), 1)
