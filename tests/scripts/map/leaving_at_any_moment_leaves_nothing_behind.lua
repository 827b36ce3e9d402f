-- repeat: 2
-- Break, errors, cancellation and coroutines that are closed, at random moments of maps of all kinds.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2, queue = 3 }
local function work(i)
  if i % 5 == 0 then tm.sleep(0.0003) end
  if i % 11 == 0 then error("item " .. i) end
  return i
end
local function consume(ordered, stop_at, how, options)
  options.ordered, options.errors = ordered, how ~= "item" and "return" or nil
  local count = 0
  for index in pool:map(work, math.maxinteger, options) do
    count = count + 1
    if count == stop_at then
      if how == "break" then break end
      if how == "error" then error "enough" end
      if how == "yield" then coroutine.yield(index) end
    end
  end
end
local ways = { "break", "error", "item", "yield", "cancel", "timeout" }
for round = 1, check.times(120, 20) do
  local how, stop_at = ways[round % #ways + 1], math.random(0, 60)
  local options = { chunk = round % 3 > 0 and round % 4 + 1 or nil, buffer = round % 2 > 0 and round % 9 + 1 or nil }
  local ordered = round % 4 < 2
  if how == "break" and stop_at > 0 then
    consume(ordered, stop_at, how, options)
  elseif how == "yield" and stop_at > 0 then
    local co = coroutine.create(consume)
    coroutine.resume(co, ordered, stop_at, how, options)
    check.equal(coroutine.close(co), true)
  elseif how == "cancel" then
    local task = tm.spawn(consume, ordered, 0, how, options)
    tm.sleep(stop_at * 1e-4)
    task:cancel()
    local ok, err = task:join()
    check.equal({ ok, err.kind }, { false, "cancelled" })
  elseif how == "timeout" then
    options.timeout = stop_at * 1e-4
    check.equal(check.raises(function() consume(ordered, 0, how, options) end).kind, "timeout")
  elseif how == "item" then
    check.raises(function() consume(ordered, 0, how, options) end, "item %d*")
  elseif stop_at > 0 then
    check.raises(function() consume(ordered, stop_at, "error", options) end, "enough")
  end
  while pool:stats().open > 0 do tm.sleep(0.0005) end
end
check.equal(pool:map(function(i) return i end, 3):collect(), { 1, 2, 3 })
