local tm, check = require "tidemill", require "_helper"

local shared = { twice = true }
local f = tm.freeze { words = { "a", "b", "c" }, sub = { shared, shared }, list = {}, max = math.max, ch = tm.channel(3, "c") }
local g = tm.freeze { f = f, list = { f, f.sub } }
check.equal({ g.f == f, g.list[1] == f, g.list[2] == f.sub, f.sub[1] == f.sub[2] }, { true, true, true, true })

local pool <close> = tm.pool { workers = 2 }
-- As a capture, an argument, a result, a message and an error.
check.equal({ pool:submit(function() return f.words[2], #f.words, f.max(1, 5) end):await() }, { "b", 3, 5 })
local same, words = pool:submit(function(a, b) return a == b.f and a.words == b.f.words, a.words end, f, g):await()
check.equal(same, true)
check.equal(words, f.words)
local ok, err = pool:submit(function() error(g) end):join()
check.equal(ok, false)
check.equal(err, g)
f.ch:send(f)
check.equal(f.ch:recv(), f)
check.equal(pool:submit(function() return f.ch == g.f.ch end):await(), true)

-- A part of it keeps the whole.
local part = (function() return tm.freeze({ deep = { er = { 42 } } }).deep.er end)()
collectgarbage()
collectgarbage()
check.equal(part[1], 42)
check.equal(pool:submit(function() return part[1] end):await(), 42)

-- Many read the same table at the same time, for the first time too.
local n = check.times(20000, 2000)
local big = {}
for i = 1, n do big[i] = { id = i, name = "name-" .. i % 100 } end
big = tm.freeze(big)
local jobs = {}
for j = 1, 8 do
  jobs[j] = pool:submit(function()
    local sum = 0
    for i = j, n, 3 do
      if big[i].name ~= "name-" .. i % 100 then error "another name" end
      sum = sum + big[i].id
    end
    for i, record in ipairs(big) do
      if record.id ~= i then error "another id" end
    end
    return sum
  end)
end
for j = 1, 8 do
  local sum = 0
  for i = j, n, 3 do sum = sum + i end
  check.equal(jobs[j]:await(), sum)
end
