local tm, check = require "tidemill", require "_helper"

local function nest(depth)
  local outer = {}
  local inner = outer
  for _ = 1, depth do
    inner[1] = {}
    inner = inner[1]
  end
  inner.bottom = true
  return outer
end
local function depth_of(t)
  local depth = 0
  while t[1] do t, depth = t[1], depth + 1 end
  return depth, t.bottom
end
local pool <close> = tm.pool { workers = 1 }
check.equal({ pool:submit(depth_of, nest(100000)):await() }, { 100000, true })
check.equal({ depth_of(pool:submit(nest, 100000):await()) }, { 100000, true })
local chain = function() return "end" end
for _ = 1, 5000 do
  local inner = chain
  chain = function() return inner end
end
local f, steps = pool:submit(function(f) return f end, chain):await(), 0
repeat f, steps = f(), steps + 1 until type(f) == "string"
check.equal(steps, 5001)

-- Past what Lua's stack holds it is a clear error, not a crash.
local ok, err = pool:submit(depth_of, nest(10)):join()
check.equal(ok, true)
ok, err = pcall(pool.submit, pool, depth_of, nest(2000000))
if not ok then check.equal(err.kind, "transfer") end
