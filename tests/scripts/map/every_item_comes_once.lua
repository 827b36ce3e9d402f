-- Whatever the number of items, chunk, buffer, order, source and costs, and whichever items fail:
-- each item comes exactly once, in order if that is wanted.
local tm, check = require "tidemill", require "_helper"

local pools = { tm.pool { workers = 1 }, tm.pool { workers = 2, queue = 1 }, tm.pool { workers = 3 } }
math.randomseed(tonumber(tostring(pools):match "0x(%x+)", 16) & 0xFFFF)

local function source_of(kind, n)
  if kind == "number" then return n end
  if kind == "list" then
    local list = {}
    for i = 1, n do list[i] = i end
    return list
  elseif kind == "iterator" then
    local i = 0
    return function()
      i = i + 1
      if i % 7 == 0 then tm.yield() end
      if i <= n then return i end
    end
  end
  local ch = tm.channel(n % 5)
  tm.spawn(function()
    for i = 1, n do ch:send(i) end
    ch:close()
  end)
  return ch
end

local kinds = { "number", "list", "iterator", "channel" }
local function pick(list) return list[math.random(#list)] end

for round = 1, check.times(100, 20) do
  local n = pick { 0, 1, 2, 3, 10, 57, 400 }
  local case = {
    chunk = pick { false, 1, 2, 5, 1000 } or nil, buffer = pick { false, 1, 2, 7, 100 } or nil,
    ordered = pick { true, false }, errors = pick { "raise", "return" },
  }
  local every = case.errors == "return" and pick { 0, 1, 2, 10 } or 0
  local waits, burns = pick { 0, 0, 3 }, pick { 0, 0, 9 }
  local kind = pick(kinds)
  local what = ("round %d: %d items of a %s, chunk %s, buffer %s, ordered %s, %s, every %d fails"):format(round, n,
    kind, case.chunk, case.buffer, case.ordered, case.errors, every)
  local function work(i)
    if waits > 0 and i % waits == 0 then tm.sleep(0.0005) end
    if burns > 0 and i % burns == 0 then
      local stop = tm.now() + 0.003
      while tm.now() < stop do end
    end
    if every > 0 and i % every == 0 then error({ item = i }) end
    return i * 2
  end
  local seen, count = {}, 0
  for index, value, err in pick(pools):map(work, source_of(kind, n), case) do
    count = count + 1
    if case.ordered then check.equal(index, count, what) end
    check.truthy(not seen[index], what)
    seen[index] = true
    if every > 0 and index % every == 0 then
      check.equal({ value, err }, { nil, { item = index } }, what)
    else
      check.equal({ value, err }, { index * 2 }, what)
    end
  end
  check.equal({ count, #seen }, { n, n }, what)
end
for _, pool in ipairs(pools) do
  check.equal(pool:stats().open, 0)
  pool:close()
end
