-- Reads of a frozen table against those of the same plain table: a field and an item read again and
-- again, a pass over a long list, a walk with pairs, and looks for keys that are not there. per_op_ns
-- is the frozen field; the ratios are frozen to plain.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(5000000)
local fields, list = {}, {}
for i = 1, 100 do fields["field" .. i] = i end
for i = 1, 100000 do list[i] = i end
local plain = { id = 7, fields = fields, list = list }
local frozen = tm.freeze(plain)

local function field(t)
  local sum = 0
  for _ = 1, n do sum = sum + t.id end
  return sum
end

local function item(t)
  local items, sum = t.list, 0
  for i = 1, n do sum = sum + items[i % 64 + 1] end
  return sum
end

local function pass(t)
  local items, sum = t.list, 0
  for _ = 1, n // #items do
    for i = 1, #items do sum = sum + items[i] end
  end
  return sum
end

local function walk(t)
  local sum = 0
  for _ = 1, n // 100 do
    for _, value in pairs(t.fields) do sum = sum + value end
  end
  return sum
end

local function miss(t)
  local found, set = 0, t.fields
  for _ = 1, n do found = found + (set.nothing and 1 or 0) end
  return found
end

local function seconds(work, t)
  local best, result = math.huge, nil
  for _ = 1, 3 do
    local started = tm.now()
    result = work(t)
    best = math.min(best, tm.now() - started)
  end
  return best, result
end

local extra, check, expected, per_field = {}, 0, 0, 0
for name, work in pairs { field = field, item = item, pass = pass, walk = walk, miss = miss } do
  local plainly, right = seconds(work, plain)
  local frozenly, result = seconds(work, frozen)
  check, expected = check + result, expected + right
  extra[name .. "_ratio"] = frozenly / plainly
  extra[name .. "_ns"] = frozenly * 1e9 / n
  if name == "field" then per_field = frozenly end
end
bench.report { n = n, seconds = per_field, check = check, expected = expected, extra = extra }
