local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
check.equal(pool:submit(function()
  leaked = 1
  _G.leaked_too = 2
  rawset(_G, "leaked_raw", 3)
  return leaked + leaked_too + leaked_raw
end):await(), 6)
check.equal({ pool:submit(function() return leaked, leaked_too, leaked_raw end):await() }, {})
check.equal({ leaked, leaked_too, leaked_raw }, {})

-- A loaded module is the worker's and stays.
pool:submit(function() package.loaded.counter = { n = 0 } end):await()
for expected = 1, 3 do
  check.equal(pool:submit(function()
    local counter = require "counter"
    counter.n = counter.n + 1
    return counter.n
  end):await(), expected)
end
-- Concurrent jobs of one worker do not see each other's globals either.
local function set_and_look(value)
  shared_name = value
  tm.sleep(0.005)
  return shared_name
end
local one, two = pool:submit(set_and_look, "one"), pool:submit(set_and_look, "two")
check.equal({ one:await(), two:await() }, { "one", "two" })
