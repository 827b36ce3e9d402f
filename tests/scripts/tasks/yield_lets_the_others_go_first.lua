local tm, check = require "tidemill", require "_helper"

local log = {}
for i = 1, 3 do
  tm.spawn(function()
    log[#log + 1] = i
    tm.yield()
    log[#log + 1] = i * 10
  end)
end
log[#log + 1] = "main"
tm.yield()
log[#log + 1] = "main"
tm.yield()
tm.sleep(0)
check.equal(table.concat(log, " "), "main 1 2 3 main 10 20 30")
