-- What cannot cross is refused at the call, with the way to it; arguments count as written after
-- the function.
local tm, check = require "tidemill", require "_helper"

local co, file = coroutine.create(print), io.tmpfile()
local pool <close> = tm.pool { workers = 1 }
local ch = tm.channel(1)
local function captures_file() return file end
local line = debug.getinfo(captures_file, "S").linedefined
local function refused(expected, fn, ...)
  local ok, err = pcall(fn, ...)
  check.equal({ ok, err.kind }, { false, "transfer" })
  local text = tostring(err)
  check.truthy(text:find(expected, 1, true), ("expected %q in %q"):format(expected, text))
  check.truthy(text:find "refusals_name_the_path.lua:%d+: cannot send ", text)
  check.equal(#ch, 0)
end
refused("cannot send argument 1: a coroutine", pool.submit, pool, print, co)
refused("cannot send argument 3: a file", pool.submit, pool, print, 1, nil, file)
refused("cannot send argument 2.handlers[3]: a coroutine", pool.submit, pool, print, 1, { handlers = { 1, 2, co } })
refused('argument 1["odd name"][1.5]: a file', pool.submit, pool, print, { ["odd name"] = { [1.5] = file } })
refused("argument 1[true]: a file", pool.submit, pool, print, { [true] = file })
refused(("argument 2.handlers[3]: function at %s:%d captures 'file' (file)"):format(
  debug.getinfo(1, "S").short_src, line), pool.submit, pool, print, 1, { handlers = { 1, 2, captures_file } })
refused(("the function: function at %s:%d captures 'file' (file)"):format(
  debug.getinfo(1, "S").short_src, line), pool.submit, pool, captures_file)
refused("cannot send argument 1: a coroutine", ch.send, ch, co)
refused("cannot send argument 2.x: a coroutine", ch.send, ch, 1, { x = co })
refused("cannot send argument 1: a file", ch.try_send, ch, file)
refused("cannot send argument 3: a file", ch.send_timeout, ch, 1, 0, file)
refused("metatable", pool.submit, pool, print, setmetatable({}, { __index = { f = file } }))
refused(".f", pool.submit, pool, print, setmetatable({}, { __index = { f = file } }))
refused("key", pool.submit, pool, print, { [co] = 1 })
refused("C function", pool.submit, pool, print, coroutine.wrap(print))
open_log = file
refused("global 'open_log': a file", pool.submit, pool, function() return open_log end)
open_log = nil
check.equal(pool:submit(function() return "usable" end):await(), "usable")
ch:send(1)
check.equal(ch:recv(), 1)
