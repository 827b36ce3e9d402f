-- Results are given while a channel, queue or pipe has nothing more for now: what comes next may
-- depend on them.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local function double(n) return n * 2 end
local ch, queue, near, far = tm.channel(8), tm.queue(), tm.pipe()
for name, stream in pairs {
  channel = { items = ch, put = function(n) ch:send(n) end, close = function() ch:close() end },
  queue = { items = queue, put = function(n) queue:put(n) end, close = function() queue:shutdown() end },
  pipe = { items = far, put = function(n) near:send(n) end, close = function() near:close() end },
} do
  for _, ordered in ipairs { true, false } do
    local seen = {}
    stream.put(1)
    for index, value in pool:map(double, stream.items, { ordered = ordered, buffer = 3 }) do
      seen[index] = value
      if index == 5 then break end
      stream.put(index + 1)
    end
    check.equal(seen, { 2, 4, 6, 8, 10 }, name)
  end
  local total = 0
  local task = tm.spawn(function()
    for _, value in pool:map(double, stream.items) do total = total + value end
  end)
  for i = 1, 100 do stream.put(i) end
  stream.close()
  task:await()
  check.equal(total, 10100, name)
end

-- A source that waits does not hold back what it gave before for longer than it has to: a chunk of
-- what has come so far is sent.
local function slow()
  local i = 0
  return function()
    i = i + 1
    if i > 1000 then tm.sleep(0.002) end
    if i <= 1020 then return i end
  end
end
check.equal(#pool:map(double, slow()):collect(), 1020)
