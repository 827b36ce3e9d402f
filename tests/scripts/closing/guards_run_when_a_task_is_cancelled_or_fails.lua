local tm, check = require "tidemill", require "_helper"

local log = {}
local function body(leave)
  local _ <close> = setmetatable({}, { __close = function(_, err)
    log[#log + 1] = type(err) == "table" and err.kind or err or "nil"
  end })
  return leave()
end
tm.spawn(body, function() return 1 end):await()
tm.spawn(body, function() error("failed", 0) end):join()
local waiting = tm.spawn(body, function() tm.sleep(60) end)
tm.yield()
waiting:cancel()
waiting:join()
check.equal(log, { "nil", "failed", "cancelled" })

-- In jobs, too: their guards tell through a channel, without waiting.
local told = tm.channel(10)
local pool <close> = tm.pool { workers = 2 }
local function job(leave)
  local _ <close> = setmetatable({}, { __close = function(_, err)
    -- A cancelled task may not send any more; a file may be written without the engine.
    local file <close> = assert(io.open(leave, "w"))
    file:write(type(err) == "table" and err.kind or err or "nil")
  end })
  told:send(1)
  tm.sleep(60)
end
local path = os.tmpname()
local cancelled = pool:submit(job, path)
told:recv()
cancelled:cancel()
cancelled:join()
check.equal(tm.fs.read(path), "cancelled")
os.remove(path)
