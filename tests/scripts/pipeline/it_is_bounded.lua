local tm, check = require "tidemill", require "_helper"

-- How far the source gets while the sink stands still: what fits between the parts, and what each has
-- in hand.
for _, case in ipairs { { buffer = 1 }, { buffer = 8 }, { buffer = 8, chunk = 4, workers = 3 }, { buffer = 40, workers = 2 } } do
  local given = 0
  local workers = case.workers or 1
  local gate = tm.event()
  local quiet = tm.spawn(function()
    local last
    repeat
      last = given
      tm.sleep(0.03)
    until last == given and given > 0
    gate:set()
    return last
  end)
  tm.pipeline():source(function()
    given = given + 1
    return given <= 1000 and given or nil
  end)
    :stage("a", function(x) return x end, { workers = workers })
    :stage("b", function(x) return x end)
    :sink(function() gate:wait() end)
    :run { buffer = case.buffer, chunk = case.chunk }
  local chunk = case.chunk or math.max(1, case.buffer // workers)
  -- Three links, and a chunk in every hand.
  local most = 3 * (case.buffer + chunk) + (workers + 3) * chunk
  check.truthy(quiet:await() <= most, ("%d given, at most %d"):format(quiet:await(), most))
end
