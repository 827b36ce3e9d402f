-- Earlier items are delivered, then the error is raised unchanged and the rest is cancelled.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
for _, chunk in ipairs { false, 1, 3, 100 } do
  for _, value in ipairs { "text", { code = 4 }, false } do
    local seen = {}
    local ok, err = pcall(function()
      for index, result in pool:map(function(n)
        if n == 5 then error(value, 0) end
        if n > 8 then tm.sleep(60) end
        return n
      end, 20, { chunk = chunk or nil, buffer = 20 }) do
        seen[index] = result
      end
    end)
    check.equal({ ok, err }, { false, value })
    check.equal(seen, { 1, 2, 3, 4 })
    while pool:stats().open > 0 do tm.sleep(0.001) end  -- the cancelled are thrown away
  end
end
check.equal(pool:map(function(n) return n end, 3):collect(), { 1, 2, 3 })
check.raises(function() pool:map(error, { "in collect" }):collect() end, "in collect")
check.raises(function() pool:map(error, { "in fold" }):fold(0, print) end, "in fold")
check.raises(function() pool:map(function(n) return n end, 3):each(error) end)
