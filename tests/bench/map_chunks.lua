-- What chunks left to the pool cost against the best chosen by hand, on shapes of work: n tiny items,
-- n / 500 items of 1 ms, and n / 20 items of which every 1000th takes 1000 times as long as the
-- others, spread evenly, all at the front and all at the end. The chunks take turns; medians of
-- `rounds`. Ratios auto / best are extra, with the best chunk; the figure is the tiny shape.
--   map_chunks.lua [n [rounds [shape]]]
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(1000000)
local rounds = math.tointeger(tonumber(arg[2])) or 3
local only = arg[3]
local sizes = { "auto", 1, 4, 16, 64, 256, 1024, 4096 }
local pool = bench.pool(2)

local function square(x) return x * x end

-- `loops` turns of an empty loop, one at least.
local function burn(loops)
  for _ = 1, loops do end
  return loops
end

-- Turns that take `seconds`, on a quiet machine.
local function calibrate(seconds)
  local best = math.huge
  for _ = 1, 5 do
    local started = tm.now()
    burn(1000000)
    best = math.min(best, tm.now() - started)
  end
  return math.max(1, math.floor(seconds / best * 1000000))
end

local millisecond = calibrate(1e-3)
local long, short = 2 * millisecond, math.max(1, millisecond // 500)

local function list_of(count, loops_of)
  local list = {}
  for i = 1, count do list[i] = loops_of(i) end
  return list
end

local mixed = math.max(1000, n // 20)
local longs = mixed // 1000
local shapes = {
  { "tiny", square, list_of(n, function(i) return i end) },
  { "even", burn, list_of(math.max(16, n // 500), function() return millisecond end) },
  { "mixed", burn, list_of(mixed, function(i) return i % 1000 == 500 and long or short end) },
  { "front", burn, list_of(mixed, function(i) return i <= longs and long or short end) },
  { "end", burn, list_of(mixed, function(i) return i > mixed - longs and long or short end) },
}

local function median(times)
  table.sort(times)
  return times[(#times + 1) // 2]
end

local extra, tiny = {}, nil
for _, shape in ipairs(shapes) do
  local name, fn, items = table.unpack(shape)
  if not only or only == name then
    local times = {}
    for _ = 1, rounds do
      for _, size in ipairs(sizes) do
        -- A chunk that takes minutes by its cost alone says nothing.
        if not (name == "tiny" and size ~= "auto" and size < 16) then
          collectgarbage()
          local started = tm.now()
          local results = pool:map(fn, items, { chunk = size ~= "auto" and size or nil }):collect()
          local seconds = tm.now() - started
          if #results ~= #items then error(name .. ": results are missing", 0) end
          times[size] = times[size] or {}
          table.insert(times[size], seconds)
        end
      end
    end
    local best, best_size = math.huge, 0
    for _, size in ipairs(sizes) do
      local taken = times[size] and median(times[size])
      if taken then
        extra[name .. "_" .. size] = taken
        if size ~= "auto" and taken < best then best, best_size = taken, size end
      end
    end
    extra[name .. "_ratio"], extra[name .. "_best"] = extra[name .. "_auto"] / best, best_size
    tiny = tiny or { seconds = extra[name .. "_auto"], n = #items }
  end
end
bench.report { n = tiny.n, seconds = tiny.seconds, check = 0, expected = 0, extra = extra }
