local tm, check = require "tidemill", require "_helper"

local a = { name = "a" }
local b = { a, back = a }
a.b, a.self = b, a
local f = tm.freeze(a)
check.equal({ f.self == f, f.b[1] == f, f.b.back == f, f.b.back.b.back.name }, { true, true, true, "a" })

-- As deep as it likes.
local depth = check.times(100000, 20000)
local chain = {}
local at = chain
for i = 1, depth do
  at.next = { i }
  at = at.next
end
local frozen = tm.freeze(chain)
local n = 0
while frozen.next do
  frozen = frozen.next
  n = n + 1
end
check.equal({ n, frozen[1] }, { depth, depth })

-- A large one is read right, forwards, backwards and by leaps, though a state keeps a part of it only.
local size = check.times(100000, 20000)
local list, map = {}, {}
for i = 1, size do
  list[i] = i * 3
  map["key" .. i] = i
end
local big = tm.freeze { list = list, map = map }
local sum = 0
for i = 1, size do sum = sum + big.list[i] end
for i = size, 1, -1 do sum = sum - big.list[i] end
check.equal(sum, 0)
for i = 1, size do
  if big.list[i * 7919 % size + 1] ~= (i * 7919 % size + 1) * 3 then error("wrong at " .. i) end
  if big.map["key" .. i] ~= i then error("wrong key " .. i) end
end
local count = 0
for key, value in pairs(big.map) do
  if map[key] ~= value then error("wrong pair " .. key) end
  count = count + 1
end
check.equal(count, size)
-- Long strings are not kept.
local texts = tm.freeze { ("x"):rep(1 << 20), ("y"):rep(5000) }
for _ = 1, 50 do check.equal(#texts[1] + #texts[2], (1 << 20) + 5000) end
-- Keys that differ in their high bits only.
local bits = {}
for i = 1, check.times(20000, 2000) do bits[(i << 32)] = i end
local sparse = tm.freeze(bits)
for key, value in pairs(bits) do check.equal(sparse[key], value) end
-- A table whose `#` is far beyond what is in it.
local far = { 1, 2, nil, 4 }
for i = 0, 62 do far[1 << i] = i end
local thin = tm.freeze(far)
for key, value in pairs(far) do check.equal(thin[key], value) end
check.truthy(#thin == 0 or thin[#thin] ~= nil and thin[#thin + 1] == nil)
-- Many small lists take as long as they are many.
local many = {}
for i = 1, check.times(50000, 5000) do many[i] = { i } end
many = tm.freeze(many)
check.equal(many[#many][1], #many)
-- What is dropped is collected, though a state sees little of it.
local bytes = ("z"):rep(1 << 20)
for i = 1, 200 do tm.freeze { bytes .. i } end
for line in io.lines "/proc/self/status" do
  local kib = line:match "^VmRSS:%s+(%d+)"
  if kib and not package.cpath:find "san/" then check.truthy(tonumber(kib) < 150 * 1024, kib) end
end
