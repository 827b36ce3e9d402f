local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
for _, problem in ipairs { { code = 7 }, "text", false } do
  local o, runs = tm.once(), 0
  local function fail()
    runs = runs + 1
    tm.yield()
    error(problem, 0)
  end
  local other = tm.spawn(function() o:call(fail) end)
  local ok, err = pcall(o.call, o, fail)
  check.truthy(not ok and err == problem)
  ok, err = other:join()
  check.truthy(not ok and err == problem)
  ok, err = pcall(o.call, o, fail)
  check.truthy(not ok and err == problem)
  check.equal(runs, 1)
  ok, err = pool:submit(function() return o:call(print) end):join()
  check.equal({ ok, err }, { false, problem })
end
local none = tm.once()
check.equal({ pcall(none.call, none, function() error() end) }, { false })
check.equal({ pcall(none.call, none, print) }, { false })
