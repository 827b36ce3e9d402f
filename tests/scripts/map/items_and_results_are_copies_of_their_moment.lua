-- Each is packed by itself when it is given: what happens to it later, and to what it shares, does
-- not matter, however many go into a chunk.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
for _, chunk in ipairs { 1, 4 } do
  local reused = { n = 0 }
  local function source()
    reused.n = reused.n + 1
    if reused.n <= 4 then return reused end
  end
  local scratch = {}
  local results = pool:map(function(item)
    scratch.n = item.n * 10
    item.n = 0
    return scratch
  end, source, { chunk = chunk, buffer = 100 }):collect()
  check.equal(results, { { n = 10 }, { n = 20 }, { n = 30 }, { n = 40 } })
  local same = { 1 }
  results = pool:map(function(item)
    item[1] = item[1] + 1
    return item
  end, { same, same, same }, { chunk = chunk }):collect()
  check.equal(results, { { 2 }, { 2 }, { 2 } })
end

-- Values of every kind, long strings and handles among them.
local ch, long = tm.channel(), ("x"):rep(100000)
local values = { 1, -1, 2 ^ 53, 0.5, math.mininteger, true, false, "", "\0short", ("y"):rep(1000), ("y"):rep(1100), long,
  { { 1 }, { a = {} } }, ch, math.floor, tm.freeze { 1, 2 }, function() return 7 end }
local back = pool:map(function(value) return value end, values, { chunk = #values }):collect()
for i = 1, 13 do
  check.equal(back[i], values[i])
  check.equal(math.type(back[i]), math.type(values[i]))
end
check.truthy(back[14] == ch and back[15] == math.floor and back[16][2] == 2 and back[17]() == 7)

-- The globals that come with a function do not become the worker's.
check.equal(pool:map(function(fn) return fn() end, {
  function() leaked = (leaked or 0) + 1 return leaked end,
  function() leaked = (leaked or 0) + 1 return leaked end,
}, { chunk = 2 }):collect(), { 1, 1 })

-- Large items go in chunks of few, whatever they cost to work on.
local most = 0
for _, count in pool:map(function(text) return #text end, function() most = most + 1 return most < 100 and long or nil end,
  { chunk = 100 }) do
  check.equal(count, 100000)
end
check.truthy(pool:stats().completed > 30)
