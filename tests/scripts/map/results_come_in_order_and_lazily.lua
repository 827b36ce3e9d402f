local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
for _, chunk in ipairs { false, 1, 2, 7, 1000 } do
  local expected = 0
  for index, value, extra in pool:map(function(n)
    if n % 10 == 0 then tm.sleep(0.001) end
    return n * n, -n
  end, 200, { chunk = chunk or nil }) do
    expected = expected + 1
    check.equal({ index, value, extra }, { expected, expected * expected, -expected })
  end
  check.equal(expected, 200)
end
local big = pool:map(function(n) return n end, 100000):collect()
check.equal(#big, 100000)
for i = 1, 100000, 997 do check.equal(big[i], i) end
