local tm, check = require "tidemill", require "_helper"

-- What __transfer returns is collected as soon as nobody holds it; a new table in the same place must
-- not pass for it. Nor may the code change what is being packed.
local ch = tm.channel(1)
local Box = {}
Box.__transfer = function(box)
  collectgarbage()
  return function(made) return made end, { box.n, { box.n } }
end
local list = {}
for i = 1, check.times(40, 15) do list[i] = setmetatable({ n = i }, Box) end
ch:send(list)
for i, made in ipairs(ch:recv()) do check.equal({ made[1], made[2][1] }, { i, i }) end

-- Closures made for the call.
local Anew = { __transfer = function(t)
  collectgarbage()
  local n = t.n
  return function() return n end
end }
for i = 1, #list do list[i] = setmetatable({ n = i }, Anew) end
ch:send(list)
for i, n in ipairs(ch:recv()) do check.equal(n, i) end

-- One that takes things out of what is being packed, and one that spoils the traversal.
local victim = { a = { 1 }, b = { 2 } }
victim.c = setmetatable({}, { __transfer = function()
  victim.a, victim.b = nil, nil
  collectgarbage()
  return function() return { "made" } end
end })
ch:send(victim)
check.equal(ch:recv().c, { "made" })
local spoilt = {}
for i = 1, 8 do
  spoilt["k" .. i] = setmetatable({}, { __transfer = function()
    for k = 1, 100 do spoilt["new" .. k .. "_" .. i] = k end
    for k in pairs(spoilt) do spoilt[k] = nil end
    collectgarbage()
    return function() end
  end })
end
pcall(ch.try_send, ch, spoilt)  -- it may fail, but nothing else does
ch:try_recv()
ch:send { 1, { 2 } }
check.equal(ch:recv(), { 1, { 2 } })
