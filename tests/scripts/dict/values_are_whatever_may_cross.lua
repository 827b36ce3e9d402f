local tm, check = require "tidemill", require "_helper"

local d = tm.dict()
local channel = tm.channel(1)
for _, value in ipairs {
  0, -1, 255, 256, math.mininteger, 1.5, -0.0, math.huge, true, false, "", "short",
  "about as long as it gets", ("long"):rep(50000), { 1, { 2, { 3 } }, x = "y" }, channel,
} do
  d:set("k", value)
  check.equal(d:get "k", value)
  check.equal(math.type(d:get "k"), math.type(value))
end

-- Tables are copies, on the way in and on the way out.
local point = { x = 1 }
d:set("point", point)
point.x = 2
local seen = d:get "point"
check.equal(seen.x, 1)
seen.x = 3
check.equal(d:get "point".x, 1)

-- Functions keep their captures, cycles are kept, handles are the same.
local list = { channel = channel, double = function(x) return 2 * x end }
list.itself = list
d:set("list", list)
local back = d:get "list"
check.truthy(back.itself == back and back.channel == channel)
check.equal(back.double(21), 42)
check.truthy(d:get "list" ~= back)

-- Between workers.
local pool <close> = tm.pool { workers = 2 }
pool:submit(function() d:set("from a job", { n = 5, s = ("s"):rep(1000) }) end):await()
check.equal(d:get "from a job", { n = 5, s = ("s"):rep(1000) })

-- What cannot cross is refused, and nothing has changed.
d:set("k", 1)
check.raises(function() d:set("k", io.tmpfile()) end, "cannot send argument 2: a file")
check.raises(function() d:set("k", { coroutine.create(print) }) end,
  "cannot send argument 2%[1%]: a coroutine")
local refusal = check.raises(function() d:cas("k", 1, io.tmpfile()) end, "argument 3: a file")
check.equal(refusal.kind, "transfer")
check.raises(function() d:update("k", function() return { f = io.tmpfile() } end) end,
  "the new value.f: a file")
check.equal(d:get "k", 1)
