local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }

-- In a job, where the future lives elsewhere, the call raises and changes nothing.
local future = tm.future()
local ok, kind, message = pool:submit(function()
  local ok, err = pcall(future.resolve, future, 1, io.tmpfile())
  return ok, err.kind, err.message
end):await()
check.equal({ ok, kind }, { false, "transfer" })
check.truthy(message:find("cannot send argument 2: a file", 1, true), message)
check.equal(future:resolve("sound"), true)

-- Ended in its own state it has its values there; who asks elsewhere is told.
local file <close> = io.tmpfile()
local own = tm.future()
own:resolve(file)
ok, kind = pool:submit(function()
  local asked, err = pcall(own.await, own)
  return asked, err.kind
end):await()
check.equal({ ok, kind }, { false, "transfer" })
check.truthy(rawequal(own:await(), file))
