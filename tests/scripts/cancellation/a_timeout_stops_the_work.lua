local tm, check = require "tidemill", require "_helper"

-- In time: arguments and results pass.
check.equal(table.pack(tm.timeout(60, function(...) tm.yield() return select("#", ...), ..., nil end, 1, nil, nil)),
  table.pack(3, 1, nil))
check.equal(tm.timeout(math.huge, tostring, 5), "5")
check.equal(table.pack(tm.timeout(60, function() end)), table.pack())

-- Late: the work is stopped, its children too, and its cleanup has run when the error arrives.
local begun, log, job
local function guarded(name)
  local _ <close> = setmetatable({}, { __close = function(_, err)
    tm.shield(function() tm.sleep(0.002) end)
    log[#log + 1] = name .. " " .. err.kind
  end })
  begun = begun + 1
  tm.sleep(60)
end
local pool <close> = tm.pool { workers = 1 }
repeat  -- until the time was enough for all of it to begin
  begun, log, job = 0, {}, nil
  local started = tm.now()
  local err = check.raises(function()
    tm.timeout(0.02, function()
      tm.spawn(guarded, "child")
      job = pool:submit(tm.sleep, 60)
      guarded "work"
    end)
  end, "a_timeout_stops_the_work.lua:%d+: .*0.02 s")
  local took = tm.now() - started
  check.truthy(took >= 0.012 and took < 20, took)
  table.sort(log)
  check.equal({ err.kind, #log, job and job:status() or "cancelled" }, { "timeout", begun, "cancelled" })
until begun == 2
check.equal(log, { "child cancelled", "work cancelled" })

-- No time: it never starts, also not what is there already.
local ran
for _, seconds in ipairs { 0, -1, -math.huge } do
  local err = check.raises(function() tm.timeout(seconds, function() ran = true end) end)
  check.equal({ err.kind, ran }, { "timeout" })
end
-- But awaiting what has ended gives its result, whatever the time.
local ended = tm.spawn(function() return "value" end)
ended:await()
check.equal({ ended:await(0), ended:await(-1) }, { "value", "value" })
check.equal(tm.timeout(1e-9, function() return "did not wait" end), "did not wait")

-- The error of its cleanup wins, with the reason it was raised for as its cause.
local err = check.raises(function()
  tm.timeout(0.005, function()
    local _ <close> = setmetatable({}, { __close = function() error("cleanup", 0) end })
    tm.sleep(60)
  end)
end)
check.equal(err, "cleanup")
-- Work that swallows the cancellation and returns gives its value.
check.equal(tm.timeout(0.005, function()
  pcall(tm.sleep, 60)
  return "its value"
end), "its value")
-- A failure of a child, too, comes out as it is; several come in a group.
check.equal(check.raises(function()
  tm.timeout(60, function() tm.spawn(error, "child") tm.sleep(60) end)
end), "child")

for _, bad in ipairs { 0 / 0, "1", {} } do
  check.raises(function() tm.timeout(bad, print) end, bad ~= bad and "NaN" or "number expected")
end
check.raises(function() tm.timeout(nil, print) end, "number expected")
check.raises(function() tm.timeout(1) end, "function expected")
