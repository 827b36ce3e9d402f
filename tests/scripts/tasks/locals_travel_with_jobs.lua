local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local channel, list = tm.channel(), { 1, { 2 } }
tm.locals.request, tm.locals.channel, tm.locals.list = 17, channel, list
tm.locals.file = io.tmpfile()                       -- cannot be sent: jobs do not get it
tm.locals.thread = coroutine.create(print)
tm.locals[io.tmpfile()] = "by a key that cannot be sent"

local function look()
  local fields, n = {}, 0
  for key, value in pairs(tm.locals) do fields[key], n = value, n + 1 end
  tm.locals.request = "changed in the job"
  return fields, n
end
for _ = 1, 2 do
  local fields, n = pool:submit(look):await()
  check.equal({ fields.request, fields.list, n }, { 17, { 1, { 2 } }, 3 })
  check.truthy(fields.channel == channel and fields.list ~= list)
end
check.equal(tm.locals.request, 17)
check.truthy(tm.locals.file)

check.equal(pool:submit(function()
  return tm.spawn(function() return tm.locals.request end):await()
end):await(), 17)
check.equal(pool:map(function() return tm.locals.request end, 2):collect(), { 17, 17 })
