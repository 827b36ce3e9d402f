-- Another worker moves a token from key to key, the new one before the old one goes: there is always one.
local tm, check = require "tidemill", require "_helper"

local d, stop, moves = tm.dict(), tm.event(), tm.atomic()
for i = 1, 100 do d:set("stays " .. i, i) end
d:set(0, "token")
local pool = tm.pool { workers = 1 }
local mover = pool:submit(function()
  local at = 0
  while not stop:is_set() do
    d:set(at + 1, "token")
    d:delete(at)
    at = at + 1
    moves:set(at)
  end
end)
local rounds, before = 0, moves:get()
repeat
  local tokens, others = 0, 0
  for _, key in ipairs(d:keys()) do
    if math.type(key) then tokens = tokens + 1 else others = others + 1 end
  end
  check.truthy(tokens == 1 or tokens == 2, tokens)
  check.equal(others, 100)
  local size = #d
  check.truthy(size == 101 or size == 102, size)
  rounds = rounds + 1
until rounds >= 200 and moves:get() > before + 1000
stop:set()
mover:await()
pool:close()
