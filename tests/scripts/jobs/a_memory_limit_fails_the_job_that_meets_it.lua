local tm, check = require "tidemill", require "_helper"
local limit = 4 * 2 ^ 20

local function fill(make)
  local kept = {}
  for i = 1, math.huge do kept[i] = make(i) end
end

local hogs = {
  tables = function() fill(function(i) return { i } end) end,
  strings = function() fill(function(i) return ("x"):rep(100) .. i end) end,
  ["one string"] = function() return #("x"):rep(2 * limit // 1) end,
  ["a joined string"] = function()
    local parts = {}
    for i = 1, 1000 do parts[i] = ("y"):rep(10000) end
    return #table.concat(parts)
  end,
  ["a substituted string"] = function() return #(("x"):rep(2 ^ 20):gsub("x", "yyyyyyyy")) end,
  closures = function() fill(function(i) return function() return i end end) end,
  coroutines = function() fill(function() return coroutine.create(function() end) end) end,
  ["a deep recursion"] = function()
    local function f(n) return 1 + f(n + 1) end
    return f(1)
  end,
  ["inside a coroutine"] = function() coroutine.wrap(function() fill(function(i) return { i } end) end)() end,
  ["inside a child"] = function() require "tidemill".spawn(fill, function(i) return { i } end):await() end,
  ["inside a block"] = function() require "tidemill".timeout(1000, fill, function(i) return { i } end) end,
  ["unpacking a result"] = function()
    local tm = require "tidemill"
    local ch = tm.channel(1)
    ch:send(("x"):rep(1.5 * 2 ^ 20 // 1))
    local text = ch:recv()
    fill(function() ch:send(text) return ch:recv() end)
  end,
}

local pool <close> = tm.pool { workers = 1, name = "tight", memory_limit = limit }
local function check_limit(job, what)
  local ok, err = job:join()
  check.equal(ok, false, what)
  check.equal(type(err) == "table" and err.kind, "limit", what .. ": " .. tostring(err))
  check.truthy(tostring(err):find('^task #%d+ .*needs more than 4194304 bytes %(memory_limit of pool "tight"%)$'),
    tostring(err))
end
-- Half of the limit, which would not be there if anything of the job before was left.
local function check_given_back(what)
  local big = pool:submit(function()
    local list = {}
    for i = 1, 25000 do list[i] = { i } end
    return #list
  end)
  check.equal(big:await(), 25000, what)
end

-- Other jobs of the worker go on meanwhile.
local gate = tm.event()
local other = pool:submit(function()
  local mine = { "kept" }
  gate:wait()
  return mine[1]
end)
for name, hog in pairs(hogs) do
  check_limit(pool:submit(hog), name)
  check_given_back(name)
end
gate:set()
check.equal(other:await(), "kept")

-- Arguments and captures that do not fit.
local list = {}
for i = 1, 1e5 do list[i] = { i } end
check_limit(pool:submit(function(list) return #list end, list), "arguments")
check_limit(pool:submit(type, ("x"):rep(2 * limit // 1)), "a string")
check_given_back "arguments"

-- What a script sees that catches it.
local seen = pool:submit(function()
  local function fill()
    local kept = {}
    for i = 1, math.huge do kept[i] = { i } end
  end
  local kinds = {}
  local function note(ok, err) kinds[#kinds + 1] = not ok and type(err) == "table" and err.kind or tostring(err) end
  note(pcall(fill))
  note(xpcall(fill, debug.traceback))
  note(coroutine.resume(coroutine.create(fill)))
  note(require "tidemill".spawn(fill):join())
  note(pcall(string.rep, "x", 2 ^ 24 // 1))
  return kinds
end):await()
check.equal(seen, { "limit", "limit", "limit", "limit", "limit" })

-- One that catches it for ever keeps what it has, and the worker goes on.
check.truthy(pool:submit(function()
  local kept = {}
  for _ = 1, 50 do
    pcall(function()
      while true do kept[#kept + 1] = {} end
    end)
  end
  return #kept
end):await() > 10000)
check_given_back "caught"

-- Attempts, and a pool whose init does not fit.
check_limit(pool:job { hogs.tables, retries = 2 }, "attempts")
local err = check.raises(function()
  local narrow <close> = tm.pool { workers = 1, memory_limit = limit, init = hogs.tables }
  narrow:submit(print):await()
end)
check.equal({ err.kind, err.cause.kind }, { "broken", "limit" })
-- An error of the script stays what it is, however full the state.
local ok, err = pool:submit(function()
  local kept = {}
  pcall(function() for i = 1, math.huge do kept[i] = { i } end end)
  error("of the script", 0)
end):join()
check.equal(err, "of the script")

for _, value in ipairs { 0, -1, 1000, 2 ^ 20 - 1, 0 / 0, 2 ^ 21 + 0.5 } do
  check.raises(function() tm.pool { memory_limit = value } end, "memory_limit must be a whole number of at least 1048576")
end
check.raises(function() tm.pool { memory_limit = "1G" } end, "'memory_limit' must be a number")
local least <close> = tm.pool { workers = 2, memory_limit = 2 ^ 20 }
check.equal(least:map(function(n) return n * 2 end, 100):fold(0, function(a, n) return a + n end), 10100)
local free <close> = tm.pool { workers = 1, memory_limit = math.huge }
check.equal(free:submit(function() return #("x"):rep(1e7) end):await(), 10000000)
