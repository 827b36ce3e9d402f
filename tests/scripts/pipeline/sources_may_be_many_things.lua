local tm, check = require "tidemill", require "_helper"

local function through(...)
  return tm.pipeline():source(...):stage(function(x) return x end):collect():run().result
end

check.equal(through { "a", "b", "c" }, { "a", "b", "c" })
check.equal(through {}, {})
check.equal(through(4), { 1, 2, 3, 4 })
check.equal(through(0), {})
check.equal(through(3.0), { 1, 2, 3 })
check.equal(through(("x y z"):gmatch("%a")), { "x", "y", "z" })
check.equal(through(ipairs { 7, 8 }), { 1, 2 })  -- the first value of each round is the item
check.equal(through(tm.freeze { 5, 6 }), { 5, 6 })
check.equal(through(tm.buffer({ 5, 6 }, "u8")), { 5, 6 })

local channel = tm.channel(2)
tm.spawn(function()
  for i = 1, 50 do channel:send(i) end
  channel:close()
end)
check.equal(#through(channel), 50)

local queue = tm.queue { capacity = 2 }
tm.spawn(function()
  for i = 1, 50 do queue:put(i) end
  queue:shutdown()
end)
check.equal(#through(queue), 50)

local here, there = tm.pipe()
tm.spawn(function()
  for i = 1, 50 do there:send(i) end
  there:close()
end)
check.equal(#through(here), 50)

local callable = setmetatable({ left = 3 }, { __call = function(self)
  if self.left == 0 then return nil end
  self.left = self.left - 1
  return self.left
end })
check.equal(through(callable), { 2, 1, 0 })

-- False is an item; a fourth value is closed at the end.
local closed = 0
local closing = setmetatable({}, { __close = function() closed = closed + 1 end })
local items = { true, false, true }
local function each(list, at)
  if at < #list then return at + 1 end
end
check.equal(through(each, items, 0, closing), { 1, 2, 3 })
check.equal(closed, 1)
check.equal(through { false, true }, { false, true })

local problem = check.raises(function() through { 1, nil, 3 } end, "source, item 2: the list has no item 2")
check.equal({ problem.kind, problem.stage, problem.index }, { "stage", "source", 2 })
