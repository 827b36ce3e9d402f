local tm = require "tidemill"
local go = tm.event()
tm.pipeline("items")
  :source(48)
  :stage("even", function(x) return x % 2 == 0 and x or nil end)
  :batch(2)
  :stage("wait", function(list)
    if list[1] > 10 then go:wait() end
    return list
  end, { workers = 2 })
  :sink(function(list)
    if list[2] < 8 then return end
    tm.sleep(0.15)
    if not go:is_set() then print "half" end
    go:set()
  end)
  :run { progress = true }
