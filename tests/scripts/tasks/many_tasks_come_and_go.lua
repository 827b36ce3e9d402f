local tm, check = require "tidemill", require "_helper"

local sum, tasks = 0, {}
for round = 1, 3 do
  for i = 1, 20000 do
    tasks[i] = tm.spawn(function(n)
      if n % 3 == 0 then tm.yield() end
      if n % 7 == 0 then tm.sleep(0.001) end
      sum = sum + 1
      return n
    end, i)
  end
  for i = 1, 20000 do check.equal(tasks[i]:await(), i) end
  check.equal(sum, round * 20000)
end
