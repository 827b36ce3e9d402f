local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local function same(a, b) return a == b end
for name, pair in pairs {
  print = { print, function() return print end },
  format = { string.format, function() return string.format end },
  string = { string, function() return string end },
  globals = { math, function() return math end },
  stdout = { io.stdout, function() return io.stdout end },
  tidemill = { tm, function() return require "tidemill" end },
  map = { tm.map, function() return require "tidemill".map end },
  sleep = { tm.sleep, function() return require "tidemill".sleep end },
} do
  check.truthy(pool:submit(pair[2]):await() == pair[1], name .. " comes back as itself")
  check.truthy(pool:submit(function(f, get) return f == get() end, pair[1], pair[2]):await(), name)
end
local helper = require "_helper"
check.truthy(pool:submit(function() return helper == require "_helper" end):await())
check.truthy(pool:submit(function(m) return m end, helper):await() == helper)
check.equal(pool:submit(string.rep, "ab", 3):await(), "ababab")
check.equal(tm.map(math.sqrt, { 1, 4, 9 }):collect(), { 1.0, 2.0, 3.0 })
