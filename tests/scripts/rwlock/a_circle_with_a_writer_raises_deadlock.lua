-- In the last task to wait, with who waits where for what, held by whom since where.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
for _, start in ipairs { tm.spawn, function(...) return pool:submit(...) end } do
  for _, how in ipairs { "read", "write" } do
    local rw, m = tm.rwlock(), tm.mutex { name = "m" }
    local both = tm.latch(2)
    local function meet()
      both:done()
      both:wait()
    end
    local writer = start(function()
      local _ <close> = rw:write()
      meet()
      local _ <close> = m:lock()
    end)
    local other = start(function()
      local _ <close> = m:lock()
      meet()
      local _ <close> = rw[how](rw)
    end)
    -- Both are waited for at once: which of them fails is not known.
    local outcomes = tm.settle { writer, other }
    local failed, passed = outcomes[1], outcomes[2]
    if failed.ok then failed, passed = passed, failed end
    local err = failed.error
    check.equal({ failed.ok, err.kind, passed.ok }, { false, "deadlock", true })
    local first = "task #" .. writer.id .. " [^\n]* waits at [^\n]*:16 for mutex \"m\", held by task #" .. other.id ..
      " [^\n]* since [^\n]*:19"
    local second = "task #" .. other.id .. " [^\n]* waits at [^\n]*:21 for a rwlock, held by task #" .. writer.id ..
      " [^\n]* since [^\n]*:14"
    check.truthy(err.message:find("each of these waits for the next"), err.message)
    check.truthy(err.message:find(first), err.message)
    check.truthy(err.message:find(second), err.message)
    check.equal({ tostring(rw), m:locked() }, { "rwlock free", false })
  end
end

-- Readers are no edge: whoever waits for them may be let in by any of them, and a timed wait ends.
local rw, m = tm.rwlock(), tm.mutex()
local reader = tm.spawn(function()
  local _ <close> = rw:read()
  tm.yield()
  check.equal(m:try_lock(0.02), false)
end)
local _ <close> = m:lock()
tm.yield()
local _ <close> = rw:write()
check.equal(reader:join(), true)
