-- What cannot cross is named in the same words by every call that would send it, before it sends
-- anything; where a job's result or error cannot cross, the job fails with these words.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local ch = tm.channel(1)
local function bad() return { list = { 1, { deep = coroutine.create(print) } } } end
local path = ".list[2].deep: a coroutine"

local value = bad()
for what, call in pairs {
  ["argument 1"] = function() pool:submit(print, value) end,
  ["argument 2"] = function() pool:try_submit(print, 1, value) end,
  ["argument 3"] = function() ch:send(1, nil, value) end,
  ["argument 4"] = function() ch:send_timeout(0, 1, nil, value) end,
  ["argument 5"] = function() ch:try_send(1, 2, 3, 4, value) end,
  ["case 1: cannot send argument 1"] = function() tm.select { ch:sending(value) } end,
  ["item 1"] = function() pool:map(print, { value }):collect() end,
  ["result 1"] = function() pool:submit(bad):await() end,
  ["result 2"] = function() pool:submit(function() return 1, bad() end):await() end,
  ["the error"] = function() pool:submit(function() error(bad()) end):await() end,
} do
  local ok, err = pcall(call)
  check.equal({ ok, err.kind }, { false, "transfer" }, what)
  check.truthy(err.message:find(what .. path, 1, true), err.message)
  check.truthy(err.message:find("cannot send ", 1, true), err.message)
end
check.equal(#ch, 0)

-- However deep it lies, the message can be read.
local deep = value
for _ = 1, 20000 do deep = { next = deep } end
local err = check.raises(function() ch:send(deep) end, "argument 1%.next%.next.* %.%.%. .*%.list%[2%]%.deep: a coroutine")
check.truthy(#err.message < 1500)
check.equal(pool:submit(function() return "usable" end):await(), "usable")
