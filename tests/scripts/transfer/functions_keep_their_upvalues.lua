-- stderr~ :19 assigns captured .count.; only this job.s copy changes, see tm.atomic
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local function run(fn, ...) return pool:submit(fn, ...):await() end

local a, b, list = 1, "two", { 3 }
check.equal({ run(function() return a, b, list[1] end) }, { 1, "two", 3 })

local function factorial(n) return n < 2 and 1 or n * factorial(n - 1) end
check.equal(run(factorial, 10), 3628800)

local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
check.equal({ run(even, 10), run(odd, 10) }, { true, false })

local count = 0
local function increment() count = count + 1 end
local function current() return count end
local counted = run(function() increment() increment() return current(), count end)
check.equal(counted, 2)
check.equal(count, 0)  -- only the job's copy changed

local one, two = run(function()
  local n = 0
  return function() n = n + 1 return n end, function() return n end
end)
one()
one()
check.equal(two(), 2)  -- still one variable after the way back
check.equal(run(function(f) return f(), f() end, one), 3)
check.equal(two(), 2)
