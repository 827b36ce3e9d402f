local tm, check = require "tidemill", require "_helper"

local d = tm.dict()
for _ in pairs(d) do error "there is nothing" end
local expected = {}
for i = 1, 2000 do
  expected[i] = i * i
  d:set(i, i * i)
end
d:set("list", { 1, 2 })
expected.list = { 1, 2 }
local seen = {}
for key, value in pairs(d) do
  check.equal(seen[key], nil)
  seen[key] = value
end
check.equal(seen, expected)

-- The dictionary may change meanwhile: what is gone is left out, a value is the one of that moment, and
-- the loop may wait.
local visited = 0
for key, value in pairs(d) do
  if visited == 0 then
    for i = 1, 2000 do
      if i ~= key and i % 2 == 0 then d:delete(i) elseif i ~= key then d:set(i, "new") end
      d:set("added " .. i, 1)
    end
  elseif math.type(key) == "integer" then
    check.equal({ key % 2, value }, { 1, "new" })
    tm.yield()
  end
  check.truthy(not tostring(key):find "^added")
  visited = visited + 1
end
check.truthy(visited == 1001 or visited == 1002, visited)
