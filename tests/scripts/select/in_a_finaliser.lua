-- A poll works there, unless its objects are collected at the same time.
local tm, check = require "tidemill", require "_helper"

local kept, results = tm.channel(1), {}
kept:send "kept"
do
  local gone = tm.channel(1)
  local cases = { gone }
  local sends = { out = gone:sending(1) }
  for _ = 1, 2 do
    setmetatable({}, { __gc = function()
      results[#results + 1] = table.pack(pcall(tm.select, { kept }, 0))
      results[#results + 1] = table.pack(pcall(tm.select, cases, 0))
      results[#results + 1] = table.pack(pcall(tm.select, sends, 0))
      results[#results + 1] = table.pack(pcall(tm.select, { kept }))
    end })
  end
end
collectgarbage()
collectgarbage()
check.equal(#results, 8)
check.equal(results[1], table.pack(true, 1, "kept"))
check.truthy(results[4][2]:find "cannot wait here")
